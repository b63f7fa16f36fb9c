//! A text while it is written line by line: line ends, and blank lines, of which never two stand
//! together and none at the start or the end. Knows no language.

use super::Refusal;

/// How the lines of a text end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LineEnd {
    Lf,
    CrLf,
    Cr,
}

impl LineEnd {
    /// The line end of a text: where LF and CRLF are mixed the more frequent one, LF at a tie.
    ///
    /// # Errors
    ///
    /// [`Refusal::MixedLineEnds`]: CR stands beside another one.
    pub(super) fn of(text: &str) -> Result<Self, Refusal> {
        let bytes = text.as_bytes();
        let (mut lf, mut crlf, mut cr) = (0_usize, 0_usize, 0_usize);
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            match (bytes[at], bytes.get(at + 1)) {
                (b'\r', Some(b'\n')) => {}
                (b'\r', _) => cr += 1,
                _ if at > 0 && bytes[at - 1] == b'\r' => crlf += 1,
                _ => lf += 1,
            }
        }
        match (lf, crlf, cr) {
            (0, 0, 1..) => Ok(Self::Cr),
            (_, _, 1..) => Err(Refusal::MixedLineEnds),
            _ if crlf > lf => Ok(Self::CrLf),
            _ => Ok(Self::Lf),
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// A text that grows line by line.
pub(super) struct Page {
    text: String,
    line_end: LineEnd,
    blank_awaited: bool,
}

impl Page {
    /// An empty page; `length` is about how many bytes it will hold.
    pub(super) fn new(line_end: LineEnd, length: usize) -> Self {
        Self {
            text: String::with_capacity(length),
            line_end,
            blank_awaited: false,
        }
    }

    /// A blank line, unless one stands here already.
    pub(super) fn blank(&mut self) {
        self.blank_awaited = !self.text.is_empty();
    }

    /// A line that consists of `parts`.
    pub(super) fn line(&mut self, parts: &[&str]) {
        if std::mem::take(&mut self.blank_awaited) {
            self.text.push_str(self.line_end.text());
        }
        self.text.extend(parts.iter().copied());
        self.text.push_str(self.line_end.text());
    }

    /// A line behind `indent` blanks, which may also be blank itself.
    pub(super) fn indented(&mut self, indent: usize, parts: &[&str]) {
        if std::mem::take(&mut self.blank_awaited) {
            self.text.push_str(self.line_end.text());
        }
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.text.extend(parts.iter().copied());
        self.text.push_str(self.line_end.text());
    }

    /// The whole text; it ends in a line end unless it is empty.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// The lines of a text, without their ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        let end = memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
        let length = if bytes[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        let line = &rest[..end];
        rest = rest.get(end + length..).unwrap_or_default();
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_told_apart() {
        assert_eq!(LineEnd::of(""), Ok(LineEnd::Lf));
        assert_eq!(LineEnd::of("a\r\nb\r\nc\n"), Ok(LineEnd::CrLf));
        assert_eq!(LineEnd::of("a\r\nb\n"), Ok(LineEnd::Lf));
        assert_eq!(LineEnd::of("a\rb\r"), Ok(LineEnd::Cr));
        assert_eq!(LineEnd::of("a\rb\n"), Err(Refusal::MixedLineEnds));
        assert_eq!(LineEnd::of("a\r\r\n"), Err(Refusal::MixedLineEnds));
    }

    #[test]
    fn lines_are_those_of_every_line_end() {
        let all = |text| lines(text).collect::<Vec<_>>();
        assert_eq!(all("a\n\nb\r\nc\rd"), ["a", "", "b", "c", "d"]);
        assert_eq!(all("\n"), [""]);
        assert!(all("").is_empty());
    }

    #[test]
    fn blank_lines_stand_alone_and_between() {
        let mut page = Page::new(LineEnd::CrLf, 0);
        page.blank();
        page.line(&["a"]);
        page.blank();
        page.blank();
        page.indented(2, &["b", "c"]);
        page.blank();
        assert_eq!(page.finish(), "a\r\n\r\n  bc\r\n");
    }
}
