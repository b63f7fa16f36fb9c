//! What a check sees, and how it reports.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::diagnostic::{Edit, Finding, Fix, Label, Severity};
use crate::model::{
    Binding, EncoderChoice, Encoding, FieldUse, MiddlewareChoice, Profile, Project,
    is_pin_decryption,
};
use crate::source::{SourceFile, SourceId, Span};
use crate::syntax::suppression::{self, Directive};
use crate::syntax::{cpf::CpfTree, dsc::DscTree};

use super::Rule;

/// One text, with its tree.
#[derive(Clone, Copy)]
pub struct TextContext<'p> {
    /// Identity of the file.
    pub id: SourceId,
    /// The file.
    pub file: &'p SourceFile,
    /// Its tree, when it is a description.
    pub dsc: Option<&'p DscTree>,
    /// Its tree, when it is a profile.
    pub cpf: Option<&'p CpfTree>,
}

impl TextContext<'_> {
    /// A label in this file.
    #[must_use]
    pub fn label(&self, span: Span, message: impl Into<String>) -> Label {
        Label::new(self.id, span, message)
    }

    /// The text under a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        span.of(self.file.text())
    }

    /// A replacement in this file.
    #[must_use]
    pub fn edit(&self, span: Span, text: impl Into<String>) -> Edit {
        let (source, text) = (self.id, text.into());
        Edit { source, span, text }
    }

    /// The comments that speak to perso.
    #[must_use]
    pub fn directives(&self) -> Vec<Directive> {
        let text = self.file.text();
        if memchr::memmem::find(text.as_bytes(), b"perso:").is_none() {
            return Vec::new();
        }
        match (self.dsc, self.cpf) {
            (Some(tree), _) => suppression::of_description(text, tree),
            (_, Some(tree)) => suppression::of_profile(text, self.file.lines(), tree),
            (None, None) => Vec::new(),
        }
    }

    /// Whether a place in a description lies under `[Fields]`.
    #[must_use]
    pub fn declares_field(&self, span: Span) -> bool {
        let Some(tree) = self.dsc else { return false };
        let line = tree
            .lines
            .partition_point(|line| line.span.end <= span.start);
        let after = tree
            .sections
            .partition_point(|section| section.lines.end as usize <= line);
        let name = tree.sections.get(after).and_then(|section| section.name);
        name.is_some_and(|name| self.text(name).eq_ignore_ascii_case("Fields"))
    }
}

/// One description, with what it is joined to.
#[derive(Clone, Copy)]
pub struct EncodingContext<'p> {
    /// Everything that is checked together.
    pub project: &'p Project<'p>,
    /// The description.
    pub encoding: &'p Encoding<'p>,
    /// The profile that it initialises its token with.
    pub profile: Option<&'p Profile<'p>>,
    /// The middleware it is written for.
    pub middleware: MiddlewareChoice,
    /// The program that talks to the card.
    pub encoder: Option<EncoderChoice>,
}

impl<'p> EncodingContext<'p> {
    /// The context of one description.
    #[must_use]
    pub fn new(project: &'p Project<'p>, encoding: &'p Encoding<'p>) -> Self {
        Self {
            project,
            encoding,
            profile: project.bound_profile(encoding),
            middleware: encoding.middleware(&project.target),
            encoder: encoding.encoder(&project.target),
        }
    }

    /// A label in the description.
    #[must_use]
    pub fn label(&self, span: Span, message: impl Into<String>) -> Label {
        Label::new(self.encoding.source, span, message)
    }

    /// The text under a span of the description.
    #[must_use]
    pub fn text(&self, span: Span) -> &'p str {
        span.of(self.encoding.text)
    }

    /// A replacement in the description.
    #[must_use]
    pub fn edit(&self, span: Span, text: impl Into<String>) -> Edit {
        let (source, text) = (self.encoding.source, text.into());
        Edit { source, span, text }
    }
}

/// One profile, with what it is joined to.
#[derive(Clone, Copy)]
pub struct ProfileContext<'p> {
    /// Everything that is checked together.
    pub project: &'p Project<'p>,
    /// The profile.
    pub profile: &'p Profile<'p>,
}

impl<'p> ProfileContext<'p> {
    /// The descriptions that initialise a token with this profile.
    pub fn binders(&self) -> impl Iterator<Item = &'p Encoding<'p>> {
        self.project.binders(self.profile)
    }

    /// A label in the profile.
    #[must_use]
    pub fn label(&self, span: Span, message: impl Into<String>) -> Label {
        Label::new(self.profile.source, span, message)
    }

    /// The text under a span of the profile.
    #[must_use]
    pub fn text(&self, span: Span) -> &'p str {
        span.of(self.profile.text)
    }

    /// A replacement in the profile.
    #[must_use]
    pub fn edit(&self, span: Span, text: impl Into<String>) -> Edit {
        let (source, text) = (self.profile.source, text.into());
        Edit { source, span, text }
    }
}

/// Everything that is checked together.
#[derive(Clone, Copy)]
pub struct ProjectContext<'p> {
    /// Descriptions, profiles, and what `perso.toml` says of them.
    pub project: &'p Project<'p>,
}

