//! One pass over the tree of a profile.

use std::sync::OnceLock;

use foldhash::{HashMap, HashMapExt as _};
use unicase::Ascii;

use crate::diagnostic::nearest;
use crate::source::{SourceId, Span};
use crate::stdlib::{self, AttributeValue};
use crate::syntax::cpf::{
    CpfTree, Declared, DefectKind, Expr, Range32, Statement, StatementId, StatementKind, TermKind,
    Token,
};

use super::{Assignment, CallSite, Content, File, FileIndex, FileKind, Pin, Profile, VariableUse};

impl<'t> Profile<'t> {
    /// Reads a tree.
    #[must_use]
    pub fn new(source: SourceId, text: &'t str, tree: &'t CpfTree) -> Self {
        let mut profile = Self {
            source,
            text,
            tree,
            card_model: None,
            assignments: Vec::new(),
            uses: Vec::new(),
            calls: Vec::new(),
            files: Vec::new(),
            contents: Vec::new(),
            pins: Vec::new(),
            keys: Vec::new(),
            assigned: HashMap::new(),
            named_files: HashMap::new(),
            content_of: HashMap::new(),
            key_into: HashMap::new(),
            malformed: malformed_statements(tree),
            pkcs15: OnceLock::new(),
        };
        let mut reader = Reader {
            profile: &mut profile,
            opened: HashMap::new(),
            proposals: MAX_PROPOSALS,
        };
        for (id, statement) in tree.iter() {
            reader.read(id, statement);
        }
        for (index, content) in profile.contents.iter_mut().enumerate() {
            let named = content
                .name
                .and_then(|(name, _)| profile.named_files.get(&Ascii::new(name)).copied());
            content.file =
                named.filter(|index| profile.files[index.0 as usize].kind == FileKind::Ef);
            if let Some(file) = content.file {
                profile.content_of.entry(file).or_insert(count(index));
            }
        }
        profile.key_into = profile.receivers();
        profile
    }

    /// The files that receive public keys, each with the first such key.
    fn receivers(&self) -> HashMap<FileIndex, u32> {
        let mut receivers = HashMap::new();
        for (key, index) in self.keys.iter().zip(0..) {
            let named = self.attribute(key.attributes, "public");
            let file =
                named.and_then(|named| self.file_named(self.tree.span(named.value).of(self.text)));
            if let Some(file) = file {
                receivers.entry(file).or_insert(index);
            }
        }
        receivers
    }
}

/// What a block statement opened: a file of the tree, or a `File` block.
#[derive(Clone, Copy)]
enum Opened {
    File(FileIndex),
    Content(usize),
}

struct Reader<'p, 't> {
    profile: &'p mut Profile<'t>,
    opened: HashMap<StatementId, Opened>,
    /// Unknown functions for which a near one is still looked for.
    proposals: u32,
}

