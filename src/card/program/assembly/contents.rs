//! Contents: where they are written, in which pieces.

use super::{Assembly, Dialect, File, Kind};
use crate::card::program::content::{self, GREATEST_SHORT_OFFSET};
use crate::card::program::{KeyPart, Known, Work, place};
use crate::operation::{CardOperation, FileId};
use crate::secret::Secret;

/// What is written into a file.
pub(super) enum Written<'p> {
    Bytes { bytes: &'p Secret, secret: bool },
    Unknown(&'p [String]),
    PublicKey { name: &'p str, length: usize },
}

impl<'p> Assembly<'p> {
    pub(super) fn write_content(
        &mut self,
        operation: &'p CardOperation<Known>,
        path: &'p [FileId],
        name: &str,
        content: &'p Known,
    ) {
        let written = match content {
            Known::Bytes { bytes, secret } => Written::Bytes {
                bytes,
                secret: *secret,
            },
            Known::Needs(names) => Written::Unknown(names),
            Known::ProtectedPath => {
                self.not_bytes(operation, name);
                return;
            }
        };
        self.write(operation, path, &written);
    }

    pub(super) fn not_bytes(&mut self, operation: &CardOperation<Known>, name: &str) {
        let message =
            format!("`{name}` gets a value that is entered at the reader and known to nobody else");
        self.problem(operation, message, "give it a field or bytes");
    }

    pub(super) fn write(
        &mut self,
        operation: &CardOperation<Known>,
        path: &'p [FileId],
        written: &Written<'p>,
    ) {
        let Some(File {
            name,
            kind: Kind::Elementary { size, is_new },
        }) = self.files.get_mut(path)
        else {
            let message = format!("{} is no file that could be written", place::shown(path));
            self.problem(operation, message, "create the file before its content");
            return;
        };
        let (name, size) = (*name, *size);
        let was_new = std::mem::replace(is_new, false);
        let length = written.length();
        if let (Some(length), Some(size)) = (length, size)
            && length > size
        {
            let message =
                format!("the content of `{name}` has {length} bytes, the file only {size}");
            self.problem(
                operation,
                message,
                "write `maxsize=auto`, or a larger number",
            );
            return;
        }
        // Whether another card than ours fills a new file with zeros is not public.
        let sparse = was_new && self.dialect == Dialect::Iso7816;
        let length = match written {
            Written::Bytes { bytes, .. } if sparse => {
                Some(content::without_trailing_zeros(bytes.expose()).len())
            }
            _ => length,
        };
        if length == Some(0) {
            return;
        }
        if !self.place.is_at(path) {
            self.select(operation, path);
        }
        match (written, length) {
            (Written::Unknown(names), _) => {
                self.item(
                    operation,
                    format!("write {name}"),
                    Work::Needs(names.to_vec()),
                );
            }
            (_, Some(length)) => self.pieces(operation, name, written, length),
            (_, None) => {}
        }
    }

    /// UPDATE BINARY of the current file, as often as it takes.
    fn pieces(
        &mut self,
        operation: &CardOperation<Known>,
        name: &str,
        written: &Written<'p>,
        length: usize,
    ) {
        let pieces = content::pieces(length, self.data_field);
        let odd = pieces
            .iter()
            .any(|piece| piece.start > GREATEST_SHORT_OFFSET);
        if odd && self.dialect == Dialect::CardOs44 {
            let message = format!("the content of `{name}` goes beyond offset 32767");
            self.problem(
                operation,
                message,
                "CardOS 4.4 has no public command for such offsets",
            );
            return;
        }
        let whole = pieces.len() == 1;
        for piece in pieces {
            let what = match whole {
                true => format!("{} bytes", piece.len()),
                false => format!("bytes {} to {}", piece.start, piece.end - 1),
            };
            match written {
                Written::Bytes { bytes, secret } => {
                    let part = bytes.expose().get(piece.clone()).unwrap_or_default();
                    let command = content::update(piece.start, part);
                    if let Some(item) =
                        self.command(operation, format!("write {name}, {what}"), command)
                    {
                        item.secret = *secret;
                    }
                }
                Written::PublicKey { name: key, length } => {
                    let part = KeyPart {
                        key: operation.id.clone(),
                        length: *length,
                        bytes: piece,
                    };
                    let meaning = format!("write the public key of {key} into {name}, {what}");
                    self.item(operation, meaning, Work::PublicKey(part));
                }
                Written::Unknown(_) => {}
            }
        }
    }
}

impl Written<'_> {
    fn length(&self) -> Option<usize> {
        match self {
            Self::Bytes { bytes, .. } => Some(bytes.len()),
            Self::Unknown(_) => None,
            Self::PublicKey { length, .. } => Some(*length),
        }
    }
}
