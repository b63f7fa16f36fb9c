//! The tree of a card profile.
//!
//! Statements lie in one flat list in source order; each names the block that encloses it. Parts
//! of statements lie in arenas of the tree and are reached through it, which keeps a tree small
//! beside its text and a hundred thousand nested blocks harmless.

use std::num::NonZeroU32;

use super::StatementWord;
use crate::source::Span;

/// A run of consecutive elements of one of the tree's arenas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Range32 {
    /// Index of the first element.
    pub start: u32,
    /// Index behind the last one.
    pub end: u32,
}

/// Identity of a statement in [`CpfTree::statements`].
///
/// Counted from one, so that the absence of a statement takes no room.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementId(NonZeroU32);

impl StatementId {
    /// The statement at `index` of the list.
    fn at(index: usize) -> Self {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        Self(NonZeroU32::new(number).unwrap_or(NonZeroU32::MAX))
    }

    /// Index in the list.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The place of a token: a span that is not empty, so that the absence of a token takes no room.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token {
    start: u32,
    end: NonZeroU32,
}

impl Token {
    /// The token at `span`; none when that is empty.
    pub(super) fn at(span: Span) -> Option<Self> {
        let end = NonZeroU32::new(span.end).filter(|_| !span.is_empty())?;
        Some(Self {
            start: span.start,
            end,
        })
    }

    /// Where it lies.
    #[must_use]
    pub const fn span(self) -> Span {
        Span::new(self.start, self.end.get())
    }
}

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
    /// End of its first word, which it begins with.
    pub(super) word_end: u32,
    /// The block that encloses it.
    pub block: Option<StatementId>,
    /// What it is.
    pub kind: StatementKind,
}

impl Statement {
    /// Its first word: a keyword, the assigned variable, the called function.
    #[must_use]
    pub const fn word(&self) -> Span {
        Span::new(self.span.start, self.word_end)
    }
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
        name: Option<Token>,
        /// Attributes.
        attributes: Range32,
        /// For `CreateDf`: the end word that closes it.
        end: Option<StatementId>,
    },
    /// `File Static NAME` / `File Dynamic NAME`, up to its `Endfile`.
    File {
        /// `Static` or `Dynamic`.
        mode: Option<FileMode>,
        /// The word that says so; misspelt, it may say neither.
        mode_word: Option<Token>,
        /// Name of the elementary file.
        name: Option<Token>,
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

/// Terms joined by operators; its place is [`CpfTree::span`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Expr {
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
    Number,
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
        nearest: Option<StatementWord>,
    },
    /// A known statement where it cannot stand.
    Misplaced {
        /// The block it stands in, none at the top.
        block: Option<StatementId>,
    },
    /// A block is not closed; the span is its opening word.
    UnclosedBlock {
        /// The statement that cannot stand inside; none when the text ends.
        noticed: Option<StatementId>,
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

/// Shown as its index.
impl std::fmt::Debug for StatementId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StatementId").field(&self.index()).finish()
    }
}

/// Shown as its span.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.span().fmt(f)
    }
}

impl CpfTree {
    /// The statement behind an identity.
    #[must_use]
    pub fn statement(&self, id: StatementId) -> &Statement {
        &self.statements[id.index()]
    }

    /// The identity that the next statement gets.
    pub(super) fn next_statement(&self) -> StatementId {
        StatementId::at(self.statements.len())
    }

    /// The identity of the last statement.
    pub(super) fn last_statement(&self) -> Option<StatementId> {
        self.statements.len().checked_sub(1).map(StatementId::at)
    }

    /// All statements with their identities.
    pub fn iter(&self) -> impl Iterator<Item = (StatementId, &Statement)> {
        (0..).map(StatementId::at).zip(&self.statements)
    }

    /// Makes room for what a text is likely to hold still, when `read` bytes of it are in the tree and
    /// `left` are not.
    pub(super) fn make_room(&mut self, read: usize, left: usize) {
        let ahead = Ahead { read, left };
        ahead.make_room(&mut self.statements);
        ahead.make_room(&mut self.attributes);
        ahead.make_room(&mut self.terms);
        ahead.make_room(&mut self.arguments);
        ahead.make_room(&mut self.comments);
        ahead.make_room(&mut self.defects);
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

    /// Where an expression lies, from its first to its last term; empty at the start of the text when
    /// it has none.
    #[must_use]
    pub fn span(&self, expr: Expr) -> Span {
        match self.terms(expr) {
            [] => Span::default(),
            [only] => only.span,
            [first, .., last] => first.span.cover(last.span),
        }
    }

    /// The arguments of a call.
    #[must_use]
    pub fn arguments(&self, range: Range32) -> &[Expr] {
        slice(&self.arguments, range)
    }
}

/// How much of a text is read, and how much is still ahead, in bytes.
#[derive(Clone, Copy)]
struct Ahead {
    read: usize,
    left: usize,
}

impl Ahead {
    /// A full arena grows to what it needs if the text goes on as it began, so in the end hardly any
    /// room is left over; early, when little is known, it doubles. It grows by an eighth at least, so
    /// moving what it holds takes linear time whatever the text does.
    fn make_room<T>(self, arena: &mut Vec<T>) {
        let spare = arena.capacity() - arena.len();
        let few = arena.len() / 16;
        if spare >= few {
            return;
        }
        let likely = self.likely(arena.len());
        if spare >= likely {
            return;
        }
        let more = if likely > 4 * arena.len() {
            arena.len()
        } else {
            (likely + likely / 32).max(2 * few)
        };
        arena.reserve_exact(more);
    }

    /// How many elements are still to come behind `count` of them.
    fn likely(self, count: usize) -> usize {
        let likely = count as u128 * self.left as u128 / self.read.max(1) as u128;
        usize::try_from(likely).unwrap_or(usize::MAX)
    }
}

fn slice<T>(arena: &[T], range: Range32) -> &[T] {
    arena
        .get(range.start as usize..range.end as usize)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grown(length: usize, held: impl Fn(usize) -> usize) -> (usize, usize) {
        let mut arena: Vec<u8> = Vec::new();
        let mut moved = 0;
        for read in 1..=length {
            arena.resize(held(read), 0);
            let before = arena.capacity();
            let left = length - read;
            Ahead { read, left }.make_room(&mut arena);
            moved += if arena.capacity() == before {
                0
            } else {
                arena.len()
            };
        }
        (arena.capacity(), moved)
    }

    #[test]
    fn an_even_text_leaves_hardly_any_room() {
        for length in [10_000, 13_333, 16_384, 17_000, 19_999] {
            let (capacity, moved) = grown(length, |read| read * 3);
            assert!(capacity < 3 * length * 107 / 100, "{capacity} of {length}");
            assert!(moved < 6 * length, "{moved} of {length}");
        }
    }

    #[test]
    fn an_uneven_text_does_not_run_away() {
        let (early, _) = grown(20_000, |read| read.min(1_000));
        assert!(early <= 6_000, "{early}");
        let (late, moved) = grown(20_000, |read| read.saturating_sub(19_000) * 20);
        assert!(late <= 60_000 && moved < 20 * 20_000, "{late} {moved}");
    }

    /// A file with a defect on every line must not need many times its length.
    #[test]
    fn records_are_small() {
        assert!(size_of::<Statement>() <= 40);
        assert!(size_of::<Term>() <= 24);
        assert!(size_of::<Attribute>() <= 16);
        assert!(size_of::<Defect>() <= 20);
    }
}
