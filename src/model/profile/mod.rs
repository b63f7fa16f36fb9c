//! The typed view of one card profile.

mod build;
mod facts;
mod key;
mod pkcs15;

use std::borrow::Cow;
use std::sync::OnceLock;

use foldhash::HashMap;
use unicase::Ascii;

use crate::source::{SourceId, Span};
use crate::stdlib::{Function, builtin};
use crate::syntax::cpf::{
    Attribute, CpfTree, Expr, FileMode, Range32, StatementId, StatementKind, Term, TermKind,
};

pub use facts::{Constant, DataSize, Facts};
pub use key::KeyKind;
pub use pkcs15::{Destination, Pkcs15, Pkcs15File, Pkcs15Role};

/// Index of a file in [`Profile::files`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileIndex(pub u32);

/// `name = value`.
#[derive(Clone, Copy, Debug)]
pub struct Assignment<'t> {
    /// The variable; letter case does not count.
    pub name: &'t str,
    /// Its place.
    pub span: Span,
    /// The statement.
    pub statement: StatementId,
    /// The right side, unless it is missing.
    pub value: Option<Expr>,
    /// What is known of the value.
    pub facts: Facts,
}

/// A variable that is read.
#[derive(Clone, Copy, Debug)]
pub struct VariableUse<'t> {
    /// The variable; letter case does not count.
    pub name: &'t str,
    /// Its place.
    pub span: Span,
    /// The statement that reads it.
    pub statement: StatementId,
    /// The call whose argument it is: an index into [`Profile::calls`].
    pub argument_of: Option<u32>,
}

/// A call, as a statement or inside an expression.
#[derive(Clone, Copy, Debug)]
pub struct CallSite<'t> {
    /// The name as written; letter case does not count.
    pub name: &'t str,
    /// Its place.
    pub span: Span,
    /// The whole call.
    pub whole: Span,
    /// The function, if it is one.
    pub function: Option<&'static Function>,
    /// The function it counts as: itself, or the one that a misspelled name is near to.
    pub counts_as: Option<&'static Function>,
    /// Its arguments.
    pub arguments: Range32,
    /// The statement it belongs to.
    pub statement: StatementId,
    /// Whether it stands where a value is wanted, not as a statement.
    pub as_value: bool,
    /// The call that it is an argument of.
    pub argument_of: Option<u32>,
}

/// What kind of file a declaration makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// The master file, 3F00.
    Mf,
    /// A dedicated file.
    Df,
    /// A transparent elementary file.
    Ef,
}

/// A file of the card.
#[derive(Clone, Debug)]
pub struct File<'t> {
    /// Its name in the profile; `MasterFile` for the master file.
    pub name: &'t str,
    /// The place of the name.
    pub span: Span,
    /// What it is.
    pub kind: FileKind,
    /// The file that holds it.
    pub parent: Option<FileIndex>,
    /// Its declaration.
    pub statement: StatementId,
    /// Its attributes.
    pub attributes: Range32,
}

/// `maxsize`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// As large as its content needs.
    Auto,
    /// This many bytes.
    Bytes(u64),
}

/// A `File Static` or `File Dynamic` block.
#[derive(Clone, Debug)]
pub struct Content<'t> {
    /// The block.
    pub statement: StatementId,
    /// `Static` or `Dynamic`, with its place.
    pub mode: Option<(FileMode, Span)>,
    /// The name behind it.
    pub name: Option<(&'t str, Span)>,
    /// The elementary file of that name.
    pub file: Option<FileIndex>,
    /// Its `data =` lines.
    pub data: Vec<(StatementId, Option<Expr>)>,
    /// What is known of the value of the first of them.
    pub facts: Option<Facts>,
}

/// A `CreatePin` or `CreateKey` (perso).
#[derive(Clone, Debug)]
pub struct Pin<'t> {
    /// Its name in the profile.
    pub name: &'t str,
    /// The place of the name.
    pub span: Span,
    /// Its declaration.
    pub statement: StatementId,
    /// Its attributes.
    pub attributes: Range32,
}

