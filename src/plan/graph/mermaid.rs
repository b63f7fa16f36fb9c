//! The flowchart in the language of Mermaid: solid arrows are the order in which things are done,
//! dotted ones are results.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{results, word};
use crate::operation::{Action, CardProgram, Operation, OperationId, UndoClass};
use crate::plan::{ApplicationOrder, Plan, PlanError};

/// The flowchart: blocks, operations, and the results that feed other operations.
///
/// # Errors
///
/// [`PlanError::Unwritable`], which no plan that perso compiled is.
pub fn graph(plan: &Plan) -> Result<String, PlanError> {
    let mut drawing = Drawing::default();
    drawing.line("flowchart TD");
    drawing.block("initialization", &plan.initialization)?;
    drawing.applications(plan)?;
    drawing.block("finalization", &plan.finalization)?;
    drawing.fallback(plan)?;
    drawing.order_of_blocks();
    drawing.results(plan);
    drawing.styles();
    Ok(drawing.text)
}

#[derive(Default)]
struct Drawing {
    text: String,
    depth: usize,
    nodes: usize,
    /// Nodes of operations by their names; operations of a profile among them.
    known: HashMap<OperationId, usize>,
    /// Subgraphs that are done one behind the other.
    blocks: Vec<usize>,
    subgraphs: usize,
    irreversible: Vec<usize>,
}

impl Drawing {
    fn line(&mut self, text: &str) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.text, "{:1$}{text}", "", self.depth * 2);
    }

    fn open(&mut self, title: &str) -> usize {
        let number = self.subgraphs;
        self.subgraphs += 1;
        self.line(&format!("subgraph s{number}[\"{}\"]", escaped(title)));
        self.depth += 1;
        number
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.line("end");
    }

    fn block(&mut self, title: &str, operations: &[Operation]) -> Result<(), PlanError> {
        if operations.is_empty() {
            return Ok(());
        }
        let number = self.open(title);
        self.blocks.push(number);
        self.operations(operations)?;
        self.close();
        Ok(())
    }

    /// Applications that a field chooses stand side by side: their order is not known.
    fn applications(&mut self, plan: &Plan) -> Result<(), PlanError> {
        let chosen = match &plan.applications.order {
            ApplicationOrder::Listed => None,
            ApplicationOrder::FromField { field } => Some(field),
        };
        if let Some(field) = chosen.filter(|_| !plan.applications.list.is_empty()) {
            let number = self.open(&format!("applications, as the field {field} says"));
            self.blocks.push(number);
        }
        for application in &plan.applications.list {
            let number = self.open(&format!("application {}", application.name));
            if chosen.is_none() {
                self.blocks.push(number);
            }
            self.operations(&application.operations)?;
            self.close();
        }
        if chosen.is_some() && !plan.applications.list.is_empty() {
            self.close();
        }
        Ok(())
    }

    /// A chain of operations; the profile of an initialisation hangs on it.
    fn operations(&mut self, operations: &[Operation]) -> Result<(), PlanError> {
        let mut before = None;
        for operation in operations {
            let node = self.node(&operation.id, &word(operation)?, operation.undo);
            self.arrow(before, node);
            before = Some(node);
            if let Action::Initialise {
                program: Some(program),
                ..
            } = &operation.action
            {
                before = self.program(program, &program.profile, node)?.or(before);
            }
        }
        Ok(())
    }

    /// The operations of a card program behind `from`; the last of them.
    fn program(
        &mut self,
        program: &CardProgram,
        title: &str,
        from: usize,
    ) -> Result<Option<usize>, PlanError> {
        let (mut first, mut before) = (None, None);
        self.open(title);
        for operation in &program.operations {
            let node = self.node(&operation.id, &word(operation)?, operation.undo);
            self.arrow(before, node);
            before = Some(node);
            first.get_or_insert(node);
        }
        self.close();
        // A node belongs to the innermost subgraph that names it.
        if let Some(first) = first {
            self.arrow(Some(from), first);
        }
        Ok(before)
    }

    fn fallback(&mut self, plan: &Plan) -> Result<(), PlanError> {
        let initialise = plan
            .initialization
            .iter()
            .find(|operation| matches!(operation.action, Action::Initialise { .. }));
        let node = initialise.and_then(|operation| self.known.get(&operation.id).copied());
        if let (Some(program), Some(node)) = (&plan.fallback_program, node) {
            let title = format!("on a blank card token: {}", program.profile);
            self.program(program, &title, node)?;
        }
        Ok(())
    }

    fn node(&mut self, id: &OperationId, what: &str, undo: UndoClass) -> usize {
        let node = self.nodes;
        self.nodes += 1;
        self.known.insert(id.clone(), node);
        if undo == UndoClass::Irreversible {
            self.irreversible.push(node);
        }
        let (id, what) = (escaped(&id.0), escaped(what));
        self.line(&format!("n{node}[\"{id}<br/>{what}\"]"));
        node
    }

    fn arrow(&mut self, from: Option<usize>, to: usize) {
        if let Some(from) = from {
            self.line(&format!("n{from} --> n{to}"));
        }
    }

    fn order_of_blocks(&mut self) {
        let blocks = std::mem::take(&mut self.blocks);
        for pair in blocks.windows(2) {
            self.line(&format!("s{} --> s{}", pair[0], pair[1]));
        }
    }

    fn results(&mut self, plan: &Plan) {
        for fed in results(plan) {
            if let (Some(from), Some(to)) = (self.known.get(&fed.from), self.known.get(&fed.to)) {
                let arrow = format!("n{from} -. {} .-> n{to}", fed.result);
                self.line(&arrow);
            }
        }
    }

    fn styles(&mut self) {
        if self.irreversible.is_empty() {
            return;
        }
        let nodes: Vec<String> = self.irreversible.iter().map(|n| format!("n{n}")).collect();
        self.line("classDef irreversible stroke-width:3px");
        self.line(&format!("class {} irreversible", nodes.join(",")));
    }
}

/// Names come from a description: what Mermaid could take for its own is written as a code.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        match c {
            _ if c.is_alphanumeric() || " .,:-_/()".contains(c) => shown.push(c),
            _ if c.is_control() => shown.push('\u{FFFD}'),
            _ => {
                let _ = write!(shown, "#{};", u32::from(c));
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_node() {
        assert_eq!(
            escaped("A\"] --> x[`#1`\n"),
            "A#34;#93; --#62; x#91;#96;#35;1#96;\u{FFFD}"
        );
    }
}