impl<'t> Reader<'_, 't> {
    fn read(&mut self, id: StatementId, statement: &'t Statement) {
        match statement.kind {
            StatementKind::Assignment { value } => {
                self.read_assignment(id, statement.word(), value);
            }
            StatementKind::Call { term } => self.read_call(id, term, false, None),
            StatementKind::CardModel { value } => {
                self.read_card_model(id, value);
            }
            StatementKind::MasterFile { attributes, .. } => {
                self.declare_file(id, FileKind::Mf, statement.word(), None, attributes);
            }
            StatementKind::Declaration {
                what,
                name,
                attributes,
                ..
            } => {
                let span = name.map_or(Span::empty(statement.word().end), Token::span);
                match what {
                    Declared::Df => {
                        self.declare_file(id, FileKind::Df, span, statement.block, attributes);
                    }
                    Declared::Ef => {
                        self.declare_file(id, FileKind::Ef, span, statement.block, attributes);
                    }
                    Declared::Pin => self.declare_object(id, span, attributes, true),
                    Declared::Key => self.declare_object(id, span, attributes, false),
                }
            }
            StatementKind::File {
                mode,
                mode_word,
                name,
                ..
            } => {
                let index = self.profile.contents.len();
                self.opened.insert(id, Opened::Content(index));
                let name = name.map(|name| (name.span().of(self.profile.text), name.span()));
                let content = Content {
                    statement: id,
                    mode: mode.zip(mode_word.map(Token::span)),
                    name,
                    file: None,
                    data: Vec::new(),
                    facts: None,
                };
                self.profile.contents.push(content);
            }
            StatementKind::Data { value } => self.read_data(id, statement.block, value),
            StatementKind::End { .. } | StatementKind::Unknown => {}
        }
    }

    /// A bare word is the name of a card, unless such a variable was assigned before.
    fn read_card_model(&mut self, id: StatementId, value: Option<Expr>) {
        let profile = &mut *self.profile;
        profile.card_model.get_or_insert((id, value));
        let word = value
            .and_then(|value| profile.single_term(value))
            .filter(|term| term.kind == TermKind::Name)
            .map(|term| term.span.of(profile.text));
        if word.is_none_or(|word| profile.assignment(word).is_some()) {
            self.read_value(id, value);
        }
    }

    fn read_assignment(&mut self, id: StatementId, name: Span, value: Option<Expr>) {
        self.read_value(id, value);
        let profile = &mut *self.profile;
        let facts = profile.facts(value.unwrap_or_default(), id);
        let index = count(profile.assignments.len());
        let text = name.of(profile.text);
        profile.assignments.push(Assignment {
            name: text,
            span: name,
            statement: id,
            value,
            facts,
        });
        profile.assigned.entry(Ascii::new(text)).or_insert(index);
    }

    fn declare_file(
        &mut self,
        id: StatementId,
        kind: FileKind,
        span: Span,
        block: Option<StatementId>,
        attributes: Range32,
    ) {
        let index = FileIndex(count(self.profile.files.len()));
        let parent = block.and_then(|block| match self.opened.get(&block) {
            Some(Opened::File(parent)) => Some(*parent),
            _ => None,
        });
        if kind != FileKind::Ef {
            self.opened.insert(id, Opened::File(index));
        }
        let name = span.of(self.profile.text);
        if kind != FileKind::Mf && !name.is_empty() {
            self.profile
                .named_files
                .entry(Ascii::new(name))
                .or_insert(index);
        }
        self.profile.files.push(File {
            name,
            span,
            kind,
            parent,
            statement: id,
            attributes,
        });
        self.read_attributes(id, attributes);
    }

    fn declare_object(&mut self, id: StatementId, span: Span, attributes: Range32, pin: bool) {
        let name = span.of(self.profile.text);
        let object = Pin {
            name,
            span,
            statement: id,
            attributes,
        };
        if pin {
            self.profile.pins.push(object);
        } else {
            self.profile.keys.push(object);
        }
        self.read_attributes(id, attributes);
    }

    fn read_data(&mut self, id: StatementId, block: Option<StatementId>, value: Option<Expr>) {
        self.read_value(id, value);
        if let Some(Opened::Content(index)) = block.and_then(|block| self.opened.get(&block)) {
            let facts = value.map(|value| self.profile.facts(value, id));
            let content = &mut self.profile.contents[*index];
            if content.data.is_empty() {
                content.facts = facts;
            }
            content.data.push((id, value));
        }
    }

    /// Attribute values hold words (`auto`, `always`, names of files), not variables, except
    /// where stdlib says that a value is wanted.
    fn read_attributes(&mut self, id: StatementId, attributes: Range32) {
        let tree = self.profile.tree;
        for attribute in tree.attributes(attributes) {
            let info = stdlib::attribute(attribute.name.of(self.profile.text));
            if info.is_some_and(|info| info.value == AttributeValue::Secret) {
                self.read_value(id, Some(attribute.value));
            }
        }
    }

    fn read_value(&mut self, id: StatementId, value: Option<Expr>) {
        if let Some(value) = value {
            self.read_expression(id, value, None);
        }
    }

    fn read_expression(&mut self, id: StatementId, expr: Expr, argument_of: Option<u32>) {
        let tree = self.profile.tree;
        for index in expr.terms.start..expr.terms.end {
            let Some(term) = tree.terms.get(index as usize) else {
                continue;
            };
            match term.kind {
                TermKind::Name => {
                    let name = term.span.of(self.profile.text);
                    let span = term.span;
                    self.profile.uses.push(VariableUse {
                        name,
                        span,
                        statement: id,
                        argument_of,
                    });
                }
                TermKind::Call { .. } => self.read_call(id, index, true, argument_of),
                _ => {}
            }
        }
    }

    fn read_call(&mut self, id: StatementId, term: u32, as_value: bool, outer: Option<u32>) {
        let tree = self.profile.tree;
        let Some(term) = tree.terms.get(term as usize) else {
            return;
        };
        let TermKind::Call { arguments } = term.kind else {
            return;
        };
        let span = term.function_name(self.profile.text);
        let name = span.of(self.profile.text);
        let function = stdlib::function(name);
        let counts_as = function.or_else(|| self.near_function(name));
        let index = count(self.profile.calls.len());
        self.profile.calls.push(CallSite {
            name,
            span,
            whole: term.span,
            function,
            counts_as,
            arguments,
            statement: id,
            as_value,
            argument_of: outer,
        });
        // Calls inside calls are at most `MAX_DEPTH` deep, so this recursion is bounded.
        for argument in tree.arguments(arguments) {
            self.read_expression(id, *argument, Some(index));
        }
    }
}

impl Reader<'_, '_> {
    fn near_function(&mut self, name: &str) -> Option<&'static stdlib::Function> {
        self.proposals = self.proposals.checked_sub(1)?;
        let names = stdlib::functions().iter().map(|function| function.name);
        nearest(name, names).and_then(stdlib::function)
    }
}

/// Statements in which a part is missing or did not fit, with the places of that.
fn malformed_statements(tree: &CpfTree) -> HashMap<StatementId, Vec<Span>> {
    let mut malformed: HashMap<_, Vec<_>> = HashMap::new();
    for defect in &tree.defects {
        let is_of_blocks = matches!(
            defect.kind,
            DefectKind::UnknownStatement { .. }
                | DefectKind::Misplaced { .. }
                | DefectKind::UnclosedBlock { .. }
                | DefectKind::StrayEnd
        );
        if let (Some(statement), false) = (defect.statement, is_of_blocks) {
            malformed.entry(statement).or_default().push(defect.span);
        }
    }
    malformed
}

/// Unknown functions for which a near one is looked for; bounds the work on junk.
const MAX_PROPOSALS: u32 = 1_000;

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
