//! The second block: applications, each of them keys, certificates, data, scripts.

mod attributes;
mod certificate;
mod key;

use super::Lowering;
use super::initialization::line_of;
use crate::model::{Application, Entry, Reference, Value as Written, label_parts};
use crate::operation::{
    Action, Capability, FieldEncoding, Login, Operation, OperationId, Role, Slot, UndoClass, Value,
};
use crate::plan::{Application as Planned, ApplicationOrder, Applications};
use crate::source::Span;
use crate::stdlib::Key;

/// One application on its way into the plan.
struct Unit<'e, 't> {
    section: Application<'e, 't>,
    operations: Vec<Operation>,
}

impl<'l, 't> Lowering<'l, 't> {
    /// Those of `ApplicationList` in its order; with `ApplicationListField` all, in the order of
    /// the description.
    pub(super) fn applications(&mut self) -> Applications {
        let fixed = self.encoding.entry(Key::ApplicationList).copied();
        let chosen = self.encoding.entry(Key::ApplicationListField).copied();
        let (order, sections) = match (fixed, chosen) {
            (Some(fixed), Some(chosen)) => {
                self.refuse(
                    chosen.key_span,
                    "the list of applications is given twice",
                    "keep `ApplicationList` or `ApplicationListField`",
                );
                (ApplicationOrder::Listed, self.listed(&fixed))
            }
            (Some(fixed), None) => (ApplicationOrder::Listed, self.listed(&fixed)),
            (None, Some(chosen)) => match self.value(&chosen, FieldEncoding::Text) {
                Some(Value::Field { name: field, .. }) => (
                    ApplicationOrder::FromField { field },
                    self.all_applications(),
                ),
                Some(Value::Text { text, .. }) => {
                    let sections = self.by_letters(&text, chosen.value_span);
                    (ApplicationOrder::Listed, sections)
                }
                _ => (ApplicationOrder::Listed, Vec::new()),
            },
            // Neither key: nothing says that they run, so they do not (a rule warns).
            (None, None) => (ApplicationOrder::Listed, Vec::new()),
        };
        let list = sections
            .into_iter()
            .map(|section| self.application(section))
            .collect();
        Applications { order, list }
    }

    fn listed(&mut self, entry: &Entry<'t>) -> Vec<Application<'l, 't>> {
        let letters = entry.value_span.of(self.encoding.text);
        self.by_letters(letters, entry.value_span)
    }

    fn by_letters(&mut self, letters: &str, span: Span) -> Vec<Application<'l, 't>> {
        let encoding = self.encoding;
        let mut found: Vec<Application<'l, 't>> = Vec::new();
        for letter in letters.chars().filter(|letter| !letter.is_whitespace()) {
            let mut buffer = [0; 4];
            let name: &str = letter.encode_utf8(&mut buffer);
            if found.iter().any(|known| known.suffix == name) {
                self.refuse(
                    span,
                    format!("application `{name}` is listed twice"),
                    "an application runs once; make a second section for a second run",
                );
                return found;
            }
            match encoding
                .applications()
                .find(|section| section.suffix == name)
            {
                Some(section) => found.push(section),
                None => {
                    self.refuse(
                        span,
                        format!("there is no section `[Application_{name}]`"),
                        "add the section, or take the character out of the list",
                    );
                    return found;
                }
            }
        }
        found
    }

    fn all_applications(&mut self) -> Vec<Application<'l, 't>> {
        let encoding = self.encoding;
        let mut found: Vec<Application<'l, 't>> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for section in encoding.applications() {
            if seen.insert(section.suffix) {
                found.push(section);
            } else {
                self.refuse(
                    section.name_span(),
                    format!(
                        "there is a second section `[Application_{}]`",
                        section.suffix
                    ),
                    "join the two sections, or rename one",
                );
            }
        }
        found
    }

    fn application(&mut self, section: Application<'l, 't>) -> Planned {
        let step = section.entry(Key::EncodingStep);
        let step = step.map(|entry| entry.value_span.of(self.encoding.text).to_owned());
        let mut unit = Unit {
            section,
            operations: Vec::new(),
        };
        let key = self.key(&mut unit);
        self.request_certificate(&mut unit, key.as_ref());
        self.write_certificate(&mut unit, key.as_ref());
        self.import_pkcs12(&mut unit);
        self.write_certificate_list(&mut unit);
        self.write_data(&mut unit);
        self.run_script(&mut unit);
        self.block_pin(&mut unit);
        Planned {
            name: section.suffix.to_owned(),
            step,
            operations: unit.operations,
        }
    }

    /// Adds an operation, named after its application.
    fn push(
        &mut self,
        unit: &mut Unit<'_, 't>,
        part: &str,
        action: Action,
        undo: UndoClass,
        requires: &[Capability],
        entry: &Entry<'t>,
    ) -> OperationId {
        let mut needs = requires.to_vec();
        if self.role(unit) == Role::SignatureUser && writes_to_slot(&action) {
            needs.push(Capability::SignatureSlot);
        }
        let id = format!("{}.{part}", unit.section.suffix);
        let operation = self.operation(id, action, undo, &needs, line_of(entry));
        let id = operation.id.clone();
        unit.operations.push(operation);
        id
    }

