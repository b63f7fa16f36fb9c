//! The smallest pieces of a profile's text, for those who need no structure: the chunker, which
//! looks for the end of a statement, the places of findings, and layout. Agrees with the tokens of
//! `grammar/cpf.pest`; knows no keyword.

use memchr::{memchr, memchr2, memchr3};

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lexeme {
    /// Blanks.
    Blank,
    /// LF, CR or CRLF.
    LineEnd,
    /// `\` and all up to the next line, a comment included.
    Continuation,
    /// `;` up to, not including, the line end.
    Comment,
    /// A string, closed or not.
    String,
    /// `0x{ … }`, closed or not.
    Bytes,
    /// A name or a number.
    Word,
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// One character of any other kind.
    Other,
}

/// The piece of `text` that starts at `at`, and the offset behind it; none at the end.
pub(super) fn lexeme(text: &str, at: usize) -> Option<(Lexeme, usize)> {
    let bytes = text.as_bytes();
    let found = match *bytes.get(at)? {
        byte if is_blank(byte) => (Lexeme::Blank, at + run(bytes, at, is_blank)),
        b'\n' | b'\r' => (Lexeme::LineEnd, behind_line_end(bytes, at)),
        b';' => (Lexeme::Comment, line_end(bytes, at)),
        b'\\' => match continuation(bytes, at) {
            Some(end) => (Lexeme::Continuation, end),
            None => (Lexeme::Other, at + 1),
        },
        quote @ (b'\'' | b'"') => (Lexeme::String, string_end(bytes, at, quote)),
        _ if opens_bytes(bytes, at) => (Lexeme::Bytes, bytes_end(bytes, at + 3)),
        byte if is_word(byte) => (Lexeme::Word, at + run(bytes, at, is_word)),
        b'(' => (Lexeme::Open, at + 1),
        b')' => (Lexeme::Close, at + 1),
        _ => (Lexeme::Other, at + character_length(text, at)),
    };
    Some(found)
}

/// All pieces of `text[from..to]` with their places, which tile it. Both offsets lie on boundaries of
/// characters.
pub fn lexemes(text: &str, from: usize, to: usize) -> impl Iterator<Item = (Lexeme, usize, usize)> {
    let text = &text[..to];
    let mut at = from;
    std::iter::from_fn(move || {
        let (kind, end) = lexeme(text, at)?;
        let start = std::mem::replace(&mut at, end);
        Some((kind, start, end))
    })
}

pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\x0C')
}

pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Number of bytes from `at` on that are alike.
pub(super) fn run(bytes: &[u8], at: usize, alike: impl Fn(u8) -> bool) -> usize {
    bytes[at..].iter().take_while(|byte| alike(**byte)).count()
}

/// The length of the character at `at`.
fn character_length(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

/// The end of the line that holds `at`, its line end not included.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |length| at + length)
}

/// The offset behind the line end at `at`, or the end of the text.
pub(super) fn behind_line_end(bytes: &[u8], at: usize) -> usize {
    let crlf = bytes[at..].starts_with(b"\r\n");
    (at + if crlf { 2 } else { 1 }).min(bytes.len())
}

/// Whether `0x{` stands at `at`.
fn opens_bytes(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[at..], [b'0', b'x' | b'X', b'{', ..])
}

/// The offset behind the `}` that closes hex data, or the end of the text; a `}` in a comment does
/// not count.
pub(super) fn bytes_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(length) = memchr2(b'}', b';', &bytes[at..]) {
        at += length;
        if bytes[at] == b'}' {
            return at + 1;
        }
        at = line_end(bytes, at);
    }
    bytes.len()
}

/// The offset behind the string, a doubled quote being part of it, or the end of its line.
pub(super) fn string_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut at = at + 1;
    while let Some(length) = memchr3(quote, b'\n', b'\r', &bytes[at..]) {
        at += length;
        if bytes[at] != quote {
            return at;
        }
        if bytes.get(at + 1) != Some(&quote) {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// The start of the next line, when `\` at `at` joins it.
fn continuation(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at + 1 + run(bytes, at + 1, is_blank);
    if bytes.get(end) == Some(&b';') {
        end = line_end(bytes, end);
    }
    matches!(bytes.get(end), Some(b'\n' | b'\r')).then(|| behind_line_end(bytes, end))
}

/// The comment inside a continuation that lies at `start..end`.
pub(super) fn comment_in_continuation(
    text: &str,
    start: usize,
    end: usize,
) -> Option<(usize, usize)> {
    let bytes = &text.as_bytes()[..end];
    let comment = start + memchr(b';', &bytes[start..])?;
    Some((comment, line_end(bytes, comment)))
}
