//! The first block: select card, delete profile, initialise, PINs and PUK, serial number.

use super::Lowering;
use super::credential::{answer, by_puk, by_signature_puk};
use crate::model::{Entry, Reference, SectionRole};
use crate::operation::{
    Action, Algorithm, Capability, CardAction, CardProgram, FieldEncoding, Login, Operation, Role,
    Selection, SerialForm, UndoClass, Value,
};
use crate::source::Span;
use crate::stdlib::{DialogKind, Key};

impl<'t> Lowering<'_, 't> {
    /// `RetrieveAllTokens`, beside which nothing else may stand (READER).
    pub(super) fn list_tokens(&mut self) -> Option<Operation> {
        let trigger = *self.encoding.on(Key::RetrieveAllTokens)?;
        const COMMANDS: [Key; 4] = [
            Key::InitToken,
            Key::SetPIN,
            Key::DeleteProfile,
            Key::CMSCardSerialNumber,
        ];
        let other = COMMANDS
            .into_iter()
            .filter(|key| self.encoding.has(*key))
            .find_map(|key| self.encoding.entry(key));
        if let Some(other) = other.or(self.encoding.pin_decryption()) {
            self.refuse(
                other.key_span,
                "nothing else is done beside `RetrieveAllTokens`",
                "use a description of its own for listing the cards",
            );
        }
        if let Some(application) = self.encoding.applications().next() {
            self.refuse(
                application.name_span(),
                "no application runs beside `RetrieveAllTokens`",
                "use a description of its own for listing the cards",
            );
        }
        let Some(into) = self.encoding.entry(Key::AllTokensIccsnsField).copied() else {
            self.refuse(
                trigger.key_span,
                "nothing says which field receives the list of cards",
                "add `AllTokensIccsnsField=` with a field",
            );
            return None;
        };
        let into = self.output(&into)?;
        let action = Action::ListTokens {
            form: self.serial_form(),
            into,
        };
        let needs = [Capability::ListTokens];
        Some(self.operation(
            "list-tokens",
            action,
            UndoClass::Reading,
            &needs,
            trigger.key_span,
        ))
    }

    /// The operations of the block.
    pub(super) fn initialization(&mut self) -> Vec<Operation> {
        let mut block = vec![self.select_card()];
        block.extend(self.delete_profile());
        block.extend(self.initialise());
        block.extend(self.set_credentials());
        block.extend(self.write_serial());
        block
    }

    pub(super) fn serial_form(&self) -> SerialForm {
        SerialForm {
            with_atr: self.encoding.on(Key::UseICCSNwithATR).is_some(),
            of_chip: self.encoding.on(Key::UseChipSerialAsIccsn).is_some(),
        }
    }

    fn select_card(&mut self) -> Operation {
        let by_serial = self.encoding.on(Key::UseSelectCriteriaIccsn).copied();
        let mut selection = Selection::Present;
        if let Some(trigger) = by_serial {
            match self.described(Key::SelectCriteriaIccsn) {
                Some(serial) => {
                    let form = self.serial_form();
                    selection = Selection::Serial { serial, form };
                }
                None if self.encoding.entry(Key::SelectCriteriaIccsn).is_none() => self.refuse(
                    trigger.key_span,
                    "nothing says which card is wanted",
                    "add `SelectCriteriaIccsn=` with a field",
                ),
                None => {}
            }
        }
        let span = by_serial.map_or_else(|| self.head(), |entry| line_of(&entry));
        self.operation(
            "select-card",
            Action::SelectCard { selection },
            UndoClass::Reading,
            &[],
            span,
        )
    }

    /// The header of `[Description]`: the origin of what no key asks for.
    fn head(&self) -> Span {
        self.encoding
            .section(SectionRole::Description)
            .and_then(|section| section.name)
            .unwrap_or_default()
    }

    /// Logs in with the higher of PUK and PIN, else anonymously (SEED). Beside `InitToken` both
    /// are the values to set, which the old profile does not know: then anonymously (perso).
    fn delete_profile(&mut self) -> Option<Operation> {
        let trigger = *self.encoding.on(Key::DeleteProfile)?;
        let login = if self.encoding.on(Key::InitToken).is_some() {
            None
        } else if let Some(credential) = self.described(Key::InitialPUK) {
            Some(by_puk(credential))
        } else {
            let credential = self.described(Key::PIN);
            credential.map(|credential| Login {
                role: Role::User,
                credential,
                officer: None,
            })
        };
        let action = Action::DeleteProfile { login };
        let needs = [Capability::EraseProfile];
        Some(self.operation(
            "delete-profile",
            action,
            UndoClass::Irreversible,
            &needs,
            line_of(&trigger),
        ))
    }

    fn initialise(&mut self) -> Option<Operation> {
        let trigger = *self.encoding.on(Key::InitToken)?;
        self.refuse_initial_signature_puk();
        if self.encoding.entry(Key::InitialPUK).is_none() {
            self.refuse(
                trigger.key_span,
                "the token is to be initialised without a PUK",
                "add `InitialPUK=`: the PUK to set",
            );
            return None;
        }
        let label = self.described(Key::InitialLabel);
        let puk = self.described(Key::InitialPUK)?;
        let pin = self.described(Key::PIN);
        let signature_pin = self.signature_pin();
        let operator_pin = self.described(Key::OperatorPin);
        let officer = self.officer()?.officer?;
        let serial = self.described(Key::CMSCardSerialNumber);
        let program = match self.encoding.profile_name() {
            Some(_) => Some(self.program()?),
            None => None,
        };
        let mut needs = vec![Capability::Initialise];
        match &program {
            Some(program) => needs.extend(needs_of(program)),
            None if pin.is_some() => needs.push(Capability::SetPin),
            None => {}
        }
        if signature_pin.is_some() {
            needs.push(Capability::SignatureSlot);
        }
        if serial.is_some() {
            needs.push(Capability::SerialNumber);
        }
        let action = Action::Initialise {
            label,
            puk,
            pin,
            signature_pin,
            operator_pin,
            officer,
            serial,
            program,
        };
        Some(self.operation(
            "initialise",
            action,
            UndoClass::Irreversible,
            &needs,
            line_of(&trigger),
        ))
    }

    /// The PUK of the signature slot comes from the card profile and cannot be given (SEED); what
    /// other middleware makes of it is not published.
    fn refuse_initial_signature_puk(&mut self) {
        if let Some(puk) = self.encoding.entry(Key::SignPUK).copied() {
            self.refuse(
                puk.key_span,
                "the PUK of the signature slot cannot be set at the initialisation",
                "take `SignPUK` out: the card profile makes this PUK (`SEC_PUK2`)",
            );
        }
    }

    /// `SetPIN` sets, changes and unblocks (INIT, BLOCK). Beside `InitToken` the PIN is set by the
    /// initialisation already.
    fn set_credentials(&mut self) -> Vec<Operation> {
        let Some(trigger) = self.encoding.on(Key::SetPIN).copied() else {
            return Vec::new();
        };
        let pin = self.encoding.entry(Key::PIN).copied();
        let puk = self.encoding.entry(Key::PUK).copied();
        let signature = self.encoding.entry(Key::SignPUK).copied();
        if pin.is_none() && puk.is_none() && signature.is_none() {
            self.refuse(
                trigger.key_span,
                "`SetPIN` has nothing to set",
                "add `PIN=` for a new PIN, or `PUK=` for a new PUK",
            );
        }
        let initialised = self.encoding.on(Key::InitToken).is_some();
        let mut operations = Vec::new();
        if let Some(pin) = pin.filter(|_| !initialised) {
            operations.extend(self.set_pin(&pin));
        }
        if !initialised && (pin.is_some() || signature.is_some()) {
            operations.extend(self.set_signature_pin());
        }
        if let Some(puk) = puk {
            operations.extend(self.change_puk(&puk));
        }
        operations
    }

    fn set_pin(&mut self, pin: &Entry<'t>) -> Option<Operation> {
        if let Some(changed) = self.changed_by_holder(pin, Role::User, "change-pin") {
            return Some(changed);
        }
        let new = self.value(pin, FieldEncoding::Text)?;
        let before = self.findings.len();
        let Some(login) = self.administrator() else {
            if self.findings.len() == before {
                self.refuse(
                    pin.key_span,
                    "nothing says who may set this PIN",
                    "add `InitialPUK=` with the present PUK (or `CardManagerKey=`), or let the \
                     holder change it with `!FROM_USER_DIALOG_3_FIELD`",
                );
            }
            return None;
        };
        let role = Role::User;
        let action = Action::SetPin { role, login, new };
        let needs = [Capability::SetPin];
        Some(self.operation(
            "set-pin",
            action,
            UndoClass::Irreversible,
            &needs,
            line_of(pin),
        ))
    }

    /// Dialog 3 asks for the present PIN and a new one: the holder changes it (TMPL).
    fn changed_by_holder(&self, pin: &Entry<'t>, role: Role, id: &str) -> Option<Operation> {
        let Reference::Dialog(dialog) = pin.reference() else {
            return None;
        };
        if dialog.kind != DialogKind::ChangePin {
            return None;
        }
        let action = Action::ChangePin {
            role,
            old: answer(dialog, true),
            new: answer(dialog, false),
        };
        let mut needs = vec![Capability::ChangePin];
        if role == Role::SignatureUser {
            needs.push(Capability::SignatureSlot);
        }
        Some(self.operation(id, action, UndoClass::Irreversible, &needs, line_of(pin)))
    }

    /// The signature slot in the way of the default slot (SIGN says "similar to"): by its own PUK,
    /// or by its holder. A bare `SignPIN` only logs in.
    fn set_signature_pin(&mut self) -> Option<Operation> {
        let Some(pin) = self.encoding.entry(Key::SignPIN).copied() else {
            let signature = self.encoding.entry(Key::SignPUK).copied()?;
            self.refuse(
                signature.key_span,
                "`SignPUK` has nothing to set",
                "add `SignPIN=` for the new PIN of the signature slot",
            );
            return None;
        };
        if let Some(changed) =
            self.changed_by_holder(&pin, Role::SignatureUser, "change-signature-pin")
        {
            return Some(changed);
        }
        let credential = self.described(Key::SignPUK)?;
        let new = self.value(&pin, FieldEncoding::Text)?;
        let action = Action::SetPin {
            role: Role::SignatureUser,
            login: by_signature_puk(credential),
            new,
        };
        let needs = [Capability::SetPin, Capability::SignatureSlot];
        Some(self.operation(
            "set-signature-pin",
            action,
            UndoClass::Irreversible,
            &needs,
            line_of(&pin),
        ))
    }

    fn change_puk(&mut self, puk: &Entry<'t>) -> Option<Operation> {
        if self.encoding.entry(Key::InitialPUK).is_none() {
            self.refuse(
                puk.key_span,
                "the PUK is to be changed, and the present one is missing",
                "add `InitialPUK=` with the present PUK",
            );
            return None;
        }
        let old = self.described(Key::InitialPUK)?;
        let new = self.value(puk, FieldEncoding::Text)?;
        let action = Action::ChangePuk { old, new };
        let needs = [Capability::ChangePuk];
        Some(self.operation(
            "change-puk",
            action,
            UndoClass::Irreversible,
            &needs,
            line_of(puk),
        ))
    }

    /// Beside `InitToken` the number is written by the initialisation, before the card is
    /// activated.
    fn write_serial(&mut self) -> Option<Operation> {
        let entry = *self.encoding.entry(Key::CMSCardSerialNumber)?;
        if self.encoding.on(Key::InitToken).is_some() {
            return None;
        }
        let serial = self.value(&entry, FieldEncoding::Text)?;
        let login = self.administrator();
        let action = Action::WriteSerialNumber { serial, login };
        let needs = [Capability::SerialNumber];
        Some(self.operation(
            "write-serial",
            action,
            UndoClass::Irreversible,
            &needs,
            line_of(&entry),
        ))
    }

    /// The field that a key names for a result.
    pub(super) fn output(&mut self, entry: &Entry<'t>) -> Option<String> {
        match entry.reference() {
            Reference::Field(name) => {
                self.field(name, entry.value_span, FieldEncoding::Text, false)?;
                Some(name.to_owned())
            }
            _ => {
                let key = entry.key_span.of(self.encoding.text);
                self.refuse(
                    entry.value_span,
                    format!("`{key}` must name the field that receives the result"),
                    "write the name of a declared field without `#`",
                );
                None
            }
        }
    }
}

/// What a profile asks of a token.
fn needs_of(program: &CardProgram<Value>) -> Vec<Capability> {
    let mut needs = vec![Capability::CardProfile];
    for operation in &program.operations {
        let need = match &operation.action {
            CardAction::EncryptPins { .. } => Capability::EncryptedPins,
            CardAction::CreateKey { key, .. } => generation_of(key.algorithm),
            _ => continue,
        };
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

/// What making a key pair asks of a token.
pub(super) const fn generation_of(algorithm: Algorithm) -> Capability {
    match algorithm {
        Algorithm::Rsa { .. } => Capability::GenerateRsa,
        Algorithm::P256 | Algorithm::P384 => Capability::GenerateEc,
    }
}

/// A whole `key=value`.
pub(super) fn line_of(entry: &Entry<'_>) -> Span {
    entry.key_span.cover(entry.value_span)
}
