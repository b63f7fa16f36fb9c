//! A card profile to a card program: files in the order of fewest commands, PINs, the record of
//! encrypted PINs, activation.

mod access;
mod content;
mod file;
mod key;
mod pin;
mod pkcs15;
mod secret;

use std::collections::{HashMap, HashSet};

use super::Lowering;
use super::initialization::line_of;
use crate::model::{Encoding, Profile, SuppliedBy, Supply};
use crate::operation::{
    AccessRules, CardAction, CardOperation, CardProgram, FileShape, Generated, OperationId, Origin,
    UndoClass, Value,
};
use crate::source::Span;
use crate::stdlib::{self, Key};
use crate::syntax::cpf;

/// The profile of stdlib that lays out a blank card for a description that names none.
const FALLBACK: &str = "pkcs15.cpf";

/// Names the operation whose result is the blob.
const ENCRYPT: &str = "profile.encrypt-pins";

/// The card that a profile without `CardModel` is for.
const ANY_CARD: &str = "iso7816";

/// Defects of form that are reported; the rest is seen when these are mended.
const MAX_DEFECTS: usize = 20;

/// One profile on its way into a program. `'d` is the tree of the description, `'t` that of the
/// profile.
struct Programming<'c, 'l, 'd, 't> {
    lowering: &'c mut Lowering<'l, 'd>,
    profile: &'t Profile<'t>,
    /// The line of the description that everything is put down to, where its author knows nothing
    /// of the profile.
    asked_by: Option<Span>,
    /// What the description hands over, by variable in lower case.
    supplies: HashMap<String, Supply<'d>>,
    /// Fields of the description that a credential key names: what they hold is secret under
    /// whatever other name it is passed.
    secret_fields: HashSet<String>,
    generated: Vec<Generated>,
    operations: Vec<CardOperation>,
    ids: HashSet<String>,
    /// Terms that may still be put together; bounds values that double.
    terms: u32,
}

impl<'l, 't> Lowering<'l, 't> {
    /// The program of the bound profile.
    pub(super) fn program(&mut self) -> Option<CardProgram> {
        let project = self.project;
        let Some(profile) = project.bound_profile(self.encoding) else {
            let span = self
                .encoding
                .entry(Key::ChipProfile)
                .map(|entry| entry.value_span);
            self.refuse(
                span.unwrap_or_default(),
                "the card profile is not there or cannot be read",
                "put it beside the description, or into a folder of `[paths] profiles`",
            );
            return None;
        };
        let name = self.encoding.profile_name()?.to_owned();
        Programming::new(self, profile, None).program(name)
    }

    /// The program for a blank card where the description initialises one and names no profile.
    pub(super) fn fallback_program(&mut self) -> Option<CardProgram> {
        let encoding = self.encoding;
        let trigger = *encoding.on(Key::InitToken)?;
        if encoding.profile_name().is_some() {
            return None;
        }
        let text = stdlib::profile(FALLBACK)?;
        let tree = cpf::parse(text);
        // Places in it are never told, so it needs no source of its own.
        let profile = Profile::new(encoding.source, text, &tree);
        let asked_by = Some(line_of(&trigger));
        Programming::new(self, &profile, asked_by).program(format!("<{FALLBACK}>"))
    }
}

impl<'c, 'l, 'd, 't> Programming<'c, 'l, 'd, 't> {
    fn new(
        lowering: &'c mut Lowering<'l, 'd>,
        profile: &'t Profile<'t>,
        asked_by: Option<Span>,
    ) -> Self {
        let supplies = lowering.encoding.supplies();
        let supplies = supplies
            .into_iter()
            .map(|supply| (supply.variable.to_ascii_lowercase(), supply))
            .collect();
        let secret_fields = secret_fields(lowering.encoding);
        Self {
            lowering,
            profile,
            asked_by,
            supplies,
            secret_fields,
            generated: Vec::new(),
            operations: Vec::new(),
            ids: HashSet::new(),
            terms: 10_000,
        }
    }
}