impl<'p> ProjectContext<'p> {
    /// The descriptions of chips.
    pub fn chip_files(&self) -> impl Iterator<Item = &'p Encoding<'p>> {
        self.project
            .encodings
            .iter()
            .filter(|encoding| encoding.is_chip)
    }

    /// Every use of a field that the encoder fills, in all descriptions of chips.
    pub fn outputs(&self) -> impl Iterator<Item = Output<'p>> {
        self.chip_files().flat_map(|encoding| {
            let source = encoding.source;
            encoding.outputs().map(move |used| Output { source, used })
        })
    }

    /// The entries of `[mapping]` for fields that the encoder fills, in their order, each with one
    /// use of the field; a use for a decrypted PIN before others.
    #[must_use]
    pub fn bound_outputs(&self) -> Vec<(&'p Binding, Output<'p>)> {
        let bound = self.project.mapping.as_ref();
        let bindings = bound.map_or(&[][..], |mapping| &mapping.bindings);
        if bindings.is_empty() {
            return Vec::new();
        }
        let mut outputs: HashMap<&str, Output<'p>> = HashMap::new();
        for output in self.outputs() {
            let kept = outputs.entry(output.used.name).or_insert(output);
            if output.is_decrypted_pin() && !kept.is_decrypted_pin() {
                *kept = output;
            }
        }
        bindings
            .iter()
            .filter_map(|binding| Some((binding, *outputs.get(binding.field.as_str())?)))
            .collect()
    }
}

/// A field that the encoder fills.
#[derive(Clone, Copy)]
pub struct Output<'p> {
    /// The description.
    pub source: SourceId,
    /// The key and the field.
    pub used: FieldUse<'p>,
}

impl Output<'_> {
    /// Whether a decrypted PIN comes to it.
    #[must_use]
    pub fn is_decrypted_pin(&self) -> bool {
        is_pin_decryption(self.used.key)
    }

    /// A label that says what fills it.
    #[must_use]
    pub fn label(&self) -> Label {
        let says = format!("filled by `{}`", self.used.key.name());
        Label::new(self.source, self.used.span, says)
    }
}

/// The configuration of a project.
#[derive(Clone, Copy)]
pub struct SettingsContext<'p> {
    /// Its file.
    pub source: SourceId,
    /// Its text.
    pub text: &'p str,
    /// Names that perso does not know.
    pub unknown: &'p [UnknownName],
    /// The names under `[rules]`.
    pub rules: &'p [Span],
}

/// A table or key of the configuration that perso does not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownName {
    /// The table that holds it; none at the top of the file.
    pub table: Option<&'static str>,
    /// Its place.
    pub name: Span,
    /// The names that can stand there and do not stand there yet.
    pub free: Vec<&'static str>,
}

/// Alternatives as words: `a, b or c`.
pub(super) fn either(words: &[String]) -> String {
    match words.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => words.concat(),
    }
}

/// As much of a text as a headline has room for.
pub(super) fn excerpt(text: &str) -> Cow<'_, str> {
    const ROOM: usize = 40;
    match text.char_indices().nth(ROOM) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The line end that a text uses, for lines that a fix adds.
pub(super) fn line_end(text: &str) -> &'static str {
    match memchr::memchr2(b'\n', b'\r', text.as_bytes()) {
        Some(at) if text[at..].starts_with("\r\n") => "\r\n",
        Some(at) if text[at..].starts_with('\r') => "\r",
        _ => "\n",
    }
}

/// Takes the findings of one rule.
pub struct Findings<'r> {
    rule: &'r Rule,
    severity: Severity,
    list: Vec<Finding>,
}

impl<'r> Findings<'r> {
    /// Room for the findings of `rule`, which weigh `severity`.
    #[must_use]
    pub fn new(rule: &'r Rule, severity: Severity) -> Self {
        Self {
            rule,
            severity,
            list: Vec::new(),
        }
    }

    /// Reports a finding: a headline usable alone, and the exact place.
    pub fn report(&mut self, message: impl Into<String>, primary: Label) -> Draft<'_> {
        self.list.push(Finding::new(
            self.rule.name,
            self.severity,
            message,
            primary,
        ));
        // The list is not empty: its last element was pushed just now.
        let last = self.list.len() - 1;
        Draft {
            finding: &mut self.list[last],
        }
    }

    /// What was reported.
    #[must_use]
    pub fn into_list(self) -> Vec<Finding> {
        self.list
    }
}

/// A finding that is being worded.
pub struct Draft<'f> {
    finding: &'f mut Finding,
}

impl Draft<'_> {
    /// Adds the cause: another place, also in another file.
    pub fn because(self, label: Label) -> Self {
        self.finding.secondary.push(label);
        self
    }

    /// Says what to do.
    pub fn help(self, help: impl Into<String>) -> Self {
        self.finding.help = Some(help.into());
        self
    }

    /// Adds a fact that explains.
    pub fn note(self, note: impl Into<String>) -> Self {
        self.finding.note = Some(note.into());
        self
    }

    /// Offers a way to mend it.
    pub fn fix(self, fix: Fix) -> Self {
        self.finding.fixes.push(fix);
        self
    }
}
