//! The tree of a card profile.
//!
//! Statements lie in one flat list in source order; each names the block that encloses it. Parts
//! of statements lie in arenas of the tree and are reached through it, which keeps a tree smaller
//! than its text and a hundred thousand nested blocks harmless.

use crate::source::Span;

/// A run of consecutive elements of one of the tree's arenas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Range32 {
    /// Index of the first element.
    pub start: u32,
    /// Index behind the last one.
    pub end: u32,
}

/// Index of a statement in [`CpfTree::statements`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementId(pub u32);

/// A card profile.
#[derive(Debug, Default)]
pub struct CpfTree {
    /// All statements in source order, block words and end words included.
    pub statements: Vec<Statement>,
    /// Arena of attributes.
    pub attributes: Vec<Attribute>,
    /// Arena of terms.
    pub terms: Vec<Term>,
    /// Arena of call arguments.
    pub arguments: Vec<Expr>,
    /// Every comment from `;` to the end of its line, in order, those inside hex data included.
    pub comments: Vec<Span>,
    /// What did not fit the grammar, in order of place.
    pub defects: Vec<Defect>,
}

/// One statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// From its first to its last token, over continued lines.
    pub span: Span,
    /// Its first word: a keyword, the assigned variable, the called function.
    pub word: Span,
    /// The block that encloses it.
    pub block: Option<StatementId>,
    /// What it is.
    pub kind: StatementKind,
}

/// What a statement is. Parts that a malformed statement lacks are absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// `name = expr`; the variable is [`Statement::word`].
    Assignment {
        /// Right side.
        value: Option<Expr>,
    },
    /// `NAME(…)`: an index into [`CpfTree::terms`], whose kind is [`TermKind::Call`].
    Call {
        /// The call.
        term: u32,
    },
    /// `CardModel 'NAME'`.
    CardModel {
        /// The name.
        value: Option<Expr>,
    },
    /// `MasterFile attrs`, up to its `Endfile`.
    MasterFile {
        /// Attributes.
        attributes: Range32,
        /// The end word that closes it.
        end: Option<StatementId>,
    },
    /// `CreateDf`, `CreateEf`, `CreatePin`, `CreateKey`.
    Declaration {
        /// Which of them.
        what: Declared,
        /// The declared name.
        name: Option<Span>,
        /// Attributes.
        attributes: Range32,
        /// For `CreateDf`: the end word that closes it.
        end: Option<StatementId>,
    },
    /// `File Static NAME` / `File Dynamic NAME`, up to its `Endfile`.
    File {
        /// `Static` or `Dynamic`, with its place.
        mode: Option<(FileMode, Span)>,
        /// Name of the elementary file.
        name: Option<Span>,
        /// The end word that closes it.
        end: Option<StatementId>,
    },
    /// `data = expr` inside a `File` block.
    Data {
        /// Right side.
        value: Option<Expr>,
    },
    /// `Endfile` or `EndDF`.
    End {
        /// Which of them.
        word: EndWord,
        /// The block it closes; none for a stray one.
        closes: Option<StatementId>,
    },
    /// Nothing known, and nothing near.
    Unknown,
}

/// What a `Create…` statement declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Declared {
    /// `CreateDf`: a dedicated file.
    Df,
    /// `CreateEf`: an elementary file.
    Ef,
    /// `CreatePin` (perso).
    Pin,
    /// `CreateKey` (perso).
    Key,
}

/// How the content of an elementary file is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileMode {
    /// Fixed when the profile is compiled.
    Static,
    /// Computed for each card.
    Dynamic,
}

/// The words that close blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndWord {
    /// Closes `MasterFile` and `File`.
    Endfile,
    /// Closes `CreateDf`.
    EndDf,
}

/// `name = value` in a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name.
    pub name: Span,
    /// Value: one term, or an access expression; no terms when it is missing.
    pub value: Expr,
}

/// Terms joined by operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Expr {
    /// From the first to the last term.
    pub span: Span,
    /// Its terms in [`CpfTree::terms`].
    pub terms: Range32,
}

/// One operand and how it joins what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The whole term.
    pub span: Span,
    /// The operator in front of it.
    pub operator: Operator,
    /// What it is.
    pub kind: TermKind,
}

