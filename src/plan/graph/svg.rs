//! The picture as an image: one operation below the other in the frames of their blocks, results
//! as dotted arcs on the right.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{results, word};
use crate::operation::{Action, CardProgram, Operation, OperationId, UndoClass};
use crate::plan::{ApplicationOrder, Plan, PlanError};

/// Pixels from the left to the right edge of every operation.
const RIGHT: u32 = 420;
/// Pixels of the whole image, with room for the arcs and their names.
const WIDTH: u32 = 640;
/// Height of an operation.
const HEIGHT: u32 = 34;
/// Space between operations, and around what stands in a frame.
const GAP: u32 = 14;
/// Height of the title of a frame.
const TITLE: u32 = 22;

/// The image (SVG 1.1): blocks, operations, and the results that feed other operations.
///
/// # Errors
///
/// [`PlanError::Unwritable`], which no plan that perso compiled is.
pub fn svg(plan: &Plan) -> Result<String, PlanError> {
    let mut sheet = Sheet {
        y: GAP,
        ..Sheet::default()
    };
    sheet.block("initialization", &plan.initialization)?;
    for application in &plan.applications.list {
        let when = match &plan.applications.order {
            ApplicationOrder::Listed => String::new(),
            ApplicationOrder::FromField { field } => format!(", if the field {field} names it"),
        };
        let title = format!("application {}{when}", application.name);
        sheet.block(&title, &application.operations)?;
    }
    sheet.block("finalization", &plan.finalization)?;
    if let Some(program) = &plan.fallback_program {
        let title = format!("on a blank card token: {}", program.profile);
        sheet.program(program, &title)?;
    }
    for fed in results(plan) {
        sheet.arc(&fed.from, &fed.to, fed.result);
    }
    Ok(sheet.image())
}

#[derive(Default)]
struct Sheet {
    body: String,
    /// Where the next thing is drawn, from the top.
    y: u32,
    /// Frames that are open.
    depth: u32,
    /// The middle of each operation, from the top.
    known: HashMap<OperationId, u32>,
    arcs: u32,
}

impl Sheet {
    fn line(&mut self, text: &str) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.body, "{text}");
    }

    fn left(&self) -> u32 {
        GAP * (self.depth + 1)
    }

    /// A frame around what `draw` draws.
    fn frame(
        &mut self,
        title: &str,
        draw: impl FnOnce(&mut Self) -> Result<(), PlanError>,
    ) -> Result<(), PlanError> {
        let (x, top) = (self.left(), self.y);
        let (title, baseline) = (escaped(title), top + 16);
        let at = x + 8;
        self.line(&format!(
            "<text class=\"title\" x=\"{at}\" y=\"{baseline}\">{title}</text>"
        ));
        self.y += TITLE;
        self.depth += 1;
        draw(self)?;
        self.depth -= 1;
        let width = RIGHT + GAP - GAP * self.depth - x;
        let height = self.y - top;
        self.line(&format!(
            "<rect class=\"frame\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"/>"
        ));
        self.y += GAP;
        Ok(())
    }

    fn block(&mut self, title: &str, operations: &[Operation]) -> Result<(), PlanError> {
        if operations.is_empty() {
            return Ok(());
        }
        self.frame(title, |sheet| {
            for operation in operations {
                sheet.operation(&operation.id, &word(operation)?, operation.undo);
                if let Action::Initialise {
                    program: Some(program),
                    ..
                } = &operation.action
                {
                    sheet.program(program, &program.profile)?;
                }
            }
            Ok(())
        })
    }

    fn program(&mut self, program: &CardProgram, title: &str) -> Result<(), PlanError> {
        self.frame(title, |sheet| {
            for operation in &program.operations {
                sheet.operation(&operation.id, &word(operation)?, operation.undo);
            }
            Ok(())
        })
    }

    fn operation(&mut self, id: &OperationId, what: &str, undo: UndoClass) {
        let (x, y) = (self.left(), self.y);
        let width = RIGHT - GAP * self.depth - x;
        let class = match undo {
            UndoClass::Irreversible => "operation irreversible",
            _ => "operation",
        };
        let at = x + 8;
        let (id_line, what_line) = (y + 14, y + 28);
        let (name, what) = (escaped(&id.0), escaped(what));
        self.line(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\"/>"
        ));
        self.line(&format!(
            "<text class=\"id\" x=\"{at}\" y=\"{id_line}\">{name}</text>"
        ));
        self.line(&format!("<text x=\"{at}\" y=\"{what_line}\">{what}</text>"));
        self.known.insert(id.clone(), y + HEIGHT / 2);
        self.y += HEIGHT + GAP;
    }

    /// A result on its way; neighbouring arcs reach out differently far.
    fn arc(&mut self, from: &OperationId, to: &OperationId, result: &str) {
        let (Some(from), Some(to)) = (self.known.get(from), self.known.get(to)) else {
            return;
        };
        let (from, to) = (*from, *to);
        let start = RIGHT + 2 * GAP;
        let out = start + 40 + 30 * (self.arcs % 4);
        let middle = (from + to) / 2;
        let at = out - 10;
        self.arcs += 1;
        self.line(&format!(
            "<path class=\"result\" d=\"M{start} {from} C{out} {from} {out} {to} {start} {to}\"/>"
        ));
        self.line(&format!(
            "<text class=\"name\" x=\"{at}\" y=\"{middle}\">{}</text>",
            escaped(result)
        ));
    }

    fn image(self) -> String {
        let height = self.y;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\">\n{STYLE}{}</svg>\n",
            self.body
        )
    }
}

const STYLE: &str = "<style>\
    text { font: 11px sans-serif; fill: #333 } .title, .id { font-weight: bold; fill: #000 } \
    .frame { fill: none; stroke: #999; stroke-dasharray: 4 3 } \
    .operation { fill: #fff; fill-opacity: 0; stroke: #333 } .irreversible { stroke-width: 3 } \
    .result { fill: none; stroke: #36c; stroke-dasharray: 2 3; marker-end: url(#tip) } \
    .name { fill: #36c }</style>\n\
    <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
    markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"#36c\"/></marker></defs>\n";

/// Names come from a description: nothing in them is markup.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            _ if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => shown.push('\u{FFFD}'),
            _ => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup() {
        assert_eq!(
            escaped("<script>\"&\u{1}"),
            "&lt;script&gt;&quot;&amp;\u{FFFD}"
        );
    }
}
