//! The canonical layout of descriptions and profiles.
//!
//! A text and its tree give the same text laid out anew: keywords in their canonical spelling,
//! blanks, indentation and alignment as `docs/format.md` describes them. Layout moves blanks and line
//! ends and changes the letter case of words that the language reads in any case; it changes nothing
//! else, and a comparison of both texts makes sure of that before a text is handed out. What has a
//! defect keeps its bytes.
//!
//! This room knows no files and no rules.

mod cpf;
mod dsc;
mod page;

use crate::source::{SourceFile, TextEncoding};
use crate::syntax::cpf::CpfTree;
use crate::syntax::dsc::{DscTree, LineKind};

use page::LineEnd;

/// Why a text is not laid out at all; shown as the words behind the name of its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The bytes are not UTF-8: which characters they are meant to be is a guess.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A NUL character, as binary files have it.
    #[error("it holds a NUL character, so it is no text")]
    Binary,
    /// Carriage returns alone beside other line ends: to some readers they end a line, to others
    /// they are part of it.
    #[error("some of its lines end in a carriage return alone and others do not")]
    MixedLineEnds,
    /// The new text does not say the same. A mistake of perso.
    #[error("its new layout would not mean the same, which is a bug of perso")]
    Unfaithful,
}

impl Refusal {
    /// What the author can do about it.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::NotUtf8 => "save it as UTF-8",
            Self::Binary => "is this the right file?",
            Self::MixedLineEnds => "let all lines end alike",
            Self::Unfaithful => "report it with the file",
        }
    }
}

/// The text of an encoding description in canonical layout, without a byte order mark.
///
/// # Errors
///
/// The text is better left alone.
pub fn description(file: &SourceFile, tree: &DscTree) -> Result<String, Refusal> {
    let (text, line_end) = (file.text(), layable(file)?);
    let is_protected = |line: &crate::syntax::dsc::Line| line.kind == LineKind::Protected;
    let has_protected = tree.lines.iter().any(is_protected);
    let line_end = match line_end {
        Ok(line_end) => line_end,
        Err(_) if has_protected => LineEnd::Lf,
        Err(refusal) => return Err(refusal),
    };
    let lay_out = |text: &str, tree: &DscTree| match has_protected {
        true => dsc::lay_out_around_protected(text, tree),
        false => dsc::lay_out(text, tree, line_end),
    };
    let shape = |tree: &DscTree| {
        let filled = tree
            .lines
            .iter()
            .filter(|line| line.kind != LineKind::Blank);
        [
            filled.count(),
            tree.sections.iter().filter(|it| it.name.is_some()).count(),
            tree.defects.len(),
        ]
    };
    settled(text, tree, crate::syntax::dsc::parse, lay_out, shape)
}

/// The text of a card profile in canonical layout, without a byte order mark.
///
/// # Errors
///
/// The text is better left alone.
pub fn profile(file: &SourceFile, tree: &CpfTree) -> Result<String, Refusal> {
    let line_end = layable(file)??;
    let lay_out = |text: &str, tree: &CpfTree| cpf::lay_out(text, tree, line_end);
    let shape = |tree: &CpfTree| {
        [
            tree.statements.len(),
            tree.attributes.len(),
            tree.terms.len(),
            tree.arguments.len(),
            tree.comments.len(),
            tree.defects.len(),
        ]
    };
    settled(file.text(), tree, crate::syntax::cpf::parse, lay_out, shape)
}

/// Lays out until nothing changes, and compares what was said before and after. A sound text needs one
/// pass; parts with a defect keep their bytes, and what is put beside them can move what follows once
/// more.
fn settled<T, S: PartialEq>(
    old: &str,
    tree: &T,
    parse: impl Fn(&str) -> T,
    lay_out: impl Fn(&str, &T) -> String,
    shape: impl Fn(&T) -> S,
) -> Result<String, Refusal> {
    const PASSES: usize = 8;
    let mut new = lay_out(old, tree);
    if new == old {
        return Ok(new);
    }
    let mut new_tree = parse(&new);
    for _ in 0..PASSES {
        let again = lay_out(&new, &new_tree);
        if again == new {
            break;
        }
        new_tree = parse(&again);
        new = again;
    }
    match same_ink(old, &new) && shape(tree) == shape(&new_tree) {
        true => Ok(new),
        false => Err(Refusal::Unfaithful),
    }
}

/// How lines end in a text that may be laid out. Where lines keep their ends, mixed ones are no
/// hindrance, hence the inner result.
fn layable(file: &SourceFile) -> Result<Result<LineEnd, Refusal>, Refusal> {
    if matches!(file.encoding(), TextEncoding::Windows1252 { .. }) {
        return Err(Refusal::NotUtf8);
    }
    if memchr::memchr(0, file.text().as_bytes()).is_some() {
        return Err(Refusal::Binary);
    }
    Ok(LineEnd::of(file.text()))
}

/// Whether two texts agree in everything but white space and the case of ASCII letters.
fn same_ink(old: &str, new: &str) -> bool {
    fn ink(text: &str) -> impl Iterator<Item = u8> {
        let bytes = text.bytes().map(|byte| byte.to_ascii_lowercase());
        bytes.filter(|byte| !matches!(byte, b' ' | b'\t' | b'\x0C' | b'\n' | b'\r'))
    }
    ink(old).eq(ink(new))
}