/// What joins a term to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// It is the first.
    None,
    /// `+`: bytes one behind the other (perso).
    Plus,
    /// `|`: any of (perso).
    Or,
    /// `&`: all of (perso).
    And,
}

/// What a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// `12`, `0x5015`.
    Number(u64),
    /// `'text'` or `"text"`; the span of the term includes the quotes.
    String,
    /// `0x{ … }`; the span of the term includes `0x{` and `}`.
    Bytes,
    /// `...`.
    Placeholder,
    /// A bare name: a variable, or a word of an access rule.
    Name,
    /// `NAME(…)`.
    Call {
        /// The function.
        name: Span,
        /// Its arguments in [`CpfTree::arguments`].
        arguments: Range32,
    },
}

/// Something that does not fit the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The exact place.
    pub span: Span,
    /// The statement it belongs to.
    pub statement: Option<StatementId>,
    /// What is wrong there.
    pub kind: DefectKind,
}

/// What can be wrong with the form of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefectKind {
    /// A statement begins well and then leaves the grammar; the span is the first token that does
    /// not fit, or the end of the line.
    Unexpected {
        /// What would have fitted there.
        expected: Expected,
    },
    /// A number has bad digits or more than 64 bits.
    MalformedNumber,
    /// More than [`MAX_DEPTH`](super::MAX_DEPTH) blocks or calls inside each other.
    TooDeep,
    /// The first word is no statement; the proposal, when a known word is near, and the statement
    /// then counts as that one.
    UnknownStatement {
        /// The nearest known word.
        nearest: Option<&'static str>,
    },
    /// A known statement where it cannot stand.
    Misplaced {
        /// The block it stands in, none at the top.
        block: Option<StatementId>,
    },
    /// A block is not closed; the span is its opening word.
    UnclosedBlock {
        /// Where the reader noticed it.
        noticed: Span,
    },
    /// An end word that closes nothing.
    StrayEnd,
    /// A string is not closed on its line; the span is the quote.
    UnterminatedString,
    /// `0x{` without `}`; the span is `0x{`.
    UnterminatedBytes,
    /// A run inside `0x{ }` that is no hexadecimal; the span is the run.
    NotHexadecimal,
    /// A run of hexadecimal digits of odd length; the span is the run.
    OddDigits,
}

/// What would have fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// `=`.
    Equals,
    /// A value.
    Value,
    /// A name.
    Name,
    /// `Static` or `Dynamic`.
    FileMode,
    /// `,` or `)`.
    CommaOrParenthesis,
    /// `(` or `=` behind a word.
    CallOrAssignment,
    /// An attribute `name=value`, or the end of the line.
    Attribute,
    /// The end of the line.
    EndOfLine,
}

impl CpfTree {
    /// The statement behind an identity.
    #[must_use]
    pub fn statement(&self, id: StatementId) -> &Statement {
        &self.statements[id.0 as usize]
    }

    /// The identity that the next statement gets.
    pub(super) fn next_statement(&self) -> StatementId {
        StatementId(u32::try_from(self.statements.len()).unwrap_or(u32::MAX))
    }

    /// The identity of the last statement.
    pub(super) fn last_statement(&self) -> Option<StatementId> {
        self.next_statement().0.checked_sub(1).map(StatementId)
    }

    /// All statements with their identities.
    pub fn iter(&self) -> impl Iterator<Item = (StatementId, &Statement)> {
        (0..).map(StatementId).zip(&self.statements)
    }

    /// The attributes of a declaration.
    #[must_use]
    pub fn attributes(&self, range: Range32) -> &[Attribute] {
        slice(&self.attributes, range)
    }

    /// The terms of an expression.
    #[must_use]
    pub fn terms(&self, expr: Expr) -> &[Term] {
        slice(&self.terms, expr.terms)
    }

    /// The arguments of a call.
    #[must_use]
    pub fn arguments(&self, range: Range32) -> &[Expr] {
        slice(&self.arguments, range)
    }
}

fn slice<T>(arena: &[T], range: Range32) -> &[T] {
    arena
        .get(range.start as usize..range.end as usize)
        .unwrap_or_default()
}
