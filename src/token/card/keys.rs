//! Keys of a card: made there, brought there, found, and used to sign (ISO/IEC 7816-8).

use std::collections::BTreeSet;

use super::line::{Line, send};
use super::{CardToken, hexadecimal};
use crate::card::access::CredentialNumber;
use crate::card::apdu::ins;
use crate::card::pkcs15::{Guard, KeyQuery, NewKeyPair, NewPin, PinRole};
use crate::card::simulator::objects::{self, KeyDefinition};
use crate::card::simulator::{
    KeyType, KeyUse, PublicTemplate, ec_import_template, rsa_import_template,
};
use crate::card::{Command, Condition};
use crate::der::pkcs15::PinType;
use crate::der::{Tag, Tlv};
use crate::operation::{Access, Algorithm, Input, KeyCriteria, KeyUsage, Login, ObjectClass, Part};
use crate::pki::{
    CertificateRequest, Curve, EcPublicKey, PrivateKey, PublicKey, RsaPublicKey, SignError, Signer,
};
use crate::token::{KeyReference, Outcome, Retry, State, Step, TokenError};

/// Numbers that private keys may have; OpenSC keeps the low four bits only.
const KEY_NUMBERS: std::ops::RangeInclusive<u8> = 1..=15;

/// Reference of a private key in a control reference template.
const PRIVATE_KEY: Tag = Tag::new(0x84);
/// Algorithm in a control reference template.
const ALGORITHM: Tag = Tag::new(0x80);
/// Control reference template for signatures.
const SIGNATURE: u8 = 0xB6;
/// RSA with PKCS#1 v1.5 padding by the card, as OpenSC asks CardOS 5.
const PKCS1: u8 = 0x10;
/// ECDSA over a hash (perso).
const ECDSA: u8 = 0x1F;

/// What a new key pair is called and what it is for.
struct NewKey<'a> {
    id: &'a [u8],
    label: &'a str,
    usage: KeyUsage,
    /// Whether the card made it itself.
    generated: bool,
    signature: bool,
}

impl CardToken {
    pub(super) fn generate(
        &mut self,
        signature: bool,
        algorithm: Algorithm,
        label: &str,
        login: &Login<Input>,
        step: &Step<'_>,
    ) -> Result<Outcome, TokenError> {
        let guard = self.writer(login, signature)?;
        let (kind, usage) = match algorithm {
            Algorithm::Rsa { bits } => (KeyType::Rsa(bits), KeyUsage::Both),
            Algorithm::P256 => (KeyType::P256, KeyUsage::Sign),
            Algorithm::P384 => (KeyType::P384, KeyUsage::Sign),
        };
        let number = self.free_key_number(kind, &guard)?;
        self.define(number, kind, usage, &guard, None)?;
        let command = with_reference(Command::new(ins::GENERATE_KEY_PAIR, 0, 0), number, None)?;
        let doing = "generating a key pair";
        let answer = send(&mut *self.line, &command.expect(MOST), doing)?;
        let public = PublicTemplate::decode(&answer.data).ok_or_else(|| {
            TokenError::new(
                Retry::LookFirst,
                "the card made a key pair and told no public key",
            )
        })?;
        let key = NewKey {
            id: &step.object_id.0,
            label,
            usage,
            generated: true,
            signature,
        };
        self.list_pair(number, &public, &guard, &key)
    }

    /// Writes a key that was made elsewhere.
    pub(super) fn bring(
        &mut self,
        signature: bool,
        key: &PrivateKey,
        id: &[u8],
        label: &str,
        guard: &Guard,
    ) -> Result<Outcome, TokenError> {
        let public = key.public_key();
        let number = self.free_key_number(kind_of(&public), guard)?;
        let (template, usage) = match key {
            PrivateKey::Rsa(rsa) => {
                let (p, q) = (rsa.prime_1().expose(), rsa.prime_2().expose());
                let template = rsa_import_template(rsa.public().exponent(), p, q);
                (template, KeyUsage::Both)
            }
            PrivateKey::Ec(ec) => (ec_import_template(ec.value().expose()), KeyUsage::Sign),
        };
        self.define(number, kind_of(&public), usage, guard, Some(&template))?;
        let key = NewKey {
            id,
            label,
            usage,
            generated: false,
            signature,
        };
        self.list_pair(number, &template_of(&public), guard, &key)
    }

