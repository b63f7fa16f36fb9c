//! The picture as text, with the branches drawn.

use std::fmt;

use super::super::simulator::MASTER_FILE_SIZE;
use super::{KeyNode, Node, Picture, PinNode};

/// Text without a final newline.
impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![self.headline()];
        node_lines(&self.root, "", "", &mut lines);
        if !self.pins.is_empty() {
            lines.extend([String::new(), "PINs".to_owned()]);
            lines.extend(self.pins.iter().map(pin_line));
        }
        if !self.keys.is_empty() {
            lines.extend([String::new(), "keys".to_owned()]);
            lines.extend(self.keys.iter().map(key_line));
        }
        f.write_str(&lines.join("\n"))
    }
}

impl Picture {
    /// Who can erase the card, as a sentence without full stop.
    pub(super) fn erasure(&self) -> String {
        match (self.eraseable, self.erased_by) {
            (true, _) => "anybody can erase it".to_owned(),
            (false, Some(number)) => format!("only PIN #{number} can erase it"),
            (false, None) => "nobody can erase it".to_owned(),
        }
    }

    fn headline(&self) -> String {
        let Self {
            personality,
            serial,
            life_cycle,
            memory: (used, all),
            ..
        } = self;
        let erase = self.erasure();
        let rules = if self.enforced {
            ""
        } else {
            " (rules are not enforced yet)"
        };
        format!(
            "{personality} card {serial}, {life_cycle}{rules}, {used} of {all} bytes in files, {erase}"
        )
    }
}

/// One file: its own line, the lines of its objects, its files.
fn node_lines(node: &Node, branch: &str, indent: &str, lines: &mut Vec<String>) {
    lines.push(format!("{branch}{}", node_line(node)));
    let bar = if node.files.is_empty() { " " } else { "│" };
    let objects = node.objects.iter();
    lines.extend(objects.map(|object| format!("{indent}{bar}  · {object}")));
    let last = node.files.len().saturating_sub(1);
    for (index, file) in node.files.iter().enumerate() {
        let (turn, below) = if index == last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        let branch = format!("{indent}{turn}");
        node_lines(file, &branch, &format!("{indent}{below}"), lines);
    }
}

fn node_line(node: &Node) -> String {
    let declared = node.declared.iter();
    let declared: String = declared.map(|name| format!(" [{name}]")).collect();
    let mut parts = vec![format!("{} {}{declared}", node.name, node.id)];
    match (node.directory, node.size) {
        (true, 0 | MASTER_FILE_SIZE) => {}
        (true, size) => parts.push(format!("{size} bytes reserved")),
        (false, size) => parts.push(format!("{} of {size} bytes used", node.used)),
    }
    parts.extend(node.aid.iter().map(|aid| format!("AID {aid}")));
    parts.extend(node.life_cycle.map(ToOwned::to_owned));
    let rules: Vec<_> = node
        .rules
        .iter()
        .map(|(operation, condition)| format!("{operation} {condition}"))
        .collect();
    if rules.is_empty() {
        parts.push("no access".to_owned());
    } else {
        parts.push(rules.join(", "));
    }
    parts.join("  ")
}

fn pin_line(pin: &PinNode) -> String {
    let number = pin.number;
    let label = pin
        .label
        .iter()
        .map(|it| format!(" {it}"))
        .collect::<String>();
    let (left, tries) = pin.tries;
    let state = match (pin.set, left) {
        (false, _) => "no value".to_owned(),
        (true, 0) => "blocked".to_owned(),
        (true, _) => format!("{left} of {tries} tries left"),
    };
    let (min, max) = pin.lengths;
    let unblocked = pin.unblocked_by.map(|it| format!(", unblocked by #{it}"));
    let unblocked = unblocked.unwrap_or_default();
    format!("  #{number}{label}  {state}, {min} to {max} bytes{unblocked}")
}

fn key_line(key: &KeyNode) -> String {
    let number = key.number;
    let label = key
        .label
        .iter()
        .map(|it| format!(" {it}"))
        .collect::<String>();
    let kind = &key.kind;
    let state = if key.set { "" } else { " (not generated)" };
    let uses = key.uses.join(" and ");
    let (access, generation) = (&key.access, &key.generation);
    format!("  {number}{label}  {kind}{state}, {uses}: {access}, generate: {generation}")
}
