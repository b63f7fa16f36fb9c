//! Bytes of one file, within limits, and why there are none.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::archive::MEMBERS;
use crate::diagnostic::{Finding, Label, Severity};
use crate::source::{SourceId, Span};

/// The largest input that is read, in bytes.
pub const LIMIT: u64 = 64 << 20;

/// Why a file cannot be read; shown as the words on its label.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    /// Nothing lies there (any more).
    #[error("no such file or folder")]
    NotFound,
    /// Reading is forbidden.
    #[error("permission denied")]
    Forbidden,
    /// A symbolic link to nothing.
    #[error("the link leads nowhere")]
    DeadLink,
    /// A symbolic link that leads back to itself.
    #[error("the link leads in a circle")]
    CircularLink,
    /// A folder with the name of a file.
    #[error("this is a folder, not a file")]
    Folder,
    /// A pipe, socket or device where a walk expects files.
    #[error("this is no regular file")]
    Special,
    /// More bytes than [`LIMIT`].
    #[error("the file is larger than 64 MiB")]
    TooLarge,
    /// The record that every ZIP archive ends with is not there.
    #[error("this is no ZIP archive, or its end is missing")]
    NoArchive,
    /// An archive with errors, in the words of who reads it.
    #[error("the archive is damaged: {0}")]
    Damaged(String),
    /// More members than [`MEMBERS`].
    #[error("the archive has more than {MEMBERS} members")]
    TooManyMembers,
    /// An archive of something else.
    #[error("the archive holds no encoding description (`.dsc`)")]
    NoDescription,
    /// A member that grows too much when it is unpacked.
    #[error("unpacked, it is more than 100 times as large, or the archive larger than 64 MiB")]
    Bomb,
    /// A member that needs a password.
    #[error("this member of the archive is encrypted")]
    Encrypted,
    /// A member that is packed in a way that perso cannot undo.
    #[error("this member is packed with {method}; Stored and Deflate can be read")]
    Packed {
        /// The way.
        method: String,
    },
    /// A member whose name is absolute or has a `..`.
    #[error("its name leads out of the archive")]
    LeadsOut,
    /// A member whose name says nothing.
    #[error("this member has no name that a file can have")]
    NamelessMember,
    /// Two members of one name.
    #[error("several members of the archive have the same name")]
    SameName,
    /// Two members whose names are one on some systems.
    #[error("its name differs from that of the member `{other}` in letter case alone")]
    SimilarName {
        /// The other one.
        other: String,
    },
    /// A member that is a symbolic link.
    #[error("this member of the archive is a symbolic link")]
    LinkInArchive,
    /// An archive among the members.
    #[error("an archive in an archive is not opened")]
    ArchiveInArchive,
    /// Whatever else the system answers, in its words.
    #[error("{0}")]
    Other(String),
}

impl Reason {
    /// Words for what the system answered about `path`.
    pub(super) fn of(path: &Path, error: &io::Error) -> Self {
        let is_link = fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink());
        match error.kind() {
            ErrorKind::NotFound if is_link => Self::DeadLink,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::PermissionDenied => Self::Forbidden,
            ErrorKind::IsADirectory => Self::Folder,
            _ if is_link && fs::metadata(path).is_err() => Self::CircularLink,
            _ => Self::Other(error.to_string()),
        }
    }

    fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("check the spelling of the path"),
            Self::Forbidden => Some("give the user who runs perso the right to read it"),
            Self::DeadLink | Self::CircularLink => Some("mend or delete the symbolic link"),
            Self::Folder => Some("rename the folder: its ending is that of a file"),
            Self::TooLarge => Some("descriptions and profiles are small: is this the right file?"),
            Self::NoArchive | Self::Damaged(_) => Some("pack it again, as a ZIP archive"),
            Self::TooManyMembers | Self::Bomb => {
                Some("an encoding has a handful of small files: is this the right archive?")
            }
            Self::NoDescription => Some("pack the description with its companions"),
            Self::Encrypted => Some("pack it without a password"),
            Self::Packed { .. } => Some("pack it with Deflate, the usual method of ZIP"),
            Self::LeadsOut | Self::NamelessMember => {
                Some("do not unpack this archive; pack it again with relative names")
            }
            Self::SameName | Self::SimilarName { .. } => {
                Some("which one counts depends on who unpacks it: keep one of the two")
            }
            Self::LinkInArchive => Some("pack the file itself"),
            Self::ArchiveInArchive => Some("check it on its own"),
            Self::Special | Self::Other(_) => None,
        }
    }
}

/// The finding that the file of `source` cannot be read.
pub(super) fn unreadable(source: SourceId, name: &str, reason: &Reason) -> Finding {
    let label = Label::new(source, Span::empty(0), reason.to_string());
    let message = format!("cannot read `{name}`");
    let mut finding = Finding::new("unreadable-input", Severity::Error, message, label);
    finding.help = reason.help().map(str::to_owned);
    finding
}

/// All bytes of the file at `path`.
///
/// # Errors
///
/// Why there are none, the size above [`LIMIT`] included.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Reason> {
    let failed = |error: io::Error| Reason::of(path, &error);
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(Reason::Folder);
    }
    refuse_large(&metadata)?;
    let file = File::open(path).map_err(failed)?;
    let expected = usize::try_from(metadata.len()).unwrap_or(0);
    read_bounded(file, expected)?.map_err(failed)
}

/// All bytes of a stream; stops behind [`LIMIT`].
///
/// # Errors
///
/// [`Reason::TooLarge`]; inside, what the stream answered.
pub(super) fn read_bounded(
    stream: impl Read,
    expected: usize,
) -> Result<io::Result<Vec<u8>>, Reason> {
    let mut bytes = Vec::with_capacity(expected + 1);
    let read = stream.take(LIMIT + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > LIMIT {
        return Err(Reason::TooLarge);
    }
    Ok(read.map(|_| bytes))
}

fn refuse_large(metadata: &Metadata) -> Result<(), Reason> {
    if metadata.len() > LIMIT {
        return Err(Reason::TooLarge);
    }
    Ok(())
}