/// One card profile.
#[derive(Debug)]
pub struct Profile<'t> {
    /// The file.
    pub source: SourceId,
    /// Its text.
    pub text: &'t str,
    /// Its tree.
    pub tree: &'t CpfTree,
    /// The first `CardModel` and its value.
    pub card_model: Option<(StatementId, Option<Expr>)>,
    /// Every assignment, in order.
    pub assignments: Vec<Assignment<'t>>,
    /// Every use of a variable, in order.
    pub uses: Vec<VariableUse<'t>>,
    /// Every call, in order; an outer call before its arguments.
    pub calls: Vec<CallSite<'t>>,
    /// Every declared file, in order.
    pub files: Vec<File<'t>>,
    /// Every `File` block, in order.
    pub contents: Vec<Content<'t>>,
    /// Every `CreatePin`, in order.
    pub pins: Vec<Pin<'t>>,
    /// Every `CreateKey`, in order.
    pub keys: Vec<Pin<'t>>,
    assigned: HashMap<Ascii<&'t str>, u32>,
    named_files: HashMap<Ascii<&'t str>, FileIndex>,
    content_of: HashMap<FileIndex, u32>,
    key_into: HashMap<FileIndex, u32>,
    malformed: HashMap<StatementId, Vec<Span>>,
    pkcs15: OnceLock<Pkcs15>,
}