    /// `Signature` in any letter case is the signature slot, every other text the default slot
    /// (SIGN).
    fn slot(&mut self, unit: &Unit<'_, 't>) -> Option<Slot> {
        let Some(entry) = unit.section.entry(Key::Location).copied() else {
            return Some(Slot::Default);
        };
        match entry.reference() {
            Reference::Literal(name) if name.eq_ignore_ascii_case("signature") => {
                Some(Slot::Signature)
            }
            Reference::Literal(_) | Reference::Missing => Some(Slot::Default),
            _ => {
                let value = self.value(&entry, FieldEncoding::Text)?;
                Some(Slot::FromValue { value })
            }
        }
    }

    fn role(&self, unit: &Unit<'_, 't>) -> Role {
        if unit.section.is_signature() {
            Role::SignatureUser
        } else if unit.section.has_slot_from_field() {
            Role::SlotUser
        } else {
            Role::User
        }
    }

    /// The default slot logs in with `PIN`, the signature slot with `SignPIN` (SIGN).
    fn login(&mut self, unit: &Unit<'_, 't>) -> Option<Login> {
        let role = self.role(unit);
        let credential = match role {
            Role::SlotUser => {
                let location = *unit.section.entry(Key::Location)?;
                let flag = self.value(&location, FieldEncoding::SignatureSlot)?;
                let when_true = self.login_credential(unit, Key::SignPIN)?;
                let when_false = self.login_credential(unit, Key::PIN)?;
                Value::Conditional {
                    flag: Box::new(flag),
                    when_true: Box::new(when_true),
                    when_false: Box::new(when_false),
                }
            }
            Role::SignatureUser => self.login_credential(unit, Key::SignPIN)?,
            _ => self.login_credential(unit, Key::PIN)?,
        };
        Some(Login {
            role,
            credential,
            officer: None,
        })
    }

    fn login_credential(&mut self, unit: &Unit<'_, 't>, key: Key) -> Option<Value> {
        if self.encoding.entry(key).is_none() {
            self.refuse(
                unit.section.name_span(),
                format!(
                    "`[Application_{}]` logs in, and `{}` is missing",
                    unit.section.suffix,
                    key.name()
                ),
                "add it to `[Description]`",
            );
            return None;
        }
        self.described(key)
    }

    fn write_data(&mut self, unit: &mut Unit<'_, 't>) -> Option<()> {
        let entry = *unit.section.entry(Key::DataObject)?;
        let data = self.value(&entry, FieldEncoding::Base64)?;
        let label = match unit.section.entry(Key::LabelExpressionDataObject).copied() {
            Some(label) => Some(self.label(&label)?),
            None => None,
        };
        let attributes = match unit.section.entry(Key::AttributesDataObject).copied() {
            Some(attributes) => self.data_attributes(&attributes)?,
            None => Default::default(),
        };
        let action = Action::WriteData {
            slot: self.slot(unit)?,
            data,
            label,
            attributes,
            login: self.login(unit)?,
        };
        let needs = [Capability::DataObjects];
        self.push(unit, "data", action, UndoClass::Reversible, &needs, &entry);
        Some(())
    }

    /// A text with `!{FIELD}` in it (DATA).
    fn label(&mut self, entry: &Entry<'t>) -> Option<Value> {
        let mut parts = Vec::new();
        for part in label_parts(self.encoding.text, entry.value_span) {
            match part {
                crate::model::Part::Text(text) => parts.push(Value::text(text)),
                crate::model::Part::Field(name, span) => {
                    parts.push(self.field(name, span, FieldEncoding::Text, false)?);
                }
                crate::model::Part::Malformed(_, span) => {
                    self.refuse(
                        span,
                        "this is no `!{FIELD}`",
                        "write the name of a declared field between `!{` and `}`",
                    );
                    return None;
                }
            }
        }
        match <[Value; 1]>::try_from(parts) {
            Ok([single]) => Some(single),
            Err(parts) => Some(Value::Concatenation { parts }),
        }
    }

    fn run_script(&mut self, unit: &mut Unit<'_, 't>) -> Option<()> {
        if let Some(old) = unit.section.entry(Key::CardOSApduFile).copied() {
            self.refuse(
                old.key_span,
                "`CardOSApduFile` was renamed, and the syntax of its scripts changed",
                "write `ApduFile` and revise the script",
            );
            return None;
        }
        let entry = *unit.section.entry(Key::ApduFile)?;
        let into = match unit.section.entry(Key::ApduResponseCodesField).copied() {
            Some(into) => Some(self.output(&into)?),
            None => None,
        };
        let file = entry.value_span.of(self.encoding.text).to_owned();
        let action = Action::RunApduScript { file, into };
        let needs = [Capability::Apdu];
        self.push(
            unit,
            "script",
            action,
            UndoClass::Irreversible,
            &needs,
            &entry,
        );
        Some(())
    }

    fn block_pin(&mut self, unit: &mut Unit<'_, 't>) -> Option<()> {
        let entry = *unit.section.entry(Key::BlockCard)?;
        if !matches!(entry.value, Written::Flag(flag) if flag.is_on()) {
            return None;
        }
        let slot = self.slot(unit)?;
        let needs = [Capability::BlockPin];
        let action = Action::BlockPin { slot };
        self.push(
            unit,
            "block-pin",
            action,
            UndoClass::Irreversible,
            &needs,
            &entry,
        );
        Some(())
    }
}

fn writes_to_slot(action: &Action) -> bool {
    !matches!(
        action,
        Action::RunApduScript { .. } | Action::ObtainCertificate { .. }
    )
}
