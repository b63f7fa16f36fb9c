//! Certificates of an application: requested, written, or brought in a PKCS#12 or a list.

use super::{Lowering, Unit};
use crate::operation::{
    Action, Capability, CertificateListMode, FieldEncoding, OperationId, Part, UndoClass, Value,
};
use crate::stdlib::Key;

impl<'t> Lowering<'_, 't> {
    /// `CertTempl` with a key on the card: a PKCS#10 request, the certificate, its writing.
    pub(super) fn request_certificate(
        &mut self,
        unit: &mut Unit<'_, 't>,
        key: Option<&OperationId>,
    ) -> Option<()> {
        let entry = *unit.section.entry(Key::CertTempl)?;
        let Some(key) = key else {
            let asked = unit.section.has(Key::KeySize) || unit.section.has(Key::ObjectCriteria);
            let brought =
                unit.section.has(Key::WriteP12Data) || unit.section.has(Key::WriteCertificate);
            if !asked && !brought {
                self.refuse(
                    entry.key_span,
                    "nothing says for which key the certificate is",
                    "add `KeySize=` to make a key, `ObjectCriteria=` to use one, or `WriteP12Data=true`",
                );
            }
            return None;
        };
        let template = entry.value_span.of(self.encoding.text).to_owned();
        let serial = match unit.section.entry(Key::CardSerialNumberField).copied() {
            Some(serial) => Some(self.value(&serial, FieldEncoding::Text)?),
            None => None,
        };
        let action = Action::SignRequest {
            key: key.clone(),
            template: template.clone(),
            serial,
        };
        let needs = [Capability::Sign];
        let request = self.push(unit, "request", action, UndoClass::Reading, &needs, &entry);
        let action = Action::ObtainCertificate { request, template };
        let obtained = self.push(unit, "obtain", action, UndoClass::Reading, &[], &entry);
        let action = Action::WriteCertificate {
            slot: self.slot(unit)?,
            certificate: Value::Result {
                operation: obtained,
                part: Part::Certificate,
            },
            key: Some(key.clone()),
            label: self.object_label(unit),
            login: self.login(unit)?,
        };
        let needs = [Capability::Certificates];
        self.push(
            unit,
            "certificate",
            action,
            UndoClass::Reversible,
            &needs,
            &entry,
        );
        Some(())
    }

    /// `WriteCertificate` (CERT).
    pub(super) fn write_certificate(
        &mut self,
        unit: &mut Unit<'_, 't>,
        key: Option<&OperationId>,
    ) -> Option<()> {
        let trigger = self.trigger(unit, Key::WriteCertificate)?;
        let certificate = self.wanted(
            unit,
            Key::WriteCertificate,
            Key::Certificate,
            FieldEncoding::Base64,
        )?;
        let action = Action::WriteCertificate {
            slot: self.slot(unit)?,
            certificate,
            key: key.cloned(),
            label: self.object_label(unit),
            login: self.login(unit)?,
        };
        let needs = [Capability::Certificates];
        self.push(
            unit,
            "write-certificate",
            action,
            UndoClass::Reversible,
            &needs,
            &trigger,
        );
        Some(())
    }

    /// `WriteP12Data` (SEED).
    pub(super) fn import_pkcs12(&mut self, unit: &mut Unit<'_, 't>) -> Option<()> {
        let trigger = self.trigger(unit, Key::WriteP12Data)?;
        let container = self.wanted(
            unit,
            Key::WriteP12Data,
            Key::Certificate,
            FieldEncoding::Base64,
        )?;
        let password = self.wanted(
            unit,
            Key::WriteP12Data,
            Key::P12PASSWORD,
            FieldEncoding::Text,
        )?;
        let action = Action::ImportPkcs12 {
            slot: self.slot(unit)?,
            container,
            password,
            label: self.object_label(unit),
            archived: unit.section.has(Key::KeyArchivalRequest),
            login: self.login(unit)?,
        };
        let needs = [Capability::Certificates, Capability::ImportKey];
        self.push(
            unit,
            "pkcs12",
            action,
            UndoClass::Reversible,
            &needs,
            &trigger,
        );
        Some(())
    }

    /// `WriteCertKeyList` (CERT).
    pub(super) fn write_certificate_list(&mut self, unit: &mut Unit<'_, 't>) -> Option<()> {
        let trigger = self.trigger(unit, Key::WriteCertKeyList)?;
        let list = self.wanted(
            unit,
            Key::WriteCertKeyList,
            Key::CertKeyList,
            FieldEncoding::Text,
        )?;
        let mode = match unit.section.entry(Key::CertKeyListMode).copied() {
            None => CertificateListMode::All,
            Some(mode) => match mode.value_span.of(self.encoding.text) {
                word if word.eq_ignore_ascii_case("WRITE_ANY_BUT_MANDATORILY_THE_FIRST") => {
                    CertificateListMode::AnyButTheFirst
                }
                _ => {
                    self.refuse(
                        mode.value_span,
                        "what this mode does is not published",
                        "write `WRITE_ANY_BUT_MANDATORILY_THE_FIRST`, or leave the key out",
                    );
                    return None;
                }
            },
        };
        let into = match unit.section.entry(Key::CertKeyListReturnField).copied() {
            Some(into) => Some(self.output(&into)?),
            None => None,
        };
        let action = Action::WriteCertificateList {
            slot: self.slot(unit)?,
            list,
            mode,
            into,
            login: self.login(unit)?,
        };
        let needs = [Capability::Certificates, Capability::ImportKey];
        self.push(
            unit,
            "certificate-list",
            action,
            UndoClass::Reversible,
            &needs,
            &trigger,
        );
        Some(())
    }

    fn trigger(&self, unit: &Unit<'_, 't>, key: Key) -> Option<crate::model::Entry<'t>> {
        unit.section
            .entry(key)
            .filter(|entry| entry.is_on())
            .copied()
    }

    /// What a command of the application cannot do without.
    fn wanted(
        &mut self,
        unit: &Unit<'_, 't>,
        command: Key,
        key: Key,
        encoding: FieldEncoding,
    ) -> Option<Value> {
        let Some(entry) = unit.section.entry(key).copied() else {
            let span = unit
                .section
                .entry(command)
                .map_or(unit.section.name_span(), |e| e.key_span);
            self.refuse(
                span,
                format!(
                    "`{}` has nothing to work on: `{}` is missing",
                    command.name(),
                    key.name()
                ),
                "add it to this application with the name of a field",
            );
            return None;
        };
        self.value(&entry, encoding)
    }
}
