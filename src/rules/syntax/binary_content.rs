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
    const SAMPLE: usize = 64;
    let is_nul = |c: char| c == '\0';
    let nul_at = |first: usize| {
        let sample = || text.chars().take(SAMPLE).skip(2);
        sample().skip(first).step_by(2).all(is_nul)
            && !sample().skip(1 - first).step_by(2).any(is_nul)
    };
    text.chars().nth(3).is_some() && (nul_at(0) || nul_at(1))
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
