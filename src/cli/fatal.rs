//! What stops a command, and how it is shown: on the error output, at its place in a file where it
//! has one.

use std::fmt;
use std::io::Write;

use anstream::{AutoStream, ColorChoice};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, NamedSource, SourceCode, SourceSpan, SpanContents,
};

use super::{Display, Exit};
use crate::report::visible_line;
use crate::source::SourceFile;
use crate::workspace::OpenError;
use crate::workspace::configuration::ConfigurationError;

/// A longer line is not shown, only pointed to.
const WIDTH: usize = 200;

/// The one error that ended a command.
#[derive(Debug)]
pub(super) struct Fatal {
    exit: Exit,
    message: String,
    help: Option<String>,
    place: Option<Box<Place>>,
}

#[derive(Debug)]
struct Place {
    source: Excerpt,
    offset: usize,
    length: usize,
}

/// A text that begins at some line of its source.
#[derive(Debug)]
struct Excerpt {
    text: NamedSource<String>,
    /// 0-based.
    first_line: usize,
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.text.name().to_owned(),
            read.data(),
            *read.span(),
            read.line() + self.first_line,
            read.column(),
            read.line_count(),
        )))
    }
}

impl Fatal {
    /// Wrong usage.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: visible_line(&message.into()).into_owned(),
            help: None,
            place: None,
        }
    }

    /// Ends the command with `exit`.
    pub(super) fn of(exit: Exit, message: &str) -> Self {
        Self {
            exit,
            ..Self::usage(message)
        }
    }

    /// Shows it at one line of a source; `number` and `column` are 1-based, and columns count Unicode
    /// scalar values.
    pub(super) fn at_line(
        mut self,
        name: &str,
        number: u32,
        line: &str,
        column: u32,
        length: u32,
    ) -> Self {
        if line.len() <= WIDTH {
            let before = line.chars().take(column.saturating_sub(1) as usize);
            let offset: usize = before.map(char::len_utf8).sum();
            self.place = Some(Box::new(Place {
                source: Excerpt {
                    text: NamedSource::new(visible_line(name), printable(line)),
                    first_line: number.saturating_sub(1) as usize,
                },
                offset,
                length: (length as usize).min(line.len() - offset),
            }));
        }
        self
    }

    /// Says what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Shows the error to the user.
    pub(super) fn show(&self, display: &Display) -> Exit {
        let stderr = std::io::stderr();
        let choice = display.colour(&stderr);
        let mut text = String::new();
        let theme = if choice == ColorChoice::Never {
            GraphicalTheme::unicode_nocolor()
        } else {
            GraphicalTheme::unicode()
        };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
        if handler.render_report(&mut text, self).is_err() {
            text.clone_from(&self.message);
        }
        let _ = writeln!(AutoStream::new(stderr, choice), "{}", text.trim_end());
        self.exit
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fatal {}

impl Diagnostic for Fatal {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let place = self.place.as_ref()?;
        Some(&place.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let label = LabeledSpan::new(Some("here".to_owned()), place.offset, place.length);
        Some(Box::new(std::iter::once(label)))
    }
}

impl From<OpenError> for Fatal {
    fn from(error: OpenError) -> Self {
        let message = error.to_string();
        match error {
            OpenError::Configuration(error) => at_place(&error),
            OpenError::NoInput => Self {
                exit: Exit::NoInput,
                ..Self::usage(message).help("name `.dsc`, `.cpf` or `.dsz` files, or a folder with some")
            },
            OpenError::UnknownKind { .. } => Self::usage(message).help(
                "rename it to end in `.dsc`, `.cpf` or `.dsz`, or give such a name with --stdin-filename",
            ),
            OpenError::Archive { .. } => Self::usage(message)
                .help("archives are not written to: unpack it, and pack it again afterwards"),
            OpenError::NamelessStdin => {
                Self::usage(message).help("give it one: --stdin-filename card.dsc")
            }
            OpenError::UnreadableConfiguration { .. } => Self::usage(message),
        }
    }
}

fn at_place(error: &ConfigurationError) -> Fatal {
    let file = SourceFile::from_text(error.name.as_str(), error.text.as_str());
    let position = file.position(error.span.start);
    let mut fatal = Fatal::usage(format!(
        "{}:{}:{}: {}",
        error.name, position.line, position.column, error.message
    ));
    fatal.help.clone_from(&error.help);
    if error.text.lines().all(|line| line.len() <= WIDTH) {
        fatal.place = Some(Box::new(Place {
            source: Excerpt {
                text: NamedSource::new(visible_line(&error.name), printable(&error.text)),
                first_line: 0,
            },
            offset: error.span.start as usize,
            length: error.span.len() as usize,
        }));
    }
    fatal
}

/// The text without characters that a terminal obeys; every byte stays at its place.
fn printable(text: &str) -> String {
    let show = |character: char| match (character.is_control(), character.len_utf8()) {
        _ if matches!(character, '\n' | '\r' | '\t') => character,
        (true, 1) => '?',
        (true, _) => '¿',
        (false, _) => character,
    };
    text.chars().map(show).collect()
}
