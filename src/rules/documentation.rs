//! The page of a rule, taken apart: sections with fixed headings, and examples to execute.

/// A rule's page: Markdown with the headings of [`Page::HEADINGS`].
#[derive(Clone, Copy, Debug)]
pub struct Page<'d> {
    text: &'d str,
}

/// Files that stand together under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// The files, in order.
    pub files: Vec<ExampleFile>,
}

/// A fenced block of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleFile {
    /// Its name: the word behind the language, else `card.dsc`, `profile.cpf`, `perso.toml`.
    pub name: String,
    /// Its text.
    pub text: String,
    /// How its text lies in its bytes.
    pub saved_as: SavedAs,
}

/// How an example is saved: the last word behind the language, where it is one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SavedAs {
    /// As all texts should be.
    #[default]
    Utf8,
    /// `windows-1252`
    Windows1252,
    /// `utf-16`: little end first, behind a byte order mark.
    Utf16,
}

impl ExampleFile {
    /// The bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match self.saved_as {
            SavedAs::Utf8 => self.text.clone().into_bytes(),
            SavedAs::Windows1252 => encoding_rs::WINDOWS_1252.encode(&self.text).0.into_owned(),
            SavedAs::Utf16 => std::iter::once(0xFEFF)
                .chain(self.text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect(),
        }
    }
}

impl<'d> Page<'d> {
    /// The headings that every page has, in this order.
    pub const HEADINGS: [&'static str; 6] = [
        "What it finds",
        "Why it matters",
        "Example",
        "Instead",
        "Fix",
        "Source",
    ];

    /// A page from the lines of a doc comment.
    #[must_use]
    pub const fn new(text: &'d str) -> Self {
        Self { text }
    }

    /// The page as Markdown, without the blank that doc comments have before each line.
    #[must_use]
    pub fn markdown(self) -> String {
        let lines: Vec<_> = self.lines().collect();
        lines.join("\n").trim().to_owned()
    }

    /// The first sentence under *What it finds*.
    #[must_use]
    pub fn summary(self) -> String {
        let text = self.section("What it finds").replace('\n', " ");
        let end = text.find(". ").map_or(text.len(), |at| at + 1);
        text[..end].to_owned()
    }

    /// The headings in order.
    pub fn headings(self) -> impl Iterator<Item = &'d str> {
        let mut fenced = false;
        self.lines().filter_map(move |line| {
            fenced ^= line.starts_with("```");
            line.strip_prefix("# ").filter(|_| !fenced)
        })
    }

    /// The text under a heading.
    #[must_use]
    pub fn section(self, heading: &str) -> String {
        let mut inside = false;
        let mut fenced = false;
        let mut body = Vec::new();
        for line in self.lines() {
            fenced ^= line.starts_with("```");
            match line.strip_prefix("# ").filter(|_| !fenced) {
                Some(found) => inside = found == heading,
                None if inside => body.push(line),
                None => {}
            }
        }
        body.join("\n").trim().to_owned()
    }

    /// The fenced blocks under a heading.
    #[must_use]
    pub fn example(self, heading: &str) -> Example {
        let section = self.section(heading);
        let mut example = Example::default();
        let mut open: Option<ExampleFile> = None;
        for line in section.lines() {
            match (line.strip_prefix("```"), &mut open) {
                (Some(_), Some(_)) => example.files.extend(open.take()),
                (Some(info), None) => {
                    open = Some(ExampleFile {
                        name: name_of(info),
                        text: String::new(),
                        saved_as: saved_as(info),
                    });
                }
                (None, Some(file)) => {
                    file.text.push_str(line);
                    file.text.push('\n');
                }
                (None, None) => {}
            }
        }
        example
    }

    fn lines(self) -> impl Iterator<Item = &'d str> {
        self.text
            .lines()
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
    }
}

fn saved_as(info: &str) -> SavedAs {
    match info.split_whitespace().last() {
        Some("windows-1252") => SavedAs::Windows1252,
        Some("utf-16") => SavedAs::Utf16,
        _ => SavedAs::Utf8,
    }
}

fn name_of(info: &str) -> String {
    let mut words = info.split_whitespace();
    let language = words.next().unwrap_or_default();
    words.next().map_or_else(
        || match language {
            "cpf" => "profile.cpf".to_owned(),
            "toml" => "perso.toml".to_owned(),
            _ => "card.dsc".to_owned(),
        },
        ToOwned::to_owned,
    )
}
