//! PIN objects and keys.

use super::{Assembly, Dialect, Written};
use crate::card::access::CredentialNumber;
use crate::card::program::{Known, Work, cardos44, iso7816, rules};
use crate::card::public_key;
use crate::card::simulator::KeyType;
use crate::operation::{Algorithm, CardOperation, FileId, KeyObject, PinObject};

impl<'p> Assembly<'p> {
    pub(super) fn pin(
        &mut self,
        operation: &CardOperation<Known>,
        pin: &PinObject,
        value: &'p Known,
    ) {
        let name = rules::word(pin.credential);
        self.check_pin(operation, pin, name, value);
        let Some(number) = CredentialNumber::new(pin.reference) else {
            return;
        };
        if self.dialect == Dialect::CardOs44 {
            self.security_environment(operation);
        }
        let meaning = format!("make {name} as PIN object {number}", number = number.get());
        match value {
            Known::Bytes { bytes, .. } => {
                let command = match self.dialect {
                    Dialect::Iso7816 => iso7816::pin(pin, number, bytes),
                    Dialect::CardOs44 => cardos44::pin(pin, number, bytes),
                };
                if let Some(item) = self.command(operation, meaning, command) {
                    item.secret = true;
                }
            }
            Known::Needs(names) => {
                let item = self.item(operation, meaning, Work::Needs(names.clone()));
                item.secret = true;
            }
            Known::ProtectedPath => self.not_bytes(operation, name),
        }
    }

    fn check_pin(
        &mut self,
        operation: &CardOperation<Known>,
        pin: &PinObject,
        name: &str,
        value: &Known,
    ) {
        self.check_identity(operation, pin, name);
        if !(1..=15).contains(&pin.retries) {
            let message = format!("{name} is blocked after {} wrong tries", pin.retries);
            let help = "write `retries=` with a number from 1 to 15";
            self.problem(operation, message, help);
        }
        let longest = match self.dialect {
            Dialect::Iso7816 => usize::from(u8::MAX),
            Dialect::CardOs44 => cardos44::PIN_LENGTH,
        };
        let (min, max) = (usize::from(pin.min_length), usize::from(pin.max_length));
        let max = max.min(longest);
        if min == 0 || min > max {
            let message = format!("{name} has {min} to {max} bytes, which no value can have");
            let help = format!("write `minlen=` from 1 and `maxlen=` up to {longest}");
            self.problem(operation, message, &help);
        } else if let Known::Bytes { bytes, .. } = value
            && !(min..=max).contains(&bytes.len())
        {
            let message = format!("the value of {name} is not {min} to {max} bytes long");
            let help = "take another value, or change the limits";
            self.problem(operation, message, help);
        }
        if let Some(by) = pin.unblocked_by
            && CredentialNumber::new(by).is_none_or(|it| !self.credentials.has(it))
        {
            let message = format!(
                "{name} is unblocked by PIN object {by}, which the profile does not make: nobody \
                 could ever unblock it"
            );
            self.problem(operation, message, "make that PIN, or leave `unblock=` out");
        }
    }

    fn check_identity(&mut self, operation: &CardOperation<Known>, pin: &PinObject, name: &str) {
        let number = pin.reference;
        if CredentialNumber::new(number).is_none() {
            let message = format!("{name} has the reference {number}");
            let help = "write `ref=` with a number from 1 to 14";
            self.problem(operation, message, help);
            return;
        }
        if self.pins.values().any(|other| *other == pin.credential) {
            let message = format!("{name} is made twice");
            self.problem(operation, message, "declare each credential once");
        }
        if let Some(other) = self.pins.insert(number, pin.credential) {
            let other = rules::word(other);
            let message = format!("{name} has the reference {number}, as {other} has");
            self.problem(operation, message, "give each PIN a reference of its own");
        }
    }

    /// PIN objects of CardOS belong to a directory, and the first one needs its environment.
    fn security_environment(&mut self, operation: &CardOperation<Known>) {
        if !self.place.is_in(&[]) {
            self.select(operation, &[]);
        }
        if self.pins.len() == 1 {
            let meaning = "make the security environment of the PINs".to_owned();
            self.command(operation, meaning, cardos44::security_environment());
        }
    }

    pub(super) fn key(
        &mut self,
        operation: &'p CardOperation<Known>,
        object: &'p KeyObject,
        public: Option<&'p [FileId]>,
    ) {
        let name = object.name.as_str();
        if self.dialect == Dialect::CardOs44 {
            let message = format!("`{name}` cannot be generated while a CardOS 4.4 is laid out");
            let help = "let an application make the key with `KeySize=`";
            self.problem(operation, message, help);
            return;
        }
        if !(1..=15).contains(&object.reference) {
            let message = format!("`{name}` has the reference {}", object.reference);
            self.problem(
                operation,
                message,
                "write `ref=` with a number from 1 to 15",
            );
        } else if !self.keys.insert(object.reference) {
            let message = format!(
                "`{name}` has the reference {} of another key",
                object.reference
            );
            self.problem(operation, message, "give each key a reference of its own");
        }
        let Some(kind) = kind(object.algorithm) else {
            let message = format!("the card makes no key of the size of `{name}`");
            let help = "take RSA of 2048 to 4096 bits in steps of 256, P-256 or P-384";
            self.problem(operation, message, help);
            return;
        };
        let mut unknown = Vec::new();
        let access = self
            .credentials
            .condition("pin", &object.access, &mut unknown);
        self.unknown_credentials(operation, name, &unknown);
        let number = object.reference;
        let definition = iso7816::key(number, kind, object.usage, access);
        self.command(
            operation,
            format!("define key {number}, {name}"),
            definition,
        );
        let generation = iso7816::generate(number, object.usage, self.data_field);
        let meaning = format!("generate {name}, {}", kind.name());
        if let Some(item) = self.command(operation, meaning, generation)
            && let Work::Command(command) = &item.work
        {
            item.work = Work::Generate(command.clone());
        }
        if let Some(path) = public {
            let length = public_key::length(kind);
            self.waiting
                .push((operation, path, Written::PublicKey { name, length }));
            if self.files.contains_key(path) {
                self.write_waiting(path);
            }
        }
    }

    /// Writes the public keys that were made before their file.
    pub(super) fn write_waiting(&mut self, path: &'p [FileId]) {
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let (now, later): (Vec<_>, Vec<_>) = waiting.partition(|(_, its, _)| *its == path);
        self.waiting = later;
        for (operation, path, written) in &now {
            self.write(operation, path, written);
        }
    }
}

const fn kind(algorithm: Algorithm) -> Option<KeyType> {
    match algorithm {
        Algorithm::Rsa { bits } => KeyType::from_code(1, bits),
        Algorithm::P256 => Some(KeyType::P256),
        Algorithm::P384 => Some(KeyType::P384),
    }
}
