//! The names that a profile gives to files, which no card keeps: brought in from a card program.

use std::collections::BTreeMap;

use super::{Node, Picture};
use crate::operation::{CardAction, CardProgram, FilePath};

impl Picture {
    /// Adds the names that a profile declares to the files at their paths. Files that the profile
    /// does not know keep what is known of them.
    #[must_use]
    pub fn declared_by<V>(mut self, program: &CardProgram<V>) -> Self {
        let names: BTreeMap<FilePath, &str> = program
            .operations
            .iter()
            .filter_map(|operation| match &operation.action {
                CardAction::CreateFile { path, name, .. } => Some((path.clone(), name.as_str())),
                _ => None,
            })
            .collect();
        name_below(&mut self.root, &mut Vec::new(), &names);
        self
    }
}

fn name_below(node: &mut Node, path: &mut FilePath, names: &BTreeMap<FilePath, &str>) {
    node.declared = names.get(path).map(|name| (*name).to_owned());
    for file in &mut node.files {
        let Ok(id) = u16::from_str_radix(&file.id, 16) else {
            continue;
        };
        path.push(crate::operation::FileId(id));
        name_below(file, path, names);
        path.pop();
    }
}