    /// PUT DATA: what the key is, who may use it, and the key itself where it is brought.
    fn define(
        &mut self,
        number: u8,
        kind: KeyType,
        usage: KeyUsage,
        guard: &Guard,
        import: Option<&Tlv>,
    ) -> Result<(), TokenError> {
        self.select_application()?;
        let definition = KeyDefinition {
            number,
            kind,
            uses: match usage {
                KeyUsage::Sign => KeyUse::SIGN,
                KeyUsage::Decipher => KeyUse::DECIPHER,
                KeyUsage::Both => KeyUse::BOTH,
            },
            access: Condition::credential(guard.credential),
            generation: Condition::credential(guard.credential),
        };
        let [p1, p2] = objects::KEYS.to_be_bytes();
        let data = definition.encode(import);
        let command = Command::new(ins::PUT_DATA, p1, p2)
            .data(data.as_slice())
            .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))?;
        send(&mut *self.line, &command, "defining a key")?;
        Ok(())
    }

    fn list_pair(
        &mut self,
        reference: u8,
        public: &PublicTemplate,
        guard: &Guard,
        key: &NewKey<'_>,
    ) -> Result<Outcome, TokenError> {
        self.change_application(|application, line| {
            application.add_key_pair(
                line,
                &NewKeyPair {
                    reference,
                    public,
                    id: key.id,
                    label: key.label,
                    usage: key.usage,
                    generated: key.generated,
                    non_repudiation: key.signature,
                    guard: Some(guard),
                },
            )
        })?;
        Ok(Outcome::key(KeyReference {
            id: key.id.to_vec(),
            signature_slot: key.signature,
        }))
    }

    /// The lowest number that neither the directories list nor the card holds a key under. A resumed
    /// run takes the number of a key that is of the same kind, guarded by the same PIN and listed
    /// nowhere: the run before was killed between making it and listing it.
    fn free_key_number(&mut self, kind: KeyType, guard: &Guard) -> Result<u8, TokenError> {
        let held = self.data(objects::KEYS)?;
        let held = held.and_then(|data| objects::decode_keys(&data));
        let held = held.unwrap_or_default();
        let listed = self.application()?.private_keys();
        let listed: BTreeSet<u64> = listed.iter().filter_map(|it| it.key.reference).collect();
        let is_listed = |number: u8| listed.contains(&u64::from(number));
        let condition = Condition::credential(guard.credential);
        let is_left = |key: &KeyDefinition| {
            self.resumes
                && key.kind == kind
                && key.access == condition
                && key.generation == condition
        };
        let is_taken = |number: u8| {
            held.iter()
                .any(|(key, is_set)| key.number == number && *is_set && !is_left(key))
        };
        let free = |number: &u8| !is_listed(*number) && !is_taken(*number);
        KEY_NUMBERS.clone().find(free).ok_or_else(|| {
            TokenError::new(Retry::LookFirst, "the card has no room for another key")
                .cause("all fifteen references of private keys are taken")
        })
    }

    /// Logs in, and tells the PIN that guards what is made.
    pub(super) fn writer(
        &mut self,
        login: &Login<Input>,
        signature: bool,
    ) -> Result<Guard, TokenError> {
        let reference = self.log_in(login, signature)?;
        let credential = Self::credential_of(login.role, login.officer.as_ref(), signature)?;
        self.guard(credential, reference)
    }

    /// The PIN that guards what is made, as the directory of PINs lists it; one that is not listed
    /// yet is added, so that readers know what to ask for.
    fn guard(&mut self, credential: Access, reference: u8) -> Result<Guard, TokenError> {
        let number = CredentialNumber::new(reference).ok_or_else(|| {
            TokenError::new(
                Retry::Refused,
                format!("no PIN has the reference {reference}"),
            )
        })?;
        if let Some(pin) = self.application()?.pin_by_reference(reference) {
            return Ok(Guard {
                auth_id: pin.auth_id,
                credential: number,
            });
        }
        let pins = self.data(objects::PINS)?;
        let pins = pins.and_then(|data| objects::decode_pins(&data));
        let pins = pins.unwrap_or_default();
        let limits = pins.iter().find(|pin| pin.number == reference);
        let (min_length, max_length) = limits.map_or((4, 16), |pin| pin.lengths);
        let auth_id = [reference];
        self.change_application(|application, line| {
            application.add_pin_entry(
                line,
                &NewPin {
                    label: match credential {
                        Access::Pin2 => "Signature PIN",
                        _ => "PIN",
                    },
                    auth_id: &auth_id,
                    credential: number,
                    kind: PinType::default(),
                    min_length,
                    max_length,
                    role: PinRole::User,
                    unblocked_by: None,
                },
            )
        })?;
        Ok(Guard {
            auth_id: auth_id.to_vec(),
            credential: number,
        })
    }

    pub(super) fn find_key(
        &mut self,
        signature_slot: bool,
        criteria: &KeyCriteria,
        login: &Login<Input>,
    ) -> Result<Outcome, TokenError> {
        self.log_in(login, signature_slot)?;
        let application = self.application()?;
        let wanted = |label: &str, id: &[u8]| {
            criteria.label.as_deref().is_none_or(|it| it == label)
                && criteria
                    .id
                    .as_deref()
                    .is_none_or(|it| it.eq_ignore_ascii_case(&hexadecimal(id)))
        };
        let labels_and_ids: Vec<(String, Vec<u8>)> = match criteria.class {
            ObjectClass::PrivateKey => {
                let keys = application.private_keys().into_iter();
                keys.map(|it| (it.common.label, it.key.id)).collect()
            }
            ObjectClass::PublicKey => {
                let keys = application.public_keys().into_iter();
                keys.map(|it| (it.common.label, it.key.id)).collect()
            }
            ObjectClass::Certificate => {
                let certificates = application.certificates().into_iter();
                certificates.map(|it| (it.common.label, it.id)).collect()
            }
        };
        let ids: BTreeSet<Vec<u8>> = labels_and_ids
            .into_iter()
            .filter(|(label, id)| wanted(label, id))
            .map(|(_, id)| id)
            .collect();
        one_key(ids.into_iter().collect(), signature_slot)
    }

    pub(super) fn sign_request(&mut self, step: &Step<'_>) -> Result<Outcome, TokenError> {
        let (Some(key), Some(subject)) = (step.key, step.subject) else {
            return Err(TokenError::new(
                Retry::Refused,
                "a request needs a key and a subject",
            ));
        };
        let public_key = self.public_key(&key.id)?;
        let reference = self.reference_of_key(&key.id)?;
        self.select_application()?;
        let mut signer = CardSigner {
            public_key,
            reference,
            line: &mut *self.line,
        };
        let request =
            CertificateRequest::build(subject, &mut signer).map_err(|error| match error {
                SignError::Signer(error) => error,
                error => TokenError::new(
                    Retry::Safe,
                    format!("the certificate request cannot be signed: {error}"),
                ),
            })?;
        Ok(Outcome::part(Part::Request, request.der().to_vec()))
    }

    /// The public half of a listed key pair.
    pub(super) fn public_key(&mut self, id: &[u8]) -> Result<PublicKey, TokenError> {
        self.application()?;
        let (Some(application), line) = (&self.application, &mut *self.line) else {
            return Err(gone("the PKCS#15 application"));
        };
        let listed = application.public_keys();
        let entry = listed.iter().find(|it| it.key.id == id);
        let entry = entry.ok_or_else(|| gone("the public half of the key"))?;
        let template = application.read_public_key(line, entry)?;
        pki_key(&template)
            .ok_or_else(|| TokenError::new(Retry::LookFirst, "the card holds no sound public key"))
    }

    fn reference_of_key(&mut self, id: &[u8]) -> Result<u8, TokenError> {
        let keys = self.application()?.find_keys(KeyQuery::Id(id));
        let reference = keys.first().and_then(|it| it.key.reference);
        reference
            .and_then(|reference| u8::try_from(reference).ok())
            .ok_or_else(|| gone("the private half of the key"))
    }

    pub(super) fn probe_key_pair(
        &mut self,
        signature_slot: bool,
        step: &Step<'_>,
    ) -> Result<State, TokenError> {
        let id = &step.object_id.0[..];
        let Some(application) = self.find_application()? else {
            return Ok(State::Absent);
        };
        let public = application.public_keys().iter().any(|it| it.key.id == id);
        let private = !application.find_keys(KeyQuery::Id(id)).is_empty();
        Ok(match (public, private) {
            (true, true) => State::Done(Outcome::key(KeyReference {
                id: id.to_vec(),
                signature_slot,
            })),
            (false, false) => State::Absent,
            _ => State::Partial,
        })
    }
}

