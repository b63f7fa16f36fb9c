//! The layout of card profiles.
//!
//! Blocks indent what lies in them. The text is taken as whole lines: those of one statement are typeset
//! ([`statement`]), comments and blank lines between statements are put where they belong, and lines
//! with a defect, or with anything that belongs to no statement, are kept. Then attributes and
//! comments are aligned ([`align`]).

mod align;
mod hex;
mod row;
mod spelling;
mod statement;

use crate::source::Span;
use crate::syntax::cpf::{
    CpfTree, EndWord, Lexeme, Statement, StatementId, StatementKind, lexemes,
};

use super::page::{LineEnd, Page, lines};
use row::{Comment, Line, Row, Rows};

/// Blanks that a block, hex data and a continued line are indented by, as in the published example.
const STEP: usize = 3;

/// Blocks deeper than this are not indented further: no card has so many levels, and without a bound
/// the text could grow with the square of its length.
const DEEPEST: u8 = 16;

const BLANKS: [char; 3] = [' ', '\t', '\x0C'];

/// Lays out a profile.
pub(super) fn lay_out(text: &str, tree: &CpfTree, line_end: LineEnd) -> String {
    let mut rows = compose(text, tree);
    align::attributes(&mut rows);
    align::comments(&mut rows);
    let mut page = Page::new(line_end, text.len() + text.len() / 4);
    for row in &rows.rows {
        match row {
            Row::Blank => page.blank(),
            Row::Kept(line) => page.line(&[line]),
            Row::Line(line) => line.write(&mut page),
        }
    }
    page.finish()
}

/// The rows of the new text, not aligned yet.
fn compose<'t>(text: &'t str, tree: &CpfTree) -> Rows<'t> {
    let mut composer = Composer {
        text,
        rows: Rows::default(),
        depth: 0,
    };
    let broken = broken(tree);
    let depths = depths(tree);
    let mut at = 0;
    for (id, statement) in tree.iter() {
        let region = region(text, statement);
        composer.between(Span::new(at, region.lines.start.max(at)));
        if region.lines.end <= at {
            continue;
        }
        let is_sound = region.is_sound && region.lines.start >= at && !broken[id.index()];
        composer.depth = depths[id.index()].own.into();
        if is_sound {
            composer.typeset(tree, statement, region.comment);
        } else {
            composer.keep(Span::new(region.lines.start.max(at), region.lines.end));
        }
        composer.depth = depths[id.index()].inside.into();
        at = region.lines.end;
    }
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    composer.between(Span::new(at, end));
    composer.rows
}

struct Composer<'t> {
    text: &'t str,
    rows: Rows<'t>,
    /// Blocks around the place that was reached.
    depth: usize,
}

impl<'t> Composer<'t> {
    fn typeset(&mut self, tree: &CpfTree, statement: &Statement, comment: Option<Span>) {
        let indent = self.depth * STEP;
        statement::typeset(self.text, tree, statement, comment, indent, &mut self.rows);
        if ends_file(statement.kind) {
            self.rows.blank();
        }
    }

    /// Lines between two statements.
    fn between(&mut self, span: Span) {
        for line in lines(span.of(self.text)) {
            let ink = line.trim_matches(BLANKS);
            if ink.is_empty() {
                self.rows.blank();
            } else if ink.starts_with(';') {
                self.comment(line, ink);
            } else {
                // A `\` that joins nothing.
                self.rows.keep(line);
            }
        }
    }

    /// A comment on a line of its own. Right below the comment of a statement it continues that.
    fn comment(&mut self, line: &'t str, ink: &'t str) {
        let column = row::column_of(line, line.len() - line.trim_start_matches(BLANKS).len());
        match self.rows.continued_comment(column) {
            Some(above) => {
                let comment = Comment { text: ink, ..above };
                self.rows.push(Line::new(0, String::new(), Some(comment)));
            }
            None => {
                let indent = self.depth * STEP;
                self.rows.push(Line::new(indent, ink.to_owned(), None));
            }
        }
    }

    fn keep(&mut self, span: Span) {
        for line in lines(span.of(self.text)) {
            self.rows.keep(line);
        }
    }
}

/// Behind the end of a block at the top a blank line follows.
fn ends_file(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::End {
            word: EndWord::Endfile,
            closes: Some(_)
        }
    )
}

/// Which statements have a defect.
fn broken(tree: &CpfTree) -> Vec<bool> {
    let mut broken = vec![false; tree.statements.len()];
    for id in tree.defects.iter().filter_map(|defect| defect.statement) {
        if let Some(broken) = broken.get_mut(id.index()) {
            *broken = true;
        }
    }
    broken
}

/// How many blocks lie around a statement, and around what follows it.
#[derive(Clone, Copy)]
struct Depth {
    own: u8,
    inside: u8,
}

/// Blocks that are not closed do not count: nobody knows where they were meant to end.
fn depths(tree: &CpfTree) -> Vec<Depth> {
    let mut depths: Vec<Depth> = Vec::with_capacity(tree.statements.len());
    for statement in &tree.statements {
        let around = |block: StatementId| depths.get(block.index()).map(|depth| depth.inside);
        let own = statement.block.and_then(around).unwrap_or(0);
        let inside = own + u8::from(is_closed_block(statement.kind));
        depths.push(Depth {
            own,
            inside: inside.min(DEEPEST),
        });
    }
    depths
}

fn is_closed_block(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::MasterFile { end: Some(_), .. }
            | StatementKind::File { end: Some(_), .. }
            | StatementKind::Declaration { end: Some(_), .. }
    )
}

/// The lines that a statement takes up.
struct Region {
    lines: Span,
    /// Whether nothing but blanks and a comment lies beside the statement on them.
    is_sound: bool,
    /// The comment behind the statement.
    comment: Option<Span>,
}

fn region(text: &str, statement: &Statement) -> Region {
    let before = &text[..statement.span.start as usize];
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let mut region = Region {
        lines: Span::new(offset(start), statement.span.end),
        is_sound: before[start..].trim_matches(BLANKS).is_empty(),
        comment: None,
    };
    for (lexeme, start, end) in lexemes(text, statement.span.end as usize, text.len()) {
        region.lines.end = offset(end);
        match lexeme {
            Lexeme::LineEnd => break,
            Lexeme::Blank => {}
            Lexeme::Comment => region.comment = Some(Span::new(offset(start), offset(end))),
            // A `\` behind the statement joins a line that is none of it.
            _ => region.is_sound = false,
        }
    }
    region
}

/// Texts are shorter than 4 GiB (see [`Span`]).
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
