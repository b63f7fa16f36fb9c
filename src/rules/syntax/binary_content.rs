use super::rule;
use crate::rules::{Check, Family, Findings, Level, TextContext};
use crate::source::Span;
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A NUL byte in an encoding description or card profile: the file is binary, or a text that
    /// was saved as UTF-16.
    ///
    /// # Why it matters
    ///
    /// Neither language has a use for the byte, and programs end a text at it or refuse the file.
    /// Nothing else is said about such a file, since all of it would follow from this.
    ///
    /// # Example
    ///
    /// ```dsc card.dsc utf-16
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// ```
    ///
    /// # Fix
    ///
    /// None: save the file as UTF-8.
    ///
    /// # Source
    ///
    /// Ours: both languages are text.
    name: "binary-content",
    family: Family::Syntax,
    level: Level::ERROR,
    certainty: Certainty::Ours,
    source: "PERSO",
    check: Check::Text(check),
}

fn check(cx: &TextContext<'_>, findings: &mut Findings<'_>) {
    let text = cx.file.text();
    let Some(first) = memchr::memchr(0, text.as_bytes()) else {
        return;
    };
    if is_utf16(text) {
        let start = cx.label(Span::empty(0), "every second byte is NUL");
        findings
            .report("the file is saved as UTF-16", start)
            .help("save it as UTF-8");
        return;
    }
    // The text has fewer bytes than 32 bits count (see `Span`).
    let at = u32::try_from(first).unwrap_or(u32::MAX);
    findings
        .report(
            "the file holds a NUL byte and is no text",
            cx.label(Span::new(at, at + 1), "first NUL byte"),
        )
        .help("check that this is the right file, and save it as UTF-8 text");
}

/// Whether the beginning alternates between NUL and other bytes, as Latin text in UTF-16 does. A
/// character of what was decoded is a byte of the file: NUL is not part of any longer one.
fn is_utf16(text: &str) -> bool {
    const MARKS: [&str; 2] = ["\u{FF}\u{FE}", "\u{FE}\u{FF}"];
    const SAMPLE: usize = 64;
    let text = MARKS
        .iter()
        .find_map(|mark| text.strip_prefix(mark))
        .unwrap_or(text);
    let every_second = |first| text.chars().take(SAMPLE).skip(first).step_by(2);
    let all_nul = |first| every_second(first).all(|c| c == '\0');
    let none_nul = |first| every_second(first).all(|c| c != '\0');
    text.chars().nth(1).is_some() && ((all_nul(0) && none_nul(1)) || (all_nul(1) && none_nul(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_has_a_nul_in_every_second_byte() {
        for text in ["a\0b\0c\0", "\0a\0b\0c", "\u{FF}\u{FE}a\0b\0"] {
            assert!(is_utf16(text), "{text:?}");
        }
        for text in ["\0\0\0\0\0\0", "ab\0c\0d", "\0", "a\0bcd\0e"] {
            assert!(!is_utf16(text), "{text:?}");
        }
    }
}
