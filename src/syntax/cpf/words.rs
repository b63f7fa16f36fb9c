//! The words that start statements, and which of them a misspelt word is near to.

use strsim::osa_distance;

use super::{Declared, EndWord, FileMode};

/// What a statement word starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Declaration(Declared),
    End(EndWord),
    File,
    MasterFile,
    CardModel,
    Data,
}

/// All statement words in their canonical spelling.
const WORDS: [(&str, Word); 10] = [
    ("CreateEf", Word::Declaration(Declared::Ef)),
    ("CreateDf", Word::Declaration(Declared::Df)),
    ("CreatePin", Word::Declaration(Declared::Pin)),
    ("CreateKey", Word::Declaration(Declared::Key)),
    ("Endfile", Word::End(EndWord::Endfile)),
    ("EndDF", Word::End(EndWord::EndDf)),
    ("File", Word::File),
    ("MasterFile", Word::MasterFile),
    ("CardModel", Word::CardModel),
    ("data", Word::Data),
];

impl Word {
    /// The word that `text` spells, in any letter case.
    pub(super) fn of(text: &str) -> Option<Self> {
        WORDS
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text))
            .map(|(_, word)| *word)
    }

    /// The word nearest to a misspelt one, if one is near enough: one letter of up to five, two of
    /// up to eleven, three beyond. At equal distance the one that agrees in letter case wins.
    pub(super) fn nearest(text: &str) -> Option<(&'static str, Self)> {
        let bound = match text.len() {
            0..=2 => 0,
            3..=5 => 1,
            6..=11 => 2,
            _ => 3,
        };
        let folded = text.to_ascii_lowercase();
        WORDS
            .iter()
            .filter(|(word, _)| word.len().abs_diff(text.len()) <= bound)
            .map(|(word, kind)| {
                let distance = osa_distance(&folded, &word.to_ascii_lowercase());
                (distance, word, kind)
            })
            .filter(|(distance, ..)| *distance <= bound)
            .min_by_key(|(distance, word, _)| (*distance, osa_distance(text, word)))
            .map(|(_, word, kind)| (*word, *kind))
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

/// The mode that a misspelt word is near to, by at most two letters.
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
        let nearest = |text| Word::nearest(text).map(|(word, _)| word);
        assert_eq!(nearest("CreatEf"), Some("CreateEf"));
        assert_eq!(nearest("CreatDf"), Some("CreateDf"));
        assert_eq!(nearest("Endfle"), Some("Endfile"));
        assert_eq!(nearest("EndD"), Some("EndDF"));
        assert_eq!(nearest("Flie"), Some("File"));
        assert_eq!(nearest("CreateFiles"), None);
        assert_eq!(nearest("df"), None);
    }
}
