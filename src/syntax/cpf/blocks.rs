//! Which block encloses a statement, and which end word closes it.
//!
//! A stack, not a recursion: however many blocks lie inside each other, it only grows. `MasterFile`
//! and `File` cannot lie in any block, so everything above the first entry of the stack is a
//! `CreateDf`.

use super::{
    CpfTree, Declared, Defect, DefectKind, EndWord, MAX_DEPTH, Statement, StatementId,
    StatementKind,
};
use crate::source::Span;

/// The blocks that are open where the reader stands.
#[derive(Default)]
pub(super) struct Blocks {
    open: Vec<Open>,
    told_too_deep: bool,
    misplaced: Vec<Misplaced>,
}

#[derive(Clone, Copy)]
struct Open {
    id: StatementId,
    word: Span,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    MasterFile,
    Df,
    File,
}

/// A misplaced statement inside a block. It is told only when the outermost block turns out to be
/// closed: else nobody knows where the block was meant to end.
struct Misplaced {
    outermost: StatementId,
    defect: Defect,
}

impl Blocks {
    /// Whether the innermost open block is `File`.
    pub(super) fn in_file(&self) -> bool {
        self.innermost_kind() == Some(Kind::File)
    }

    /// Puts `statement`, the next one of `tree`, into its block.
    pub(super) fn place(&mut self, text: &str, tree: &mut CpfTree, mut statement: Statement) {
        let id = tree.next_statement();
        match statement.kind {
            StatementKind::End { word, .. } => {
                let closed = self.close(tree, word, id, statement.word());
                statement.kind = StatementKind::End {
                    word,
                    closes: closed,
                };
                statement.block = match closed {
                    Some(opening) => tree.statement(opening).block,
                    None => self.innermost(),
                };
                tree.statements.push(statement);
                return;
            }
            StatementKind::MasterFile { .. } | StatementKind::File { .. } => {
                self.leave_unclosed(tree, 0, Some(id));
            }
            StatementKind::Call { .. } if is_create_files(text, statement.word()) => {
                self.leave_unclosed(tree, 0, Some(id));
            }
            _ => {}
        }
        statement.block = self.innermost();
        if self.is_misplaced(statement.kind) {
            self.misplace(tree, id, statement.word());
        }
        if let Some(kind) = opens(statement.kind) {
            self.open(tree, id, statement.word(), kind);
        }
        tree.statements.push(statement);
    }

    /// The text ends.
    pub(super) fn finish(mut self, tree: &mut CpfTree) {
        self.leave_unclosed(tree, 0, None);
        let told = self
            .misplaced
            .iter()
            .filter(|misplaced| end_of(tree.statement(misplaced.outermost).kind).is_some());
        let told: Vec<Defect> = told.map(|misplaced| misplaced.defect).collect();
        tree.defects.extend(told);
    }

    fn innermost(&self) -> Option<StatementId> {
        self.open.last().map(|open| open.id)
    }

    fn innermost_kind(&self) -> Option<Kind> {
        self.open.last().map(|open| open.kind)
    }

    fn is_misplaced(&self, kind: StatementKind) -> bool {
        match kind {
            StatementKind::Declaration { .. } => {
                matches!(self.innermost_kind(), None | Some(Kind::File))
            }
            StatementKind::Assignment { .. }
            | StatementKind::Call { .. }
            | StatementKind::CardModel { .. } => !self.open.is_empty(),
            _ => false,
        }
    }

    fn misplace(&mut self, tree: &mut CpfTree, id: StatementId, word: Span) {
        let defect = Defect {
            span: word,
            statement: Some(id),
            kind: DefectKind::Misplaced {
                block: self.innermost(),
            },
        };
        match self.open.first() {
            Some(outermost) => self.misplaced.push(Misplaced {
                outermost: outermost.id,
                defect,
            }),
            None => tree.defects.push(defect),
        }
    }

    fn open(&mut self, tree: &mut CpfTree, id: StatementId, word: Span, kind: Kind) {
        if self.open.len() < MAX_DEPTH {
            self.told_too_deep = false;
        } else if !self.told_too_deep {
            self.told_too_deep = true;
            tree.defects.push(Defect {
                span: word,
                statement: Some(id),
                kind: DefectKind::TooDeep,
            });
        }
        self.open.push(Open { id, word, kind });
    }

    /// Closes the block that the end word `id` belongs to.
    fn close(
        &mut self,
        tree: &mut CpfTree,
        end: EndWord,
        id: StatementId,
        word: Span,
    ) -> Option<StatementId> {
        let closing = match (end, self.open.first(), self.innermost_kind()) {
            (EndWord::EndDf, _, Some(Kind::Df)) => self.open.len() - 1,
            (EndWord::Endfile, Some(first), _) if first.kind != Kind::Df => 0,
            _ => {
                tree.defects.push(Defect {
                    span: word,
                    statement: Some(id),
                    kind: DefectKind::StrayEnd,
                });
                return None;
            }
        };
        self.leave_unclosed(tree, closing + 1, Some(id));
        let closed = self.open.pop()?.id;
        if let Some(statement) = tree.statements.get_mut(closed.index()) {
            set_end(&mut statement.kind, id);
        }
        Some(closed)
    }

    /// Gives up on all open blocks but the outermost `keep`. Those that lie too deep are not told of
    /// one by one.
    fn leave_unclosed(&mut self, tree: &mut CpfTree, keep: usize, noticed: Option<StatementId>) {
        let left = self.open.drain(keep..).enumerate();
        for (_, open) in left.take_while(|(index, _)| keep + index < MAX_DEPTH) {
            tree.defects.push(Defect {
                span: open.word,
                statement: Some(open.id),
                kind: DefectKind::UnclosedBlock { noticed },
            });
        }
    }
}

fn opens(kind: StatementKind) -> Option<Kind> {
    match kind {
        StatementKind::MasterFile { .. } => Some(Kind::MasterFile),
        StatementKind::File { .. } => Some(Kind::File),
        StatementKind::Declaration {
            what: Declared::Df, ..
        } => Some(Kind::Df),
        _ => None,
    }
}

fn end_of(kind: StatementKind) -> Option<StatementId> {
    match kind {
        StatementKind::MasterFile { end, .. }
        | StatementKind::File { end, .. }
        | StatementKind::Declaration { end, .. } => end,
        _ => None,
    }
}

fn set_end(kind: &mut StatementKind, id: StatementId) {
    if let StatementKind::MasterFile { end, .. }
    | StatementKind::File { end, .. }
    | StatementKind::Declaration { end, .. } = kind
    {
        *end = Some(id);
    }
}

/// Files are created after all of them are described: no block reaches over this call.
fn is_create_files(text: &str, word: Span) -> bool {
    word.of(text).eq_ignore_ascii_case("CreateFiles")
}