impl<'t> Profile<'t> {
    /// The first assignment of a variable.
    #[must_use]
    pub fn assignment(&self, name: &str) -> Option<&Assignment<'t>> {
        let index = self.assigned.get(&Ascii::new(name))?;
        self.assignments.get(*index as usize)
    }

    /// The first file of a name; letter case does not count.
    #[must_use]
    pub fn file_named(&self, name: &str) -> Option<FileIndex> {
        self.named_files.get(&Ascii::new(name)).copied()
    }

    /// The file behind an index.
    #[must_use]
    pub fn file(&self, index: FileIndex) -> &File<'t> {
        &self.files[index.0 as usize]
    }

    /// Files with their indices, in order of declaration.
    pub fn iter_files(&self) -> impl Iterator<Item = (FileIndex, &File<'t>)> {
        (0..).map(FileIndex).zip(&self.files)
    }

    /// The files directly inside a file.
    pub fn children(&self, of: FileIndex) -> impl Iterator<Item = (FileIndex, &File<'t>)> {
        self.iter_files()
            .filter(move |(_, file)| file.parent == Some(of))
    }

    /// Calls of a function by name; letter case does not count.
    pub fn calls_of<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p CallSite<'t>> {
        self.calls
            .iter()
            .filter(move |call| call.name.eq_ignore_ascii_case(name))
    }

    /// Calls that count as calls of a function, misspelled ones among them.
    pub fn calls_as<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p CallSite<'t>> {
        self.calls
            .iter()
            .filter(move |call| call.counts_as.is_some_and(|function| function.name == name))
    }

    /// The call that locks the card so that it can no longer be erased without the operator PIN:
    /// `BurnFuse()` in a profile that never calls `MakeCardEraseable()` (SEED).
    #[must_use]
    pub fn locking_call(&self) -> Option<Span> {
        let erasable = self.calls_as(builtin::MAKE_CARD_ERASEABLE).next().is_some();
        let fuse = self.calls_as(builtin::BURN_FUSE).next()?;
        (!erasable).then_some(fuse.span)
    }

    /// The first attribute of a name; letter case does not count.
    #[must_use]
    pub fn attribute(&self, attributes: Range32, name: &str) -> Option<&'t Attribute> {
        let tree = self.tree;
        tree.attributes(attributes)
            .iter()
            .find(|attribute| attribute.name.of(self.text).eq_ignore_ascii_case(name))
    }

    /// The only term of an expression that consists of one.
    #[must_use]
    pub fn single_term(&self, expr: Expr) -> Option<&'t Term> {
        match self.tree.terms(expr) {
            [term] => Some(term),
            _ => None,
        }
    }

    /// The number that an expression is, where it is one.
    #[must_use]
    pub fn number(&self, expr: Expr) -> Option<u64> {
        let term = self.single_term(expr)?;
        (term.kind == TermKind::Number).then(|| term.number_value(self.text))
    }

    /// `id` of a file as a number, where it is one.
    #[must_use]
    pub fn file_id(&self, file: &File<'t>) -> Option<(u64, Span)> {
        let value = self.attribute(file.attributes, "id")?.value;
        Some((self.number(value)?, self.tree.span(value)))
    }

    /// `maxsize` of a file, where it is a number or `auto`.
    #[must_use]
    pub fn max_size(&self, file: &File<'t>) -> Option<(Size, Span)> {
        let value = self.attribute(file.attributes, "maxsize")?.value;
        let term = self.single_term(value)?;
        match term.kind {
            TermKind::Number => Some((Size::Bytes(term.number_value(self.text)), term.span)),
            TermKind::Name if term.span.of(self.text).eq_ignore_ascii_case("auto") => {
                Some((Size::Auto, term.span))
            }
            _ => None,
        }
    }

    /// `aid` of a dedicated file, where it is a byte string.
    #[must_use]
    pub fn aid(&self, file: &File<'t>) -> Option<(Vec<u8>, Span)> {
        let value = self.attribute(file.attributes, "aid")?.value;
        let term = self.single_term(value)?;
        (term.kind == TermKind::Bytes).then(|| (term.bytes_value(self.text), term.span))
    }

    /// The `File` block of an elementary file.
    #[must_use]
    pub fn content_of(&self, file: FileIndex) -> Option<&Content<'t>> {
        let index = self.content_of.get(&file)?;
        self.contents.get(*index as usize)
    }

    /// Which of its files hold PKCS#15.
    #[must_use]
    pub fn pkcs15(&self) -> &Pkcs15 {
        self.pkcs15.get_or_init(|| Pkcs15::new(self))
    }

    /// Whether a statement left the grammar, so that a part of it may not have been read.
    #[must_use]
    pub fn is_malformed(&self, statement: StatementId) -> bool {
        self.malformed.contains_key(&statement)
    }

    /// Whether a statement left the grammar inside `span`.
    #[must_use]
    pub fn has_defect_in(&self, statement: StatementId, span: Span) -> bool {
        let Some(places) = self.malformed.get(&statement) else {
            return false;
        };
        let next = places.partition_point(|place| place.start < span.start);
        places.get(next).is_some_and(|place| span.contains(*place))
    }

    /// The name that `CardModel` gives, with its place. A bare word is the name itself, unless it
    /// is a variable that was assigned a text before.
    #[must_use]
    pub fn card_model_name(&self) -> Option<(Cow<'t, str>, Span)> {
        let (statement, value) = self.card_model?;
        let term = self.single_term(value?)?;
        let name = match term.kind {
            TermKind::String => Cow::Owned(term.string_value(self.text)),
            TermKind::Name => {
                let word = term.span.of(self.text);
                match self.text_of_variable(word, statement) {
                    Some(name) => Cow::Owned(name),
                    None => Cow::Borrowed(word),
                }
            }
            _ => return None,
        };
        Some((name, term.span))
    }

    fn text_of_variable(&self, name: &str, before: StatementId) -> Option<String> {
        let assigned = self
            .assignment(name)
            .filter(|found| found.statement < before)?;
        let term = self.single_term(assigned.value?)?;
        (term.kind == TermKind::String).then(|| term.string_value(self.text))
    }

    /// Whether the value of an expression is `...`.
    #[must_use]
    pub fn is_placeholder(&self, expr: Expr) -> bool {
        self.single_term(expr)
            .is_some_and(|term| term.kind == TermKind::Placeholder)
    }

    /// Whether an assignment only holds a place: its value is `...`.
    #[must_use]
    pub fn awaits_value(&self, assignment: &Assignment<'t>) -> bool {
        assignment
            .value
            .is_some_and(|value| self.is_placeholder(value))
    }

    /// The statements at the top of the profile, end words left out.
    pub fn top_level(
        &self,
    ) -> impl Iterator<Item = (StatementId, &'t crate::syntax::cpf::Statement)> {
        let tree = self.tree;
        tree.iter().filter(|(_, statement)| {
            statement.block.is_none() && !matches!(statement.kind, StatementKind::End { .. })
        })
    }
}
