//! Columns: attributes of neighbouring declarations stand below each other, and so do comments.

use super::row::{Declaration, Line, Row, Rows, width};

/// Blanks before a comment, unless the author's column is kept.
const COMMENT_GAP: usize = 3;

/// A comment whose column the author chose may come this near to the code.
const SMALLEST_GAP: usize = 2;

/// A wider piece of a declaration is not aligned, and does not push others: one long line must not
/// make every line long.
const WIDEST_CELL: usize = 40;

/// The same for lines with comments.
const WIDEST_LINE: usize = 120;

/// Aligns the attributes in every run of declarations.
pub(super) fn attributes(rows: &mut Rows<'_>) {
    for run in std::mem::take(&mut rows.runs) {
        let aligned = aligned_attributes(rows, &run);
        let mut widths = vec![0; aligned];
        for declaration in &run {
            for (width, cell) in widths.iter_mut().zip(cells(rows, declaration)) {
                *width = cell_width(cell).max(Some(*width)).unwrap_or(0);
            }
        }
        for declaration in &run {
            let code = padded(rows, declaration, &widths);
            if let Some(Row::Line(line)) = rows.rows.get_mut(declaration.row) {
                line.code = code;
            }
        }
    }
}

/// How many attributes have a column: up to the first place where declarations have different ones.
fn aligned_attributes(rows: &Rows<'_>, run: &[Declaration]) -> usize {
    let mut shared: Vec<&str> = Vec::new();
    let mut bound = usize::MAX;
    for declaration in run {
        let names: Vec<&str> = cells(rows, declaration).skip(1).map(name).collect();
        let pairs = shared.iter().zip(&names).take(bound);
        let same = pairs.take_while(|(one, other)| one == other).count();
        if same < shared.len().min(names.len()).min(bound) {
            bound = same;
        }
        if names.len() > shared.len() {
            shared = names;
        }
    }
    shared.len().min(bound.saturating_add(1))
}

fn name(cell: &str) -> &str {
    cell.split('=').next().unwrap_or_default()
}

/// The pieces of a declaration: word and name, then each attribute.
fn cells<'r>(rows: &'r Rows<'_>, declaration: &'r Declaration) -> impl Iterator<Item = &'r str> {
    let code = match rows.rows.get(declaration.row) {
        Some(Row::Line(line)) => line.code.as_str(),
        _ => "",
    };
    let starts = declaration.attributes.iter().copied();
    let bounds = std::iter::once(0)
        .chain(starts.clone())
        .zip(starts.chain([code.len()]));
    bounds.map(|(start, end)| code[start..end].trim_end_matches(' '))
}

/// The width of a piece that takes part.
fn cell_width(cell: &str) -> Option<usize> {
    Some(width(cell)).filter(|width| *width <= WIDEST_CELL)
}

fn padded(rows: &Rows<'_>, declaration: &Declaration, widths: &[usize]) -> String {
    let mut code = String::new();
    let mut blanks = 0;
    for (number, cell) in cells(rows, declaration).enumerate() {
        code.extend(std::iter::repeat_n(' ', blanks));
        code.push_str(cell);
        let column = widths.get(number).copied().unwrap_or(0);
        blanks = column.saturating_sub(width(cell)) + 1;
    }
    code
}

/// Gives every comment its place, group by group.
pub(super) fn comments(rows: &mut Rows<'_>) {
    let mut lines: Vec<&mut Line<'_>> = rows
        .rows
        .iter_mut()
        .filter_map(|row| match row {
            Row::Line(line) if line.comment.is_some() => Some(line),
            _ => None,
        })
        .collect();
    let group = |line: &&mut Line<'_>| line.comment.map(|comment| comment.group);
    for group in lines.chunk_by_mut(|one, other| group(one) == group(other)) {
        place(group);
    }
}

/// The comments of a group stand in one column: the one that most of them have, else a little behind
/// the widest line.
fn place(group: &mut [&mut Line<'_>]) {
    let takes_part = |width: &usize| *width <= WIDEST_LINE;
    let widest = group
        .iter()
        .map(|line| line.width())
        .filter(takes_part)
        .max();
    let widest = widest.unwrap_or(0);
    let column = chosen_column(group)
        .filter(|column| *column >= widest + SMALLEST_GAP)
        .unwrap_or(widest + COMMENT_GAP);
    let mut above = column;
    for line in group {
        let width = line.width();
        let own = match line.code.is_empty() {
            true => above,
            false if takes_part(&width) => column,
            false => width + COMMENT_GAP,
        };
        line.gap = own - width.min(own);
        above = own;
    }
}

/// The column that most comments of a group, and at least two, want to stand in; at a tie the leftmost.
fn chosen_column(group: &[&mut Line<'_>]) -> Option<usize> {
    let wanted = group.iter().filter(|line| line.width() <= WIDEST_LINE);
    let wanted = wanted.filter_map(|line| line.comment?.wanted);
    let mut columns: Vec<usize> = wanted
        .filter(|column| *column <= WIDEST_LINE + COMMENT_GAP)
        .collect();
    columns.sort_unstable();
    let most = columns
        .chunk_by(|one, other| one == other)
        .filter(|same| same.len() > 1)
        .max_by_key(|same| (same.len(), std::cmp::Reverse(same[0])))?;
    Some(most[0])
}
