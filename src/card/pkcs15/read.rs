//! Looking at the application: its lists, and the values behind them.

use zeroize::Zeroizing;

use super::files::{Files, Place, missing};
use super::open::resolve;
use super::{Application, CardError, Defect, Fixed, Guard, Object, Stored};
use crate::card::Channel;
use crate::card::access::CredentialNumber;
use crate::card::public_key;
use crate::card::simulator::PublicTemplate;
use crate::der::pkcs15::{Certificate, DataObject, Path, Pin, PrivateKey, PublicKey, TokenInfo};
use crate::der::{Elements, Tag};

/// The number in a PIN reference; bit 8 only says whether it is local to the directory.
const PIN_NUMBER: u64 = 0x1F;
/// The number in a key reference, of which cards and OpenSC keep four bits.
const KEY_NUMBER: u64 = 0x0F;

/// What to look for in the key directories.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyQuery<'a> {
    /// The label, letter by letter.
    Label(&'a str),
    /// The identifier (`CKA_ID`).
    Id(&'a [u8]),
}

impl Application {
    /// File identifiers of its directory, from below the MF.
    #[must_use]
    pub fn path(&self) -> &[u16] {
        &self.home.place.path
    }

    /// What is missing or broken.
    #[must_use]
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// EF.TokenInfo; `None` if it is missing or broken.
    #[must_use]
    pub const fn token_info(&self) -> Option<&TokenInfo> {
        self.info.as_ref()
    }

    /// The PINs (AODF).
    #[must_use]
    pub fn pins(&self) -> Vec<Pin> {
        self.objects()
    }

    /// The private keys (PrKDF).
    #[must_use]
    pub fn private_keys(&self) -> Vec<PrivateKey> {
        self.objects()
    }

    /// The public keys (PuKDF), trusted ones included.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.objects()
    }

    /// The certificates (CDF), trusted and useful ones included.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        self.objects()
    }

    /// The data objects (DODF).
    #[must_use]
    pub fn data_objects(&self) -> Vec<DataObject> {
        self.objects()
    }

    /// All entries of a type that can be understood.
    #[must_use]
    pub fn objects<O: Object>(&self) -> Vec<O> {
        let directories = self.directories.iter();
        directories
            .filter(|it| O::KINDS.contains(&it.kind))
            .flat_map(|it| {
                let elements = it.content.elements();
                elements.filter_map(|element| O::decode(&it.content.0, &element).ok())
            })
            .collect()
    }

    /// The private keys that a query names.
    #[must_use]
    pub fn find_keys(&self, query: KeyQuery<'_>) -> Vec<PrivateKey> {
        let mut keys = self.private_keys();
        keys.retain(|it| match query {
            KeyQuery::Label(label) => it.common.label == label,
            KeyQuery::Id(id) => it.key.id == id,
        });
        keys
    }

    /// The first certificate with this identifier (`CKA_ID`).
    #[must_use]
    pub fn certificate(&self, id: &[u8]) -> Option<Certificate> {
        self.certificates().into_iter().find(|it| it.id == id)
    }

    /// The first data object with this label, of this application if one is given.
    #[must_use]
    pub fn data_object(&self, label: &str, application: Option<&str>) -> Option<DataObject> {
        self.data_objects().into_iter().find(|it| {
            let fits = application.is_none_or(|name| it.application.as_deref() == Some(name));
            it.common.label == label && fits
        })
    }

    /// The guard that a listed PIN makes, by the identifier of its entry; `None` if no PIN has this
    /// identifier, or its reference is none from 1 to 14.
    #[must_use]
    pub fn guard(&self, auth_id: &[u8]) -> Option<Guard> {
        let pin = self.pins().into_iter().find(|it| it.auth_id == auth_id)?;
        let number = u8::try_from(pin.reference & PIN_NUMBER).ok()?;
        Some(Guard {
            auth_id: pin.auth_id,
            credential: CredentialNumber::new(number)?,
        })
    }

    /// The first listed PIN with this reference; whether it is local or global does not matter.
    #[must_use]
    pub fn pin_by_reference(&self, reference: u8) -> Option<Pin> {
        let number = u64::from(reference) & PIN_NUMBER;
        let mut pins = self.pins().into_iter();
        pins.find(|it| it.reference & PIN_NUMBER == number)
    }

    /// The lowest key reference of a range that no listed private key has.
    #[must_use]
    pub fn free_key_reference(&self, range: std::ops::RangeInclusive<u8>) -> Option<u8> {
        let keys = self.private_keys();
        let taken = |number: &u8| keys.iter().any(|it| has_reference(it, *number));
        range.into_iter().find(|number| !taken(number))
    }

    /// The value behind a path: the whole file, or the part that index and length name.
    ///
    /// # Errors
    /// If the card refuses, or the file is shorter than the path says.
    pub fn read_object(
        &self,
        channel: &mut dyn Channel,
        path: &Path,
    ) -> Result<Zeroizing<Vec<u8>>, CardError> {
        self.read_value(channel, "object", path, |_| usize::MAX)
    }

    /// Reads the value behind a path, no more than `wanted` of the bytes so far.
    fn read_value(
        &self,
        channel: &mut dyn Channel,
        name: &'static str,
        path: &Path,
        wanted: impl Fn(&[u8]) -> usize,
    ) -> Result<Zeroizing<Vec<u8>>, CardError> {
        let Some(ids) = resolve(&self.home, path) else {
            let problem = format!("the entry of the {name} gives no path to its file");
            return Err(CardError::new(problem));
        };
        let place = Place::new(name, &ids);
        let mut files = Files::new(channel, self.data_field);
        let file = files.select(&place)?.ok_or_else(|| missing(&place))?;
        let number = |it: Option<u64>| it.map(|it| usize::try_from(it).unwrap_or(usize::MAX));
        let size = file
            .control
            .as_ref()
            .map_or(usize::MAX, |it| it.size as usize);
        let start = number(path.index).unwrap_or(0);
        let length = number(path.length).filter(|it| *it > 0);
        let most = length.unwrap_or_else(|| size.saturating_sub(start));
        if start.saturating_add(length.unwrap_or(0)) > size {
            return Err(short(&place, start, most, size));
        }
        let data = files.read_while(&file, start, |data| wanted(data).min(most))?;
        match length {
            Some(length) if data.len() < length && data.len() < wanted(&data) => {
                Err(short(&place, start, length, start + data.len()))
            }
            _ => Ok(data),
        }
    }

    /// A certificate in DER, without what follows it in its file.
    ///
    /// # Errors
    /// As [`read_object`](Self::read_object), and if the file holds no SEQUENCE.
    pub fn read_certificate(
        &self,
        channel: &mut dyn Channel,
        certificate: &Certificate,
    ) -> Result<Vec<u8>, CardError> {
        self.read_sequence(channel, Certificate::NAME, &certificate.path)
    }

    /// The SEQUENCE at the start of a value; no more of the file is read.
    pub(super) fn read_sequence(
        &self,
        channel: &mut dyn Channel,
        name: &'static str,
        path: &Path,
    ) -> Result<Vec<u8>, CardError> {
        let data = self.read_value(channel, name, path, announced)?;
        let element = Elements::new(&data).next().and_then(Result::ok);
        match element.filter(|it| it.tag == Tag::SEQUENCE) {
            Some(element) => Ok(data[element.span()].to_vec()),
            None => Err(CardError::new(format!("the file of the {name} holds none"))
                .because("it does not start with a complete SEQUENCE (tag 30)")),
        }
    }

    /// The value of a data object.
    ///
    /// # Errors
    /// As [`read_object`](Self::read_object).
    pub fn read_data(
        &self,
        channel: &mut dyn Channel,
        object: &DataObject,
    ) -> Result<Zeroizing<Vec<u8>>, CardError> {
        self.read_value(channel, DataObject::NAME, &object.path, |_| usize::MAX)
    }

    /// A public key: `RSAPublicKey` or `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// As [`read_object`](Self::read_object), and if the file holds no public key.
    pub fn read_public_key(
        &self,
        channel: &mut dyn Channel,
        public: &PublicKey,
    ) -> Result<PublicTemplate, CardError> {
        let value = self.read_sequence(channel, PublicKey::NAME, &public.path)?;
        public_key::decode(&value).map_err(|error| {
            CardError::new("the file of the public key holds none").because(error.to_string())
        })
    }

    pub(super) const fn stored(&self, which: Fixed) -> Option<&Stored> {
        match which {
            Fixed::Odf => self.odf.as_ref(),
            Fixed::TokenInfo => self.token_info.as_ref(),
        }
    }

    pub(super) const fn stored_mut(&mut self, which: Fixed) -> &mut Option<Stored> {
        match which {
            Fixed::Odf => &mut self.odf,
            Fixed::TokenInfo => &mut self.token_info,
        }
    }
}

pub(super) fn has_reference(key: &PrivateKey, number: u8) -> bool {
    let number = u64::from(number) & KEY_NUMBER;
    key.key
        .reference
        .is_some_and(|it| it & KEY_NUMBER == number)
}

/// How many bytes a data object has, as far as its first bytes tell; a little more until they do.
fn announced(data: &[u8]) -> usize {
    const HEADER: usize = 256;
    if data.len() < HEADER {
        return HEADER;
    }
    match *data {
        [_, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([high, low])),
        [_, 0x83, ..] => usize::MAX,
        // Shorter than what is here.
        _ => data.len(),
    }
}

fn short(place: &Place, start: usize, length: usize, size: usize) -> CardError {
    let problem = format!("{place} is shorter than its entry says");
    CardError::new(problem).because(format!(
        "{length} bytes from byte {start} on are announced, the file has {size}"
    ))
}