/// Most bytes that an answer may have; short length is enough for RSA up to 2048 bits, longer
/// answers come in parts.
const MOST: u32 = 65_536;

fn one_key(ids: Vec<Vec<u8>>, signature_slot: bool) -> Result<Outcome, TokenError> {
    match <[Vec<u8>; 1]>::try_from(ids) {
        Ok([id]) => Ok(Outcome::key(KeyReference { id, signature_slot })),
        Err(none) if none.is_empty() => Err(TokenError::new(
            Retry::LookFirst,
            "no key pair on the card fits the criteria of the description",
        )
        .cause("the key was never made on this card, or has another label or identifier")),
        Err(several) => Err(TokenError::new(
            Retry::LookFirst,
            format!(
                "{} key pairs fit the criteria of the description",
                several.len()
            ),
        )
        .cause("a label that several keys share; name the identifier too")),
    }
}

fn gone(what: &str) -> TokenError {
    TokenError::new(
        Retry::LookFirst,
        format!("{what} is not on the card any more"),
    )
    .cause("another card is in the reader, or somebody else changed it")
}

/// A command over a control reference template: the key, and how it signs.
fn with_reference(
    command: Command,
    number: u8,
    algorithm: Option<u8>,
) -> Result<Command, TokenError> {
    let reference = Tlv::new(PRIVATE_KEY, [number]);
    let algorithm = algorithm.map(|it| Tlv::new(ALGORITHM, [it]));
    let parts = std::iter::once(reference).chain(algorithm);
    let data: Vec<u8> = parts.flat_map(|part| part.encode()).collect();
    command
        .data(data)
        .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))
}

