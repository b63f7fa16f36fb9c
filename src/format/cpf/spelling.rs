//! The canonical spelling of the words of a statement. Names of variables and files are the author's.

use crate::source::Span;
use crate::stdlib::{self, AttributeValue};
use crate::syntax::cpf::{
    Attribute, CpfTree, Expr, FileMode, Statement, StatementKind, Term, TermKind,
};

/// Places of words and how they are to be written, in order of place.
pub(super) struct Spellings<'a> {
    text: &'a str,
    tree: &'a CpfTree,
    found: Vec<(u32, &'static str)>,
}

/// The spellings for one statement without defects.
pub(super) fn spellings(
    text: &str,
    tree: &CpfTree,
    statement: &Statement,
) -> Vec<(u32, &'static str)> {
    let mut spellings = Spellings {
        text,
        tree,
        found: Vec::new(),
    };
    spellings.statement(statement);
    spellings.found
}

impl Spellings<'_> {
    fn statement(&mut self, statement: &Statement) {
        if !matches!(
            statement.kind,
            StatementKind::Assignment { .. } | StatementKind::Call { .. } | StatementKind::Unknown
        ) {
            let info = stdlib::statement(statement.word().of(self.text));
            self.add(statement.word(), info.map(|info| info.name));
        }
        match statement.kind {
            StatementKind::Assignment { value } | StatementKind::Data { value } => {
                self.expression(value.unwrap_or_default());
            }
            StatementKind::Call { term } => {
                if let Some(term) = self.tree.terms.get(term as usize) {
                    self.term(term);
                }
            }
            StatementKind::MasterFile { attributes, .. }
            | StatementKind::Declaration { attributes, .. } => {
                for attribute in self.tree.attributes(attributes) {
                    self.attribute(attribute);
                }
            }
            StatementKind::File {
                mode, mode_word, ..
            } => {
                if let Some(word) = mode_word {
                    self.add(word.span(), mode.map(mode_spelling));
                }
            }
            StatementKind::CardModel { .. }
            | StatementKind::End { .. }
            | StatementKind::Unknown => {}
        }
    }

    fn attribute(&mut self, attribute: &Attribute) {
        let Some(info) = stdlib::attribute(attribute.name.of(self.text)) else {
            return self.expression(attribute.value);
        };
        self.add(attribute.name, Some(info.name));
        for term in self.tree.terms(attribute.value) {
            if term.kind == TermKind::Name {
                let word = attribute_word(info, term.span.of(self.text));
                self.add(term.span, word);
            } else {
                self.term(term);
            }
        }
    }

    fn expression(&mut self, expression: Expr) {
        for term in self.tree.terms(expression) {
            self.term(term);
        }
    }

    /// Calls lie inside each other no deeper than the reader lets them.
    fn term(&mut self, term: &Term) {
        if let TermKind::Call { arguments } = term.kind {
            let name = term.function_name(self.text);
            let function = stdlib::function(name.of(self.text));
            self.add(name, function.map(|function| function.name));
            for argument in self.tree.arguments(arguments) {
                self.expression(*argument);
            }
        }
    }

    fn add(&mut self, place: Span, spelling: Option<&'static str>) {
        let Some(spelling) = spelling else { return };
        let written = place.of(self.text);
        if written != spelling && written.eq_ignore_ascii_case(spelling) {
            self.found.push((place.start, spelling));
        }
    }
}

/// The word of the language that the value of an attribute is, in any letter case.
fn attribute_word(info: &stdlib::AttributeInfo, word: &str) -> Option<&'static str> {
    let is_word = |known: &&str| known.eq_ignore_ascii_case(word);
    match info.value {
        AttributeValue::Size => Some("auto"),
        AttributeValue::Word => info.words.iter().copied().find(is_word),
        AttributeValue::Credential => stdlib::credential(word).map(|known| known.name),
        AttributeValue::Access => {
            let mut words = stdlib::access_words().iter().map(|info| info.name);
            words.find(is_word)
        }
        _ => None,
    }
}

const fn mode_spelling(mode: FileMode) -> &'static str {
    match mode {
        FileMode::Static => "Static",
        FileMode::Dynamic => "Dynamic",
    }
}
