//! A text with a name, and how it lay on disk.

use std::borrow::Cow;
use std::sync::OnceLock;

use encoding_rs::WINDOWS_1252;
use sha2::{Digest, Sha256};

use super::{LineIndex, Position};

/// Which file of a run. Stable for the run, meaningless outside it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SourceId(pub u32);

/// How the text lay in the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextEncoding {
    /// UTF-8 without a mark.
    Utf8,
    /// UTF-8 behind the byte order mark EF BB BF, which is not part of the text.
    Utf8WithMark,
    /// Not UTF-8: read as Windows-1252, one byte a character.
    Windows1252 {
        /// Offset in the text of the first byte that UTF-8 does not allow.
        first_invalid: u32,
    },
}

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// One text under a name that people know it by.
#[derive(Debug)]
pub struct SourceFile {
    name: String,
    text: String,
    encoding: TextEncoding,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// A source from text at hand, as if it had been read from UTF-8 bytes.
    #[must_use]
    pub fn from_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::with(name.into(), text.into(), TextEncoding::Utf8)
    }

    /// A source from the bytes of a file. Every byte string is a text: what is not UTF-8 is read
    /// as Windows-1252 and remembered as such.
    #[must_use]
    pub fn from_bytes(name: impl Into<String>, mut bytes: Vec<u8>) -> Self {
        let marked = bytes.starts_with(MARK);
        if marked {
            bytes.drain(..MARK.len());
        }
        match String::from_utf8(bytes) {
            Ok(text) if marked => Self::with(name.into(), text, TextEncoding::Utf8WithMark),
            Ok(text) => Self::with(name.into(), text, TextEncoding::Utf8),
            Err(error) => Self::from_windows_1252(name.into(), marked, error),
        }
    }

    fn from_windows_1252(name: String, marked: bool, error: std::string::FromUtf8Error) -> Self {
        let valid = error.utf8_error().valid_up_to();
        let mut bytes = error.into_bytes();
        let mut before = valid;
        if marked {
            bytes.splice(..0, MARK.iter().copied());
            before += MARK.len();
        }
        let (head, _) = WINDOWS_1252.decode_without_bom_handling(&bytes[..before]);
        let first_invalid = u32::try_from(head.len()).unwrap_or(u32::MAX);
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes);
        Self::with(
            name,
            text.into_owned(),
            TextEncoding::Windows1252 { first_invalid },
        )
    }

    fn with(name: String, text: String, encoding: TextEncoding) -> Self {
        Self {
            name,
            text,
            encoding,
            lines: OnceLock::new(),
        }
    }

    /// The name shown to people and written into reports; `/` separates its parts.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The decoded text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the text lay on disk.
    #[must_use]
    pub fn encoding(&self) -> TextEncoding {
        self.encoding
    }

    /// The line index, made at first use.
    #[must_use]
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// Line and column of a byte of the text.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        self.lines().position(&self.text, offset)
    }

    /// The offset, in the bytes on disk, of a byte of the text.
    #[must_use]
    pub fn original_offset(&self, offset: u32) -> u32 {
        match self.encoding {
            TextEncoding::Utf8 => offset,
            TextEncoding::Utf8WithMark => offset + 3,
            TextEncoding::Windows1252 { .. } => self.lines().characters_to(&self.text, offset),
        }
    }

    /// The bytes as they lay on disk.
    #[must_use]
    pub fn original_bytes(&self) -> Cow<'_, [u8]> {
        match self.encoding {
            TextEncoding::Utf8 => Cow::Borrowed(self.text.as_bytes()),
            TextEncoding::Utf8WithMark => Cow::Owned([MARK, self.text.as_bytes()].concat()),
            TextEncoding::Windows1252 { .. } => WINDOWS_1252.encode(&self.text).0,
        }
    }

    /// SHA-256 of the bytes as they lay on disk.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.original_bytes()).into()
    }
}

/// The files of one run, by identity.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Takes a file in and gives it its identity.
    pub fn add(&mut self, file: SourceFile) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(file);
        id
    }

    /// Gives a file another text and returns the file as it was. What was not UTF-8 is from now on.
    pub fn rewrite(&mut self, id: SourceId, text: String) -> SourceFile {
        let old = &self[id];
        let encoding = match old.encoding {
            TextEncoding::Windows1252 { .. } => TextEncoding::Utf8,
            other => other,
        };
        let new = SourceFile::with(old.name.clone(), text, encoding);
        self.restore(id, new)
    }

    /// Puts a file in the place of another and returns that.
    pub fn restore(&mut self, id: SourceId, file: SourceFile) -> SourceFile {
        std::mem::replace(&mut self.files[id.0 as usize], file)
    }

    /// All files with their identities, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &SourceFile)> {
        (0..).map(SourceId).zip(&self.files)
    }

    /// Number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether no file was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl std::ops::Index<SourceId> for Sources {
    type Output = SourceFile;

    fn index(&self, id: SourceId) -> &SourceFile {
        &self.files[id.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn original_bytes_come_back_from_every_encoding() {
        let inputs: [&[u8]; 5] = [
            b"a=\xC3\xA9",
            b"\xEF\xBB\xBFa=1",
            b"a=\xE9\x81\x9D\xFF",
            b"\xEF\xBB\xBF\xE9",
            b"",
        ];
        for bytes in inputs {
            let file = SourceFile::from_bytes("x", bytes.to_vec());
            assert_eq!(file.original_bytes(), bytes, "{bytes:02X?}");
        }
    }

    #[test]
    fn offsets_refer_to_the_bytes_on_disk() {
        let marked = SourceFile::from_bytes("x", b"\xEF\xBB\xBFab".to_vec());
        assert_eq!(marked.original_offset(1), 4);
        let latin = SourceFile::from_bytes("x", b"\xE4\xF6=1".to_vec());
        assert_eq!(latin.text(), "äö=1");
        assert_eq!(latin.original_offset(4), 2);
        assert_eq!(
            latin.encoding(),
            TextEncoding::Windows1252 { first_invalid: 0 }
        );
    }
}
