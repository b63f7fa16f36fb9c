//! Looking at every value of an action.

use super::{Action, CardAction, CardProgram, FileShape, Login, Selection, SizeOf, Slot, Value};

impl Action<Value> {
    /// Calls `visit` with every value, also those inside others and inside a card program.
    pub fn visit_values(&self, visit: &mut impl FnMut(&Value)) {
        self.each_value(&mut |value| value.walk(visit));
    }

    fn each_value(&self, visit: &mut impl FnMut(&Value)) {
        match self {
            Self::SelectCard { selection } => {
                if let Selection::Serial { serial, .. } = selection {
                    visit(serial);
                }
            }
            Self::DeleteProfile { login } => {
                login.iter().for_each(|login| by_login(login, visit));
            }
            Self::Initialise {
                label,
                puk,
                pin,
                signature_pin,
                operator_pin,
                officer,
                serial,
                program,
            } => {
                let optional = [label, pin, signature_pin, operator_pin, serial];
                optional.into_iter().flatten().for_each(&mut *visit);
                visit(puk);
                visit(officer);
                program.iter().for_each(|program| program.each_value(visit));
            }
            Self::SetPin { login, new, .. } => {
                by_login(login, visit);
                visit(new);
            }
            Self::ChangePin { old, new, .. } | Self::ChangePuk { old, new } => {
                visit(old);
                visit(new);
            }
            Self::WriteSerialNumber { serial, login } => {
                visit(serial);
                login.iter().for_each(|login| by_login(login, visit));
            }
            Self::GenerateKeyPair { slot, login, .. } | Self::FindKeyPair { slot, login, .. } => {
                in_slot(slot, login, visit);
            }
            Self::SignRequest { serial, .. } => serial.iter().for_each(visit),
            Self::WriteCertificate {
                slot,
                certificate,
                login,
                ..
            } => {
                in_slot(slot, login, visit);
                visit(certificate);
            }
            Self::ImportPkcs12 {
                slot,
                container,
                password,
                login,
                ..
            } => {
                in_slot(slot, login, visit);
                visit(container);
                visit(password);
            }
            Self::WriteCertificateList {
                slot, list, login, ..
            } => {
                in_slot(slot, login, visit);
                visit(list);
            }
            Self::WriteData {
                slot,
                data,
                label,
                login,
                ..
            } => {
                in_slot(slot, login, visit);
                visit(data);
                label.iter().for_each(visit);
            }
            Self::BlockPin { slot } => of_slot(slot, visit),
            Self::ListTokens { .. }
            | Self::ObtainCertificate { .. }
            | Self::RunApduScript { .. }
            | Self::ReadSerial { .. }
            | Self::ReadEncryptedPins { .. }
            | Self::ClearFields { .. } => {}
        }
    }
}

impl CardProgram<Value> {
    /// Calls `visit` with every value, also those inside others.
    pub fn visit_values(&self, visit: &mut impl FnMut(&Value)) {
        self.each_value(&mut |value| value.walk(visit));
    }

    fn each_value(&self, visit: &mut impl FnMut(&Value)) {
        for operation in &self.operations {
            match &operation.action {
                CardAction::CreateFile { shape, .. } => {
                    if let FileShape::Transparent {
                        size: SizeOf::Content(content),
                        ..
                    } = shape
                    {
                        visit(content);
                    }
                }
                CardAction::WriteFile { content, .. } => visit(content),
                CardAction::CreatePin { value, .. } => visit(value),
                CardAction::EncryptPins {
                    profile_name,
                    secrets,
                } => {
                    profile_name.iter().for_each(&mut *visit);
                    secrets.iter().for_each(|(_, value)| visit(value));
                }
                CardAction::SelectMasterFile
                | CardAction::CreateKey { .. }
                | CardAction::Activate => {}
            }
        }
    }
}

fn in_slot(slot: &Slot<Value>, login: &Login<Value>, visit: &mut impl FnMut(&Value)) {
    of_slot(slot, visit);
    by_login(login, visit);
}

fn by_login(login: &Login<Value>, visit: &mut impl FnMut(&Value)) {
    visit(&login.credential);
    login.officer.iter().for_each(visit);
}

fn of_slot(slot: &Slot<Value>, visit: &mut impl FnMut(&Value)) {
    if let Slot::FromValue { value } = slot {
        visit(value);
    }
}
