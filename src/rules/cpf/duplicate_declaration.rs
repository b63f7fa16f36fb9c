use foldhash::{HashMap, HashMapExt as _};
use unicase::Ascii;

use super::rule;
use crate::model::FileKind;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::Certainty;
use crate::syntax::cpf::{Range32, StatementKind};

rule! {
    /// # What it finds
    ///
    /// The second `CardModel` or `MasterFile`; the second call of a function that does its work once
    /// (`CreateFiles`, `BurnFuse`, `MakeCardEraseable`, `PERSINFO_ENCRYPT_SEC`); the second declaration
    /// of a file, PIN or key of the same name; the same attribute twice in one declaration; the second
    /// `File` block of a file; the second `data =` in a block.
    ///
    /// # Why it matters
    ///
    /// Which of the two counts is not documented, and a card refuses to make a file that is there
    /// already. The second one is most often a copied line that was not adapted.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=auto read=always update=PIN1
    /// CreateEf EFNOTE id=0x4402 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=auto read=always update=PIN1
    /// CreateEf EFPLAN id=0x4402 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// File Static EFPLAN
    /// data = 'later'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: delete or rename one of the two.
    ///
    /// # Source
    ///
    /// Implied by the form of the published example (SEED); a second file of one identifier is refused
    /// by ISO 7816-9.
    name: "duplicate-declaration",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED, ISO 7816-9",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let mut repeated = Repeated {
        cx,
        findings,
        first: HashMap::new(),
    };
    for statement in &cx.profile.tree.statements {
        match statement.kind {
            StatementKind::CardModel { .. } => repeated.see(Thing::CardModel, statement.word()),
            StatementKind::MasterFile { attributes, .. } => {
                repeated.see(Thing::MasterFile, statement.word());
                repeated.see_attributes(attributes);
            }
            StatementKind::Declaration { attributes, .. } => repeated.see_attributes(attributes),
            _ => {}
        }
    }
    for call in &cx.profile.calls {
        // Where a value is wanted it does nothing: that is `invalid-call`.
        let function = call.function.filter(|_| !call.as_value);
        if let Some(function) = function.filter(|function| function.is_once()) {
            repeated.see(Thing::Call(function.name), call.span);
        }
    }
    for file in &cx.profile.files {
        if file.kind != FileKind::Mf {
            repeated.see_name(Thing::File, file.name, file.span);
        }
    }
    for pin in &cx.profile.pins {
        repeated.see_name(Thing::Pin, pin.name, pin.span);
    }
    for key in &cx.profile.keys {
        repeated.see_name(Thing::Key, key.name, key.span);
    }
    repeated.see_contents();
}

/// What must be there once.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Thing<'p> {
    CardModel,
    MasterFile,
    Call(&'static str),
    File(Ascii<&'p str>),
    Pin(Ascii<&'p str>),
    Key(Ascii<&'p str>),
    Content(u32),
}

struct Repeated<'c, 'p, 'f, 'r> {
    cx: &'c ProfileContext<'p>,
    findings: &'f mut Findings<'r>,
    first: HashMap<Thing<'p>, Span>,
}

impl<'p> Repeated<'_, 'p, '_, '_> {
    fn see_name(&mut self, thing: fn(Ascii<&'p str>) -> Thing<'p>, name: &'p str, span: Span) {
        // A declaration without a name is `malformed-statement`.
        if !name.is_empty() {
            self.see(thing(Ascii::new(name)), span);
        }
    }

    fn see(&mut self, thing: Thing<'p>, span: Span) {
        let first = *self.first.entry(thing).or_insert(span);
        if first != span {
            self.report(thing, span, first);
        }
    }

    fn see_attributes(&mut self, attributes: Range32) {
        let mut first = HashMap::new();
        for attribute in self.cx.profile.tree.attributes(attributes) {
            let name = self.cx.text(attribute.name);
            let earlier = *first.entry(Ascii::new(name)).or_insert(attribute.name);
            if earlier != attribute.name {
                let message = format!("attribute `{}` is given twice", excerpt(name));
                self.tell(message, attribute.name, earlier, "keep one of the two");
            }
        }
    }

    /// Second `File` blocks, and second `data =` lines in a block.
    fn see_contents(&mut self) {
        let profile = self.cx.profile;
        for content in &profile.contents {
            if let (Some(file), Some((_, span))) = (content.file, content.name) {
                self.see(Thing::Content(file.0), span);
            }
            let [(first, _), more @ ..] = content.data.as_slice() else {
                continue;
            };
            let word = |statement| profile.tree.statement(statement).word();
            for (statement, _) in more {
                let message = "a `File` block has one `data =` only".to_owned();
                let help = "join the two values with `+`, or delete one";
                self.tell(message, word(*statement), word(*first), help);
            }
        }
    }

    fn report(&mut self, thing: Thing<'_>, span: Span, first: Span) {
        let name = excerpt(self.cx.text(span));
        let (message, help) = match thing {
            Thing::CardModel | Thing::MasterFile => (
                format!("a profile has one `{name}` only"),
                "delete one of the two",
            ),
            Thing::Call(_) => (
                format!("`{name}()` is called twice"),
                "delete one of the two",
            ),
            Thing::File(_) => (
                format!("file `{name}` is declared twice"),
                "give the second file a name of its own",
            ),
            Thing::Pin(_) => (
                format!("PIN `{name}` is declared twice"),
                "give the second PIN a name of its own",
            ),
            Thing::Key(_) => (
                format!("key `{name}` is declared twice"),
                "give the second key a name of its own",
            ),
            Thing::Content(_) => (
                format!("file `{name}` is filled twice"),
                "keep one `File` block of it",
            ),
        };
        self.tell(message, span, first, help);
    }

    fn tell(&mut self, message: String, second: Span, first: Span, help: &str) {
        self.findings
            .report(message, self.cx.label(second, "the second one"))
            .because(self.cx.label(first, "the first one is here"))
            .help(help);
    }
}
