//! The sections of encoding descriptions, and the forms that fill `[Fields]`.

use super::provenance::{Certainty, Status};
use super::tables::{FORMS, SECTIONS};

/// Where a keyword belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SectionKind {
    /// `[Encoding]`, the header.
    Encoding,
    /// `[Fields]`, the variables.
    Fields,
    /// `[Description]`, what belongs to no single application.
    Description,
    /// `[Application_X]` of a chip description.
    Application,
    /// `[Application_X]` of a magnetic-stripe description.
    Magstripe,
}

/// A section with its explanation.
#[derive(Debug)]
pub struct Section {
    /// Which one.
    pub kind: SectionKind,
    /// The header without brackets; `X` stands for the suffix of an application.
    pub header: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// A form that a line of `[Fields]` may take.
#[derive(Debug)]
pub struct Form {
    /// Name of the form.
    pub name: &'static str,
    /// How it is written.
    pub syntax: &'static str,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What it does.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// The sections in the order in which every example has them.
pub fn sections() -> &'static [Section] {
    SECTIONS
}

/// The forms of `[Fields]` lines.
pub fn forms() -> &'static [Form] {
    FORMS
}

impl SectionKind {
    /// What is known of this section.
    pub fn section(self) -> Option<&'static Section> {
        SECTIONS.iter().find(|section| section.kind == self)
    }
}
