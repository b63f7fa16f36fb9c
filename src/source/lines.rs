//! Offsets to lines and columns, in constant memory per line and without walking a file twice.

/// A place for people: 1-based line and column; the column counts Unicode scalar values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in Unicode scalar values.
    pub column: u32,
}

/// Bytes between two remembered character counts. Bounds the work for a column in an endless line.
const BLOCK: usize = 1024;

/// Where the lines of one text start. LF, CR and CRLF end a line.
#[derive(Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// Characters before each block of [`BLOCK`] bytes; empty for ASCII text, where bytes do.
    characters_before: Vec<u32>,
}

impl LineIndex {
    /// Indexes `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let crlf = bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n');
            if !crlf {
                starts.push(offset(at + 1));
            }
        }
        Self {
            starts,
            characters_before: character_counts(text),
        }
    }

    /// Number of lines; a text that ends in a line end has an empty last line.
    #[must_use]
    pub fn count(&self) -> u32 {
        offset(self.starts.len())
    }

    /// 0-based number of the line that holds `offset`.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> u32 {
        self::offset(self.starts.partition_point(|start| *start <= offset)) - 1
    }

    /// Offset of the first byte of the 0-based `line`, or of the last line when there are fewer.
    #[must_use]
    pub fn start_of(&self, line: u32) -> u32 {
        let last = self.starts.len() - 1;
        self.starts[(line as usize).min(last)]
    }

    /// Line and column of `offset` in `text`, the text that was indexed.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.starts[line as usize];
        let column = self.characters_to(text, offset) - self.characters_to(text, start);
        Position {
            line: line + 1,
            column: column + 1,
        }
    }

    /// Number of characters before `offset`.
    #[must_use]
    pub fn characters_to(&self, text: &str, offset: u32) -> u32 {
        let at = (offset as usize).min(text.len());
        if self.characters_before.is_empty() {
            return self::offset(at);
        }
        let block = at / BLOCK;
        let from = block * BLOCK;
        self.characters_before[block] + count_characters(&text.as_bytes()[from..at])
    }
}

fn character_counts(text: &str) -> Vec<u32> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut total = 0;
    let mut counts = vec![0];
    for block in text.as_bytes().chunks(BLOCK) {
        total += count_characters(block);
        counts.push(total);
    }
    counts
}

/// Characters that begin in `bytes`: every byte of UTF-8 but the continuation bytes.
fn count_characters(bytes: &[u8]) -> u32 {
    offset(bytes.iter().filter(|byte| (**byte as i8) >= -0x40).count())
}

/// Sources are limited to what 32 bits can count (see [`super::Span`]).
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: u32) -> (u32, u32) {
        let position = LineIndex::new(text).position(text, offset);
        (position.line, position.column)
    }

    #[test]
    fn every_line_end_counts_once() {
        let text = "a\r\nb\rc\nd";
        assert_eq!(at(text, 0), (1, 1));
        assert_eq!(at(text, 3), (2, 1));
        assert_eq!(at(text, 5), (3, 1));
        assert_eq!(at(text, 7), (4, 1));
        assert_eq!(at(text, 8), (4, 2));
    }

    #[test]
    fn columns_count_characters_also_far_out() {
        let text = format!("x\n{}é!", "ä".repeat(3000));
        let bang = u32::try_from(text.find('!').unwrap()).unwrap();
        assert_eq!(at(&text, bang), (2, 3002));
    }
}
