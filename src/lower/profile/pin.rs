//! PIN objects: those of the credentials that the description passes, and `CreatePin` (perso).

use std::collections::HashMap;

use super::Programming;
use super::access::{access, of_credential};
use crate::lower::initialization::line_of;
use crate::model::{Pin, SuppliedBy};
use crate::operation::{Access, CardAction, Origin, PinObject, UndoClass, Value};
use crate::source::Span;
use crate::stdlib;

/// Wrong tries where the card's own rule is not published.
const TRIES: u8 = 3;
/// Shortest PIN in bytes where the card's own rule is not published.
const SHORTEST: u8 = 4;
/// Longest PIN in bytes where the card's own rule is not published.
const LONGEST: u8 = 16;

/// PIN objects in the order they are made: what unblocks stands before what it unblocks.
const ORDER: [Access; 8] = [
    Access::Puk,
    Access::Puk1,
    Access::Puk2,
    Access::Operator,
    Access::Manager,
    Access::Pin1,
    Access::Pin2,
    Access::Pin3,
];

struct Object {
    pin: PinObject,
    value: Value,
    origin: Origin,
    place: Place,
    /// Where its reference is given, or would be.
    numbered: Place,
    /// What unblocks it, by the word of the profile.
    unblock: Option<(Access, Span)>,
}

/// Where the value of a PIN is given.
#[derive(Clone, Copy)]
enum Place {
    Description(Span),
    Profile(Span),
}

