//! The words that start statements, and which of them a misspelt word is near to.

use strsim::osa_distance;

use super::{Declared, EndWord, FileMode};
use crate::source::nearest;

/// A word that starts a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StatementWord {
    /// `CreateEf`, `CreateDf`, `CreatePin`, `CreateKey`.
    Declaration(Declared),
    /// `Endfile`, `EndDF`.
    End(EndWord),
    /// `File`.
    File,
    /// `MasterFile`.
    MasterFile,
    /// `CardModel`.
    CardModel,
    /// `data`.
    Data,
}

/// All statement words.
const WORDS: [StatementWord; 10] = [
    StatementWord::Declaration(Declared::Ef),
    StatementWord::Declaration(Declared::Df),
    StatementWord::Declaration(Declared::Pin),
    StatementWord::Declaration(Declared::Key),
    StatementWord::End(EndWord::Endfile),
    StatementWord::End(EndWord::EndDf),
    StatementWord::File,
    StatementWord::MasterFile,
    StatementWord::CardModel,
    StatementWord::Data,
];

/// Shown as it is spelt.
impl std::fmt::Debug for StatementWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self.spelling(), f)
    }
}

impl StatementWord {
    /// The canonical spelling.
    #[must_use]
    pub const fn spelling(self) -> &'static str {
        match self {
            Self::Declaration(Declared::Ef) => "CreateEf",
            Self::Declaration(Declared::Df) => "CreateDf",
            Self::Declaration(Declared::Pin) => "CreatePin",
            Self::Declaration(Declared::Key) => "CreateKey",
            Self::End(EndWord::Endfile) => "Endfile",
            Self::End(EndWord::EndDf) => "EndDF",
            Self::File => "File",
            Self::MasterFile => "MasterFile",
            Self::CardModel => "CardModel",
            Self::Data => "data",
        }
    }

    /// The word that `text` spells, in any letter case.
    pub(super) fn of(text: &str) -> Option<Self> {
        let spells = |word: &Self| word.spelling().eq_ignore_ascii_case(text);
        WORDS.into_iter().find(spells)
    }

    /// The word nearest to a misspelt one, if one is near enough.
    pub(super) fn nearest(text: &str) -> Option<Self> {
        nearest(text, WORDS.map(Self::spelling)).and_then(Self::of)
    }
}

const FILE_MODES: [(&str, FileMode); 2] =
    [("Static", FileMode::Static), ("Dynamic", FileMode::Dynamic)];

/// The mode that `text` spells, in any letter case.
pub(super) fn file_mode(text: &str) -> Option<FileMode> {
    FILE_MODES
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, mode)| *mode)
}

/// The mode that a misspelt word is near to, by at most two letters: where it stands, a mode is meant.
pub(super) fn nearest_file_mode(text: &str) -> Option<FileMode> {
    let folded = text.to_ascii_lowercase();
    FILE_MODES
        .iter()
        .find(|(word, _)| osa_distance(&folded, &word.to_ascii_lowercase()) <= 2)
        .map(|(_, mode)| *mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_decides_between_equally_near_words() {
        let nearest = |text| StatementWord::nearest(text).map(StatementWord::spelling);
        assert_eq!(nearest("CreatEf"), Some("CreateEf"));
        assert_eq!(nearest("CreatDf"), Some("CreateDf"));
        assert_eq!(nearest("Endfle"), Some("Endfile"));
        assert_eq!(nearest("EndD"), Some("EndDF"));
        assert_eq!(nearest("Flie"), Some("File"));
        assert_eq!(nearest("CreateFiles"), None);
        assert_eq!(nearest("df"), None);
    }
}