impl<'t> Programming<'_, '_, '_, 't> {
    fn refuse(&mut self, span: Span, message: impl Into<String>, help: &str) {
        match self.asked_by {
            Some(asked_by) => self.lowering.refuse(asked_by, message, help),
            None => self
                .lowering
                .refuse_in(self.profile.source, span, message, help),
        }
    }

    fn program(&mut self, name: String) -> Option<CardProgram> {
        let before = self.lowering.findings.len();
        self.refuse_defects();
        self.refuse_double_values();
        self.refuse_impossible_secrets();
        let card = self.card()?;
        self.master_file();
        self.generate();
        self.encrypt_pins();
        self.create_pins(card);
        self.create_files(card);
        self.activate();
        if self.lowering.findings.len() > before {
            return None;
        }
        Some(CardProgram {
            profile: name,
            card: card.to_owned(),
            eraseable: self.profile.calls_of("MakeCardEraseable").next().is_some(),
            generated: std::mem::take(&mut self.generated),
            operations: std::mem::take(&mut self.operations),
        })
    }

    /// The place of what no single statement asks for: `MasterFile`.
    fn head(&self) -> Span {
        self.profile
            .files
            .first()
            .map_or(Span::empty(0), |file| file.span)
    }

    fn push(&mut self, id: &str, action: CardAction, undo: UndoClass, span: Span) {
        let origin = self.origin(span);
        self.push_from(id, action, undo, origin);
    }

    /// The origin that a place of the profile is.
    fn origin(&self, span: Span) -> Origin {
        match self.asked_by {
            Some(asked_by) => self.origin_in_description(asked_by),
            None => self.lowering.origins.at(self.profile.source, span),
        }
    }

    fn origin_in_description(&self, span: Span) -> Origin {
        let description = self.lowering.encoding.source;
        self.lowering.origins.at(description, span)
    }

    fn push_from(&mut self, id: &str, action: CardAction, undo: UndoClass, origin: Origin) {
        let mut unique = id.to_owned();
        let mut number = 2;
        while !self.ids.insert(unique.clone()) {
            unique = format!("{id}-{number}");
            number += 1;
        }
        self.operations.push(CardOperation {
            id: OperationId(unique),
            action,
            undo,
            origin,
        });
    }

    /// Makes the master file the current one. Where it has rules it is created with them, which
    /// selects it as well.
    fn master_file(&mut self) {
        let attributes = self.profile.files.first().map(|file| file.attributes);
        let access = attributes
            .map(|attributes| self.access(attributes))
            .unwrap_or_default();
        let span = self.head();
        if access == AccessRules::default() {
            let action = CardAction::SelectMasterFile;
            self.push("profile.select-mf", action, UndoClass::Reading, span);
            return;
        }
        let action = CardAction::CreateFile {
            path: Vec::new(),
            name: "MasterFile".to_owned(),
            shape: FileShape::Dedicated {
                size: None,
                aid: None,
            },
            access,
        };
        self.push("profile.create-mf", action, UndoClass::Reversible, span);
    }

    fn refuse_defects(&mut self) {
        let tree = self.profile.tree;
        for defect in tree.defects.iter().take(MAX_DEFECTS) {
            self.refuse(
                defect.span,
                "this does not fit the language of profiles",
                "`perso check` tells what is expected here",
            );
        }
    }

    /// A variable is given by the profile or from outside, never by both (SEED).
    fn refuse_double_values(&mut self) {
        let profile = self.profile;
        for assignment in &profile.assignments {
            let first = profile.assignment(assignment.name);
            let again = first.is_some_and(|first| first.statement != assignment.statement);
            let outside = self
                .supplies
                .contains_key(&assignment.name.to_ascii_lowercase());
            if again || outside {
                let by = if outside {
                    "the description"
                } else {
                    "an earlier line"
                };
                self.refuse(
                    assignment.span,
                    format!("`{}` has a value from {by} already", assignment.name),
                    "a variable is given a value once",
                );
            }
        }
    }

    fn card(&mut self) -> Option<&'static str> {
        let target = self.lowering.project.target.card.as_ref();
        let Some((statement, value)) = self.profile.card_model else {
            return Some(target.map_or(ANY_CARD, |card| card.value.id));
        };
        let value = value?;
        let name = match self.profile.single_term(value).map(|term| term.kind) {
            Some(cpf::TermKind::Name) => self
                .profile
                .tree
                .span(value)
                .of(self.profile.text)
                .to_owned(),
            _ => {
                let bytes = self
                    .profile
                    .constant_bytes(value, statement)
                    .unwrap_or_default();
                String::from_utf8(bytes).unwrap_or_default()
            }
        };
        let card = stdlib::card_of_model(&name);
        if card.is_none() {
            self.refuse(
                self.profile.tree.span(value),
                "this card is not known",
                "write a card model that perso knows, for instance `SIEMENS50`",
            );
        }
        Some(card?.id)
    }

    /// `PERSINFO_*`: the credentials that are put in, in their order, and the name of the profile.
    /// The blob does not depend on the card, so it is made before the files, whose size it may be.
    fn encrypt_pins(&mut self) {
        let profile = self.profile;
        let Some(call) = profile.calls_of("PERSINFO_ENCRYPT_SEC").next() else {
            return;
        };
        let named = profile.calls_of("PERSINFO_PUT_PROFILENAME").next();
        let profile_name = named.and_then(|named| {
            let argument = *profile.tree.arguments(named.arguments).first()?;
            let name = self.value(argument, named.statement)?;
            self.refuse_exposure(&name, argument, named.statement)?;
            Some(name)
        });
        let mut secrets = Vec::new();
        for put in profile.calls_of("PERSINFO_PUT_SEC") {
            let argument = profile.tree.arguments(put.arguments).first().copied();
            let variable =
                argument.map_or("", |argument| profile.tree.span(argument).of(profile.text));
            let Some(credential) = stdlib::credential_of_variable(variable) else {
                self.refuse(
                    put.whole,
                    "only a `SEC_` variable is put into the record",
                    "name one of the eight, for instance `PERSINFO_PUT_SEC(SEC_PIN1)`",
                );
                continue;
            };
            if let Some(value) = argument.and_then(|argument| self.value(argument, put.statement)) {
                secrets.push((credential.name.to_owned(), value));
            }
        }
        let action = CardAction::EncryptPins {
            profile_name,
            secrets,
        };
        self.push(ENCRYPT, action, UndoClass::Reading, call.whole);
    }

    fn activate(&mut self) {
        let profile = self.profile;
        if let Some(call) = profile.calls_of("BurnFuse").next() {
            self.push(
                "profile.activate",
                CardAction::Activate,
                UndoClass::Irreversible,
                call.whole,
            );
        }
    }

    /// What the description hands over under a name.
    fn supplied(&mut self, variable: &str) -> Option<Value> {
        let supply = *self.supplies.get(&variable.to_ascii_lowercase())?;
        match supply.by {
            SuppliedBy::Parameter(item) => {
                let secret = stdlib::credential_of_variable(variable).is_some()
                    || self.secret_fields.contains(item.name);
                let base64 = crate::operation::FieldEncoding::Base64;
                self.lowering.field(item.name, item.span, base64, secret)
            }
            SuppliedBy::Credential(key, _) => self.lowering.described(key),
        }
    }
}

/// Fields that a credential key names.
fn secret_fields(encoding: &Encoding<'_>) -> HashSet<String> {
    let entries = encoding.entries.iter();
    let credentials =
        entries.filter(|entry| entry.key().is_some_and(|key| key.keyword().credential));
    credentials
        .filter_map(|entry| entry.reference().field().map(str::to_owned))
        .collect()
}
