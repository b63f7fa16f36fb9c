//! Characters that a terminal would obey instead of show.
//!
//! A description comes from anywhere; an escape sequence in it must not move the reader's cursor,
//! and a bidirectional mark must not reorder the line. Every such character is shown by a visible
//! one of width 1, so that columns stay true.

use std::borrow::Cow;

/// The character to show for `character`. A tab stays: the excerpt expands it.
pub(super) fn visible(character: char) -> char {
    match character {
        '\t' => '\t',
        '\0'..='\x1F' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{FFFD}'),
        '\x7F' => '\u{2421}',
        _ if is_unseen(character) => '\u{FFFD}',
        _ => character,
    }
}

/// C1 controls, and format characters that have no width or change the direction of others.
fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{80}'..='\u{9F}'
            | '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// One line of words without anything that a terminal would obey: also tabs and line ends become
/// visible. For whatever perso prints that others wrote, such as the name of a file.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    replaced(text, |character| match character {
        '\t' => '\u{2409}',
        other => visible(other),
    })
}

/// Words that may run over several lines, without anything else that a terminal would obey.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    replaced(text, |character| match character {
        '\n' => '\n',
        other => visible(other),
    })
}

fn replaced(text: &str, show: impl Fn(char) -> char) -> Cow<'_, str> {
    if text.chars().all(|character| show(character) == character) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(show).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_passes() {
        assert_eq!(line("a\x1B[31mb\tc\nd"), "a␛[31mb␉c␊d");
        assert_eq!(lines("a\nb\u{202E}c\u{9B}0m"), "a\nb\u{FFFD}c\u{FFFD}0m");
        assert!(matches!(line("plain ä 漢"), Cow::Borrowed(_)));
    }
}
