//! What the terms of a profile stand for, read from its text when somebody asks: numbers, texts and
//! bytes (with the place of each), and which function is called.

use super::Term;
use super::lexeme::{is_blank, is_word, line_end, run};
use crate::source::Span;

/// A piece of the inside of `0x{ … }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HexPiece {
    /// Hexadecimal digits, an even number of them.
    Digits(Span),
    /// Hexadecimal digits, an odd number of them.
    OddDigits(Span),
    /// Something else up to the next blank, line end, comment or the end.
    Foreign(Span),
    /// A comment.
    Comment(Span),
    /// The closing `}`.
    Close,
}

/// The pieces of hex data whose token lies at `span`.
pub(super) fn hex_pieces(text: &str, span: Span) -> impl Iterator<Item = HexPiece> {
    let bytes = &text.as_bytes()[..span.end as usize];
    let mut at = bytes.len().min(span.start as usize + "0x{".len());
    std::iter::from_fn(move || {
        at += run(bytes, at, is_space);
        let start = at;
        let digits = run(bytes, start, |byte| byte.is_ascii_hexdigit());
        at = start + digits;
        match bytes.get(at) {
            _ if digits > 0 && ends_run(bytes, at) => Some(if digits % 2 == 0 {
                HexPiece::Digits(place(start, at))
            } else {
                HexPiece::OddDigits(place(start, at))
            }),
            None => None,
            Some(b'}') => {
                at = bytes.len();
                Some(HexPiece::Close)
            }
            Some(b';') => {
                at = line_end(bytes, at);
                Some(HexPiece::Comment(place(start, at)))
            }
            Some(_) => {
                at += run(bytes, at, |byte| {
                    !is_space(byte) && byte != b';' && byte != b'}'
                });
                Some(HexPiece::Foreign(place(start, at)))
            }
        }
    })
}

fn ends_run(bytes: &[u8], at: usize) -> bool {
    bytes
        .get(at)
        .is_none_or(|byte| is_space(*byte) || matches!(byte, b';' | b'}'))
}

const fn is_space(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'\n' | b'\r')
}

/// Texts are shorter than 4 GiB (see [`Span`]).
pub(super) fn place(start: usize, end: usize) -> Span {
    let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(start), offset(end))
}

/// Whether a string is closed: quotes inside are doubled, so a closed one has an even number.
pub(super) fn is_closed_string(string: &str) -> bool {
    let quote = string.as_bytes().first().copied().unwrap_or_default();
    memchr::memchr_iter(quote, string.as_bytes())
        .count()
        .is_multiple_of(2)
}

impl Term {
    /// The number that digits stand for; 0 for malformed ones. Meant for [`TermKind::Number`].
    ///
    /// [`TermKind::Number`]: super::TermKind::Number
    #[must_use]
    pub fn number_value(&self, text: &str) -> u64 {
        number(self.span.of(text)).unwrap_or(0)
    }

    /// The name of the function that is called, which the term begins with. Meant for
    /// [`TermKind::Call`].
    ///
    /// [`TermKind::Call`]: super::TermKind::Call
    #[must_use]
    pub fn function_name(&self, text: &str) -> Span {
        let start = self.span.start as usize;
        let length = run(self.span.of(text).as_bytes(), 0, is_word);
        place(start, start + length)
    }

    /// The text that a string stands for: without its quotes, each doubled quote once. The text of
    /// an unclosed string goes on to the end of its term. Meant for [`TermKind::String`].
    ///
    /// [`TermKind::String`]: super::TermKind::String
    #[must_use]
    pub fn string_value(&self, text: &str) -> String {
        let string = self.span.of(text);
        let Some(quote) = string.chars().next() else {
            return String::new();
        };
        let inside = &string[quote.len_utf8()..];
        let inside = match is_closed_string(string) {
            true => inside.strip_suffix(quote).unwrap_or(inside),
            false => inside,
        };
        inside.replace(&format!("{quote}{quote}"), &quote.to_string())
    }

    /// The bytes that hex data stands for. Runs that are no pairs of digits give no bytes. Meant for
    /// [`TermKind::Bytes`].
    ///
    /// [`TermKind::Bytes`]: super::TermKind::Bytes
    #[must_use]
    pub fn bytes_value(&self, text: &str) -> Vec<u8> {
        let mut value = Vec::with_capacity(self.bytes_length(text));
        value.extend(self.hex_bytes(text).map(|(byte, _)| byte));
        value
    }

    /// How many bytes hex data stands for: the length of [`bytes_value`](Self::bytes_value).
    #[must_use]
    pub fn bytes_length(&self, text: &str) -> usize {
        let digits = hex_pieces(text, self.span).filter_map(|piece| match piece {
            HexPiece::Digits(span) => Some(span.len() as usize / 2),
            _ => None,
        });
        digits.sum()
    }

    /// Each byte of [`bytes_value`](Self::bytes_value) with the place of its two digits.
    pub fn hex_bytes(&self, text: &str) -> impl Iterator<Item = (u8, Span)> {
        hex_pieces(text, self.span)
            .filter_map(|piece| match piece {
                HexPiece::Digits(span) => Some(span),
                _ => None,
            })
            .flat_map(|span| (span.start..span.end).step_by(2))
            .map(move |at| {
                let digits = Span::new(at, at + 2);
                (byte_of(digits.of(text)), digits)
            })
    }
}

fn byte_of(digits: &str) -> u8 {
    u8::from_str_radix(digits, 16).unwrap_or_default()
}

/// The number that digits stand for: decimal, or hexadecimal behind `0x`; none when a digit is bad
/// or it has more than 64 bits.
pub(super) fn number(digits: &str) -> Option<u64> {
    let hexadecimal = digits.strip_prefix("0x").or(digits.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => digits.parse().ok(),
    }
}
