//! Cuts a profile into chunks of lines for the grammar.
//!
//! A line that starts a statement is always a safe cut, unless the line before is continued by `\`:
//! hex data and parentheses that are still open there stay open for good. That makes recovery
//! local and the whole linear, whatever is left open. This module knows how a statement begins and
//! where it may end, nothing of what is in it.

use memchr::{memchr, memchr2, memchr3};

use super::MAX_DEPTH;
use super::lexeme::{
    Lexeme, behind_line_end, is_blank, is_word, lexemes, line_end, run, string_end,
};
use super::words::StatementWord;

/// Chunks are filled up to about this many bytes with statements that have nothing to leave open.
const FILL: usize = 16 * 1024;

/// Some whole lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Offset of its first byte.
    pub(super) start: usize,
    /// Offset behind its last line end.
    pub(super) end: usize,
    /// The `(` in its last statement that lies too deep; the grammar must not read on from there.
    pub(super) too_deep: Option<usize>,
}

/// The chunks of a text, in order and without gaps.
pub(super) fn chunks(text: &str) -> impl Iterator<Item = Chunk> {
    Chunks {
        text,
        at: 0,
        cut: 0,
    }
}

struct Chunks<'t> {
    text: &'t str,
    at: usize,
    /// The cut last found. What lies before it is not searched again, which keeps the whole linear.
    cut: usize,
}

impl Iterator for Chunks<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let start = self.at;
        while self.at < self.text.len() {
            let from = self.at;
            if self.cut <= from {
                self.cut = next_cut(self.text, from);
            }
            let (end, too_deep) = statement_end(self.text, from, self.cut);
            self.at = end;
            let last = runs_on(&self.text.as_bytes()[from..end]);
            if last || end - start >= FILL || end == self.text.len() {
                return Some(Chunk {
                    start,
                    end,
                    too_deep,
                });
            }
        }
        None
    }
}

/// Where the statement that starts at `from` ends, at the latest at `cut`. Parentheses carry it over
/// line ends only when they are closed.
fn statement_end(text: &str, from: usize, cut: usize) -> (usize, Option<usize>) {
    if memchr(b'(', &text.as_bytes()[from..cut]).is_none() {
        return (cut, None);
    }
    let mut depth = 0_usize;
    let mut first_line_end = None;
    for (lexeme, start, end) in lexemes(text, from, cut) {
        match lexeme {
            Lexeme::Open if depth == MAX_DEPTH => return (cut, Some(start)),
            Lexeme::Open => depth += 1,
            Lexeme::Close => depth = depth.saturating_sub(1),
            Lexeme::LineEnd if depth == 0 => return (end, None),
            Lexeme::LineEnd => first_line_end = first_line_end.or(Some(end)),
            _ => {}
        }
    }
    match first_line_end {
        Some(end) if depth > 0 => (end, None),
        _ => (cut, None),
    }
}

/// Whether the grammar could run on from these lines into the next: a parenthesis (also a surplus
/// one reaches to the end of the chunk), or hex data that stays open.
fn runs_on(piece: &[u8]) -> bool {
    memchr(b'(', piece).is_some() || leaves_data_open(piece)
}

/// Whether hex data stays open: its `}` is missing, or stands in a comment. A brace that opens no
/// data at all counts too, which costs no more than a chunk of its own.
fn leaves_data_open(piece: &[u8]) -> bool {
    let mut at = 0;
    while let Some(brace) = memchr(b'{', &piece[at..]) {
        at += brace + 1;
        loop {
            match memchr2(b'}', b';', &piece[at..]) {
                None => return true,
                Some(found) if piece[at + found] == b'}' => {
                    at += found + 1;
                    break;
                }
                Some(found) => at = line_end(piece, at + found),
            }
        }
    }
    false
}

/// How a line hands over to the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// Its statement may be complete.
    Complete,
    /// It ends in `(`, `,` or an operator: inside parentheses a term follows.
    Open,
    /// It ends in `\`.
    Continued,
}

/// The start of the next line behind `from` that starts a statement, or the end of the text.
fn next_cut(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut tail = Tail::Complete;
    let mut at = from;
    loop {
        let (next, line_tail) = read_line(bytes, at);
        if next == text.len() {
            return next;
        }
        tail = match line_tail {
            None if tail == Tail::Open => Tail::Open,
            None => Tail::Complete,
            Some(tail) => tail,
        };
        if tail != Tail::Continued && starts_statement(text, next, tail == Tail::Open) {
            return next;
        }
        at = next;
    }
}