impl<'t> Programming<'_, '_, '_, 't> {
    /// Makes the objects directly behind the selection of the master file, which holds them.
    pub(super) fn create_pins(&mut self, card: &str) {
        let mut objects = self.passed(card);
        for pin in &self.profile.pins {
            self.refine(pin, card, &mut objects);
        }
        objects.sort_by_key(|object| {
            ORDER
                .iter()
                .position(|known| *known == object.pin.credential)
        });
        for object in &objects {
            self.refuse_length(object);
        }
        self.refuse_shared_references(&objects);
        let references: HashMap<Access, u8> = objects
            .iter()
            .map(|object| (object.pin.credential, object.pin.reference))
            .collect();
        for mut object in objects {
            object.pin.unblocked_by = match object.unblock {
                Some((by, span)) => self.unblocking(by, span, &references),
                None if object.pin.credential == Access::Pin1 => {
                    references.get(&Access::Puk).copied()
                }
                None => None,
            };
            let name = word(object.pin.credential);
            let action = CardAction::CreatePin {
                pin: object.pin,
                value: object.value,
            };
            let id = format!("profile.pin.{name}");
            self.push_from(&id, action, UndoClass::Reversible, object.origin);
        }
    }

    /// A value of known length must be one that the PIN can have.
    fn refuse_length(&mut self, object: &Object) {
        let Some(length) = self.length(&object.value) else {
            return;
        };
        let (min, max) = (object.pin.min_length, object.pin.max_length);
        if (usize::from(min)..=usize::from(max)).contains(&length) {
            return;
        }
        let name = word(object.pin.credential);
        let message = format!("{name} gets {length} bytes, it takes {min} to {max}");
        let help =
            "take a value of another length, or set `minlen=` and `maxlen=` of a `CreatePin`";
        self.refuse_at(object.place, message, help);
    }

    fn refuse_at(&mut self, place: Place, message: String, help: &str) {
        match place {
            Place::Profile(span) => self.refuse(span, message, help),
            Place::Description(span) => self.lowering.refuse(span, message, help),
        }
    }

    /// Commands name a PIN by its reference, so each has one of its own.
    fn refuse_shared_references(&mut self, objects: &[Object]) {
        let mut taken: HashMap<u8, Access> = HashMap::new();
        for object in objects {
            let reference = object.pin.reference;
            if let Some(other) = taken.insert(reference, object.pin.credential) {
                let (name, other) = (word(object.pin.credential), word(other));
                self.refuse_at(
                    object.numbered,
                    format!("{name} has the reference {reference}, as {other} has"),
                    "give each PIN a reference of its own, with `ref=` of a `CreatePin`",
                );
            }
        }
    }

    /// The reference of what unblocks a PIN.
    fn unblocking(
        &mut self,
        by: Access,
        span: Span,
        references: &HashMap<Access, u8>,
    ) -> Option<u8> {
        let reference = references.get(&by).copied();
        if reference.is_none() {
            let by = word(by);
            self.refuse(
                span,
                format!("no {by} is made on the card: nobody could ever unblock this PIN"),
                "make it with a `CreatePin` of its own, or leave `unblock=` out",
            );
        }
        reference
    }

    /// The one credential that a word names.
    fn credential_of(&mut self, span: Span) -> Option<(Access, Span)> {
        let named = access(span.of(self.profile.text)).filter(|named| ORDER.contains(named));
        if named.is_none() {
            self.refuse(
                span,
                "this is no credential",
                "write the credential that unblocks the PIN, for instance `PUK`",
            );
        }
        Some((named?, span))
    }

    /// All PINs lie in the master file.
    fn refuse_scope(&mut self, pin: &Pin<'t>) {
        let Some(scope) = self.profile.attribute(pin.attributes, "scope") else {
            return;
        };
        let span = self.profile.tree.span(scope.value);
        if !span.of(self.profile.text).eq_ignore_ascii_case("global") {
            self.refuse(
                span,
                "perso makes PINs for the whole card only",
                "write `scope=global`, or leave it out",
            );
        }
    }

    /// One object for each credential that the description passes; its origin is the key there.
    fn passed(&mut self, card: &str) -> Vec<Object> {
        let mut objects = Vec::new();
        for credential in stdlib::credentials() {
            let variable = credential.variable.to_ascii_lowercase();
            let Some(supply) = self.supplies.get(&variable) else {
                continue;
            };
            let span = match supply.by {
                SuppliedBy::Parameter(item) => item.span,
                SuppliedBy::Credential(key, span) => {
                    self.lowering.encoding.entry(key).map_or(span, line_of)
                }
            };
            let origin = self.origin_in_description(span);
            let value = self.supplied(credential.variable);
            if let (Some(access), Some(value)) = (of_credential(credential.name), value) {
                objects.push(Object {
                    pin: default_object(access, card),
                    value,
                    origin,
                    place: Place::Description(span),
                    numbered: Place::Description(span),
                    unblock: None,
                });
            }
        }
        objects
    }

    /// `CreatePin NAME value=SEC_… ref=… retries=… minlen=… maxlen=… unblock=…`.
    fn refine(&mut self, pin: &Pin<'t>, card: &str, objects: &mut Vec<Object>) {
        let profile = self.profile;
        let value = profile
            .attribute(pin.attributes, "value")
            .map(|found| found.value);
        let variable = value.map_or("", |value| profile.tree.span(value).of(profile.text));
        let credential = stdlib::credential_of_variable(variable)
            .map(|found| found.name)
            .and_then(of_credential)
            .or_else(|| access(pin.name))
            .filter(|found| ORDER.contains(found));
        let Some(credential) = credential else {
            self.refuse(
                pin.span,
                "nothing says which credential this PIN is",
                "give it the name of one (`PIN1` … `MAN`), or `value=` with a `SEC_` variable",
            );
            return;
        };
        let at = objects
            .iter()
            .position(|object| object.pin.credential == credential);
        let mut object = match at {
            Some(at) => objects.remove(at),
            None => {
                let Some(expr) = value else {
                    self.refuse(
                        pin.span,
                        "the PIN has no value",
                        "add `value=` with a `SEC_` variable",
                    );
                    return;
                };
                let Some(value) = self.value(expr, pin.statement) else {
                    return;
                };
                Object {
                    pin: default_object(credential, card),
                    value,
                    origin: self.origin(pin.span),
                    place: Place::Profile(profile.tree.span(expr)),
                    numbered: Place::Profile(pin.span),
                    unblock: None,
                }
            }
        };
        object.origin = self.origin(pin.span);
        self.set(pin, "ref", 1, 14, &mut object.pin.reference);
        self.set(pin, "retries", 1, 15, &mut object.pin.retries);
        self.set(pin, "minlen", 1, 255, &mut object.pin.min_length);
        self.set(pin, "maxlen", 1, 255, &mut object.pin.max_length);
        if object.pin.min_length > object.pin.max_length {
            self.refuse(
                pin.span,
                "the shortest PIN is longer than the longest",
                "`minlen` must not be above `maxlen`",
            );
        }
        if let Some(unblock) = profile.attribute(pin.attributes, "unblock") {
            object.unblock = self.credential_of(profile.tree.span(unblock.value));
        }
        if let Some(reference) = profile.attribute(pin.attributes, "ref") {
            object.numbered = Place::Profile(profile.tree.span(reference.value));
        }
        self.refuse_scope(pin);
        objects.push(object);
    }

    fn set(&mut self, pin: &Pin<'t>, name: &str, least: u8, most: u8, into: &mut u8) {
        let profile = self.profile;
        let Some(attribute) = profile.attribute(pin.attributes, name) else {
            return;
        };
        let number = profile.number(attribute.value);
        let number = number.and_then(|number| u8::try_from(number).ok());
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => *into = number,
            None => self.refuse(
                profile.tree.span(attribute.value),
                format!("`{name}` is no number from {least} to {most}"),
                "write such a number",
            ),
        }
    }
}

/// Reference by the order of the eight credentials, limits by the card (perso).
fn default_object(credential: Access, card: &str) -> PinObject {
    let names = stdlib::credentials().iter();
    let at = names
        .enumerate()
        .find(|(_, known)| of_credential(known.name) == Some(credential));
    let first = stdlib::card(card).and_then(|card| card.pin.as_ref());
    PinObject {
        credential,
        reference: at.map_or(1, |(at, _)| u8::try_from(at + 1).unwrap_or(1)),
        retries: first.and_then(|rules| rules.tries).unwrap_or(TRIES),
        min_length: first.and_then(|rules| rules.min).unwrap_or(SHORTEST),
        max_length: first.map_or(LONGEST, |rules| rules.max),
        unblocked_by: None,
    }
}

fn word(credential: Access) -> &'static str {
    stdlib::credentials()
        .iter()
        .map(|known| known.name)
        .find(|name| of_credential(name) == Some(credential))
        .unwrap_or_default()
}
