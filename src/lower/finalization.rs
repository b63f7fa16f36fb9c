//! The third block: what is read back, and the fields that are emptied.

use super::Lowering;
use super::initialization::line_of;
use crate::model::list_items;
use crate::operation::{Action, Capability, FieldEncoding, Operation, UndoClass};
use crate::stdlib::{self, Key};

impl Lowering<'_, '_> {
    /// The operations of the block.
    pub(super) fn finalization(&mut self) -> Vec<Operation> {
        let serial = self.read_serial();
        let pins = self.read_encrypted_pins();
        let cleared = self.clear_fields();
        serial.into_iter().chain(pins).chain(cleared).collect()
    }

    fn read_serial(&mut self) -> Option<Operation> {
        let entry = *self.encoding.entry(Key::Iccsnfield)?;
        let into = self.output(&entry)?;
        let form = self.serial_form();
        let action = Action::ReadSerial { form, into };
        Some(self.operation(
            "read-serial",
            action,
            UndoClass::Reading,
            &[],
            line_of(&entry),
        ))
    }

    /// All `CardPinDecryption_Output_*` are one reading of one object (SEED).
    fn read_encrypted_pins(&mut self) -> Option<Operation> {
        let first = *self.encoding.pin_decryption()?;
        if let Some(application) = self.encoding.applications().next() {
            self.refuse(
                application.name_span(),
                "no application runs beside the decryption of PINs",
                "use a description of its own for `CardPinDecryption_Output_*`",
            );
        }
        let mut into = Vec::new();
        for credential in stdlib::credentials() {
            let entry = credential.read_by.and_then(|key| self.encoding.entry(key));
            if let Some(field) = entry.copied().and_then(|entry| self.output(&entry)) {
                into.push((credential.name.to_owned(), field));
            }
        }
        let action = Action::ReadEncryptedPins { into };
        let needs = [Capability::EncryptedPins];
        Some(self.operation(
            "read-encrypted-pins",
            action,
            UndoClass::Reading,
            &needs,
            line_of(&first),
        ))
    }

    fn clear_fields(&mut self) -> Option<Operation> {
        let entry = *self.encoding.entry(Key::ClearFields)?;
        let mut fields = Vec::new();
        for item in list_items(self.encoding.text, entry.value_span) {
            if item.name.is_empty() || fields.iter().any(|known| known == item.name) {
                continue;
            }
            if self
                .field(item.name, item.span, FieldEncoding::Text, false)
                .is_some()
            {
                fields.push(item.name.to_owned());
            }
        }
        let action = Action::ClearFields { fields };
        Some(self.operation(
            "clear-fields",
            action,
            UndoClass::Reading,
            &[],
            line_of(&entry),
        ))
    }
}