/// A private key of the card as a [`Signer`].
struct CardSigner<'line> {
    public_key: PublicKey,
    reference: u8,
    line: &'line mut dyn Line,
}

impl Signer for CardSigner<'_> {
    type Error = TokenError;

    fn public_key(&self) -> PublicKey {
        self.public_key.clone()
    }

    /// MANAGE SECURITY ENVIRONMENT, then PSO: COMPUTE DIGITAL SIGNATURE.
    fn sign(&mut self, to_be_signed: &[u8]) -> Result<Vec<u8>, TokenError> {
        let algorithm = match self.public_key {
            PublicKey::Rsa(_) => PKCS1,
            PublicKey::Ec(_) => ECDSA,
        };
        let set = Command::new(ins::MANAGE_SECURITY_ENVIRONMENT, 0x41, SIGNATURE);
        let set = with_reference(set, self.reference, Some(algorithm))?;
        send(self.line, &set, "choosing the key that signs")?;
        let sign = Command::new(ins::PERFORM_SECURITY_OPERATION, 0x9E, 0x9A)
            .data(to_be_signed)
            .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))?
            .expect(MOST);
        Ok(send(self.line, &sign, "signing")?.data.to_vec())
    }
}

fn kind_of(key: &PublicKey) -> KeyType {
    match key {
        PublicKey::Rsa(key) => KeyType::Rsa(u16::try_from(key.bits()).unwrap_or(u16::MAX)),
        PublicKey::Ec(key) => match key.curve() {
            Curve::P256 => KeyType::P256,
            Curve::P384 => KeyType::P384,
        },
    }
}

fn template_of(key: &PublicKey) -> PublicTemplate {
    match key {
        PublicKey::Rsa(key) => PublicTemplate::Rsa {
            modulus: key.modulus().to_vec(),
            exponent: key.exponent().to_vec(),
        },
        PublicKey::Ec(key) => PublicTemplate::Ec {
            point: key.point().to_vec(),
        },
    }
}

fn pki_key(template: &PublicTemplate) -> Option<PublicKey> {
    match template {
        PublicTemplate::Rsa { modulus, exponent } => RsaPublicKey::new(modulus, exponent)
            .ok()
            .map(PublicKey::Rsa),
        PublicTemplate::Ec { point } => [Curve::P256, Curve::P384]
            .into_iter()
            .find_map(|curve| EcPublicKey::new(curve, point).ok())
            .map(PublicKey::Ec),
    }
}