/// The start of the next line, and how this one hands over to it; none for a line without code.
fn read_line(bytes: &[u8], from: usize) -> (usize, Option<Tail>) {
    let (code_end, in_string) = code_end(bytes, from);
    let next = behind_line_end(bytes, line_end(bytes, code_end));
    let code = bytes[from..code_end].trim_ascii_end();
    let tail = code.last().map(|last| match last {
        _ if in_string => Tail::Complete,
        b'\\' => Tail::Continued,
        b'(' | b',' | b'+' | b'|' | b'&' => Tail::Open,
        _ => Tail::Complete,
    });
    (next, tail)
}

/// Where the comment or the line end of a line begins, and whether an unclosed string reaches it.
fn code_end(bytes: &[u8], from: usize) -> (usize, bool) {
    let plain = memchr3(b';', b'\n', b'\r', &bytes[from..]).map_or(bytes.len(), |n| from + n);
    let mut at = match memchr2(b'\'', b'"', &bytes[from..plain]) {
        Some(length) => from + length,
        None => return (plain, false),
    };
    loop {
        match bytes.get(at) {
            None | Some(b';' | b'\n' | b'\r') => return (at, false),
            Some(quote @ (b'\'' | b'"')) => {
                let end = string_end(bytes, at, *quote);
                if end == at + 1 || bytes[end - 1] != *quote {
                    return (end, true);
                }
                at = end;
            }
            Some(_) => at += 1,
        }
    }
}

/// Whether the line at `from` starts a statement. `open` says that a term may be awaited there: then
/// a call is no statement, and neither is a word that is only near to a statement word.
fn starts_statement(text: &str, from: usize, open: bool) -> bool {
    let bytes = text.as_bytes();
    let start = from + run(bytes, from, is_blank);
    if !matches!(bytes.get(start), Some(b'A'..=b'Z' | b'a'..=b'z' | b'_')) {
        return false;
    }
    let end = start + run(bytes, start, is_word);
    let word = &text[start..end];
    match bytes.get(end + run(bytes, end, is_blank)) {
        Some(b'=') => true,
        Some(b'(') if !open => true,
        _ => match StatementWord::of(word) {
            Some(StatementWord::Data) | None => !open && is_near(word),
            Some(_) => true,
        },
    }
}

/// Hex digits are near to nothing.
fn is_near(word: &str) -> bool {
    !word.bytes().all(|byte| byte.is_ascii_hexdigit()) && StatementWord::nearest(word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        let mut from = 0;
        std::iter::from_fn(|| {
            (from < text.len()).then(|| {
                let start = from;
                from = next_cut(text, start);
                &text[start..from]
            })
        })
        .collect()
    }

    fn chunked(text: &str) -> Vec<&str> {
        chunks(text)
            .map(|chunk| &text[chunk.start..chunk.end])
            .collect()
    }

    #[test]
    fn every_statement_line_is_a_cut() {
        assert_eq!(
            cut("a=1\n  b = 2\nC()\n EndDF\n; x\nfile"),
            ["a=1\n", "  b = 2\n", "C()\n", " EndDF\n; x\n", "file"]
        );
        assert_eq!(
            cut("d=0x{ 41\nBE EF\n42\nEndfile"),
            ["d=0x{ 41\nBE EF\n42\n", "Endfile"]
        );
        assert_eq!(cut("d=0x{ 41\nEndfil"), ["d=0x{ 41\n", "Endfil"]);
    }

    #[test]
    fn a_continued_line_is_none() {
        assert_eq!(
            cut("CreateEf X \\ ; c\nid=1\nEndDF"),
            ["CreateEf X \\ ; c\nid=1\n", "EndDF"]
        );
        assert_eq!(cut("a='\\\nb=1"), ["a='\\\n", "b=1"]);
        assert_eq!(cut("a=';' \\\nb=1"), ["a=';' \\\nb=1"]);
        assert_eq!(cut("a='x' ';' ; \\\nb=1"), ["a='x' ';' ; \\\n", "b=1"]);
    }

    #[test]
    fn a_call_may_be_an_argument() {
        assert_eq!(
            cut("F(\n\n G(),\n data)\nH()"),
            ["F(\n\n G(),\n data)\n", "H()"]
        );
        assert_eq!(cut("F(\nEndDF"), ["F(\n", "EndDF"]);
    }

    #[test]
    fn an_open_parenthesis_ends_with_its_line() {
        assert_eq!(chunked("F(1\n2\nG(\n3)\nx"), ["F(1\n", "2\nG(\n3)\n", "x"]);
        assert_eq!(
            chunked("F(0x{41\n42} \\\n1\n2"),
            ["F(0x{41\n42} \\\n1\n", "2"]
        );
    }
}
