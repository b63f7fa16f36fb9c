//! Adding, replacing and removing objects.

use super::content::{Edit, Write};
use super::error::unusable;
use super::files::{Files, Found, Place};
use super::open::resolve;
use super::{
    Application, CardError, Fixed, NewCertificate, NewData, NewKeyPair, NewPin, Object, PinRole,
    Removed, key,
};
use crate::card::{Channel, Condition, FileControl, public_key};
use crate::der::asn1::NamedBits;
use crate::der::pkcs15::{
    Certificate, CommonAttributes, DataObject, Entry, KeyKind, ObjectKind, Pin, PinType, PublicKey,
    TokenInfo, object_flags, pin_flags,
};
use crate::der::{Element, Tag, verify};

impl Application {
    /// Finishes what an interrupted change of EF.ODF or EF.TokenInfo left, so that other programs
    /// find these files as well, and deletes their spares. Every change does the first part itself.
    ///
    /// # Errors
    /// If the card refuses to let the files be completed.
    pub fn finish_interrupted(&mut self, channel: &mut dyn Channel) -> Result<(), CardError> {
        let mut files = Files::new(channel, self.data_field);
        self.settle(&mut files)?;
        self.delete_spares(&mut files)
    }

    /// Sets label and serial number of the token; `None` leaves one as it is. All else in
    /// EF.TokenInfo keeps its bytes.
    ///
    /// # Errors
    /// If EF.TokenInfo is missing or broken, or the card refuses.
    pub fn set_token_info(
        &mut self,
        channel: &mut dyn Channel,
        label: Option<&str>,
        serial: Option<&[u8]>,
    ) -> Result<(), CardError> {
        let mut files = Files::new(channel, self.data_field);
        self.settle(&mut files)?;
        let place = Fixed::TokenInfo.place(&self.home);
        let stored = self.needed(Fixed::TokenInfo)?;
        let had = stored.content.0.len();
        let mut new = TokenInfo::relabelled(&stored.content.0, label, serial)
            .map_err(|error| unusable(&place, &error.to_string()))?;
        let needed = new.len();
        if needed < had {
            new.push(0); // what was longer must not look like more
        }
        if needed <= had && new.len() <= files.data_field() {
            let write = Write {
                offset: 0,
                bytes: new.clone(),
            };
            self.write_fixed(&mut files, Fixed::TokenInfo, &[write])?;
        } else {
            new.truncate(needed);
            self.replace_fixed(&mut files, Fixed::TokenInfo, new.clone(), needed)?;
        }
        self.info = TokenInfo::decode(&new).ok();
        Ok(())
    }

    /// Lists a PIN object of the card.
    ///
    /// # Errors
    /// If a PIN with this identifier is listed already, or the card refuses.
    pub fn add_pin_entry(
        &mut self,
        channel: &mut dyn Channel,
        pin: &NewPin<'_>,
    ) -> Result<(), CardError> {
        if let Some(listed) = self.pins().iter().find(|it| it.auth_id == pin.auth_id) {
            let problem = format!("the PIN `{}` cannot be listed", pin.label);
            let cause = format!("`{}` has the same identifier", listed.common.label);
            return Err(CardError::new(problem).because(cause));
        }
        let entry = self.pin_entry(pin).encode();
        let mut files = Files::new(channel, self.data_field);
        self.settle(&mut files)?;
        let guard = super::Guard {
            auth_id: pin.auth_id.to_vec(),
            credential: pin.credential,
        };
        let kind = ObjectKind::AuthenticationObjects;
        let index = self.directory_for(&mut files, kind, Some(&guard))?;
        self.list(&mut files, index, &entry)
    }

    fn pin_entry(&self, pin: &NewPin<'_>) -> Pin {
        let role = match pin.role {
            PinRole::User => NamedBits(0),
            PinRole::Unblocking => pin_flags::UNBLOCKING,
            PinRole::SecurityOfficer => pin_flags::SO_PIN,
        };
        let case = match pin.kind {
            PinType::Utf8 => pin_flags::CASE_SENSITIVE,
            _ => NamedBits(0),
        };
        let flags = pin_flags::LOCAL
            .and(pin_flags::INITIALIZED)
            .and(pin_flags::NEEDS_PADDING);
        Pin {
            common: CommonAttributes {
                label: pin.label.to_owned(),
                flags: object_flags::PRIVATE.and(object_flags::MODIFIABLE),
                auth_id: pin.unblocked_by.map(<[u8]>::to_vec),
                user_consent: None,
            },
            auth_id: pin.auth_id.to_vec(),
            flags: flags.and(role).and(case),
            kind: pin.kind,
            min_length: pin.min_length.into(),
            stored_length: pin.max_length.into(),
            max_length: Some(pin.max_length.into()),
            reference: pin.credential.get().into(),
            pad: Some(vec![0]),
            path: Some(self.absolute(&self.home.place)),
        }
    }

    /// Stores the public key and lists both halves, the private one last. What an interrupted call
    /// left of the same pair is completed.
    ///
    /// # Errors
    /// If the reference or the identifier belongs to another listed key, the public key is of no
    /// known size, or the card refuses.
    pub fn add_key_pair(
        &mut self,
        channel: &mut dyn Channel,
        pair: &NewKeyPair<'_>,
    ) -> Result<(), CardError> {
        let problem = || format!("the key pair `{}` cannot be listed", pair.label);
        let known = public_key::kind(pair.public).zip(public_key::encode(pair.public));
        let (kind, value) = known.ok_or_else(|| {
            CardError::new(problem())
                .because("its public key is none of RSA, P-256, P-384 and P-521")
        })?;
        for listed in self.private_keys() {
            let clash = match () {
                () if listed.key.id == pair.id => "identifier",
                () if super::read::has_reference(&listed, pair.reference) => "reference",
                () => continue,
            };
            let cause = format!("`{}` has the same {clash}", listed.common.label);
            return Err(CardError::new(problem()).because(cause));
        }
        if !self.has_public_half(channel, pair, &value)? {
            self.add_public_half(channel, pair, kind, &value)?;
        }
        let entry = key::private_entry(pair, kind, self.absolute(&self.home.place)).encode();
        let mut files = Files::new(channel, self.data_field);
        self.settle(&mut files)?;
        let index = self.directory_for(&mut files, ObjectKind::PrivateKeys, pair.guard)?;
        self.list(&mut files, index, &entry)
    }

    /// Whether the public half is listed already, with this value.
    fn has_public_half(
        &self,
        channel: &mut dyn Channel,
        pair: &NewKeyPair<'_>,
        value: &[u8],
    ) -> Result<bool, CardError> {
        let listed = self
            .public_keys()
            .into_iter()
            .find(|it| it.key.id == pair.id);
        let Some(listed) = listed else {
            return Ok(false);
        };
        if self.read_sequence(channel, PublicKey::NAME, &listed.path)? == value {
            return Ok(true);
        }
        let problem = format!("the key pair `{}` cannot be listed", pair.label);
        let cause = format!(
            "the public key `{}` has the same identifier",
            listed.common.label
        );
        Err(CardError::new(problem).because(cause))
    }

    fn add_public_half(
        &mut self,
        channel: &mut dyn Channel,
        pair: &NewKeyPair<'_>,
        kind: KeyKind,
        value: &[u8],
    ) -> Result<(), CardError> {
        self.add(
            channel,
            ObjectKind::PublicKeys,
            &Value {
                name: PublicKey::NAME,
                bytes: value,
                read: Condition::always(),
                guard: pair.guard,
            },
            |path| key::public_entry(pair, kind, path).encode(),
        )
    }

    /// Stores a certificate. Others with the same identifier stay.
    ///
    /// # Errors
    /// If `der` is no SEQUENCE from its first to its last byte, or the card refuses.
    pub fn add_certificate(
        &mut self,
        channel: &mut dyn Channel,
        certificate: &NewCertificate<'_>,
    ) -> Result<(), CardError> {
        let value = certificate_value(certificate)?;
        self.add(channel, ObjectKind::Certificates, &value, |path| {
            certificate_entry(certificate, path).encode()
        })
    }

    /// Stores a certificate in the place of a listed one: at every moment one of them is listed.
    ///
    /// # Errors
    /// As [`add_certificate`](Self::add_certificate), and if `old` is not listed.
    pub fn replace_certificate(
        &mut self,
        channel: &mut dyn Channel,
        old: &Certificate,
        new: &NewCertificate<'_>,
    ) -> Result<Removed, CardError> {
        let value = certificate_value(new)?;
        self.find(old)?;
        let mut files = Files::new(channel, self.data_field);
        self.settle(&mut files)?;
        let file = self.store(&mut files, &value)?;
        let replaced = self.find(old).and_then(|(index, element)| {
            let entry = certificate_entry(new, self.absolute(&file.place)).encode();
            let directory = self.directory(index)?;
            let edit = directory
                .content
                .replace(&element, &entry, files.data_field());
            let edit = edit.map_err(|error| unusable(&directory.place, &error.to_string()))?;
            self.edit_directory(&mut files, index, edit)
        });
        self.listed(&mut files, &file, replaced)?;
        self.delete_value(&mut files, old)
    }

    /// Stores a data object. Others with the same label stay.
    ///
    /// # Errors
    /// If the value is empty, a private object has no guard, or the card refuses.
    pub fn add_data(
        &mut self,
        channel: &mut dyn Channel,
        data: &NewData<'_>,
    ) -> Result<(), CardError> {
        let problem = || format!("the data object `{}` cannot be stored", data.label);
        if data.value.is_empty() {
            return Err(CardError::new(problem()).because("its value is empty"));
        }
        let read = match (data.private, data.guard) {
            (false, _) => Condition::always(),
            (true, Some(guard)) => Condition::credential(guard.credential),
            (true, None) => {
                let cause = "it is private, and no PIN is named that protects it";
                return Err(CardError::new(problem()).because(cause));
            }
        };
        let value = Value {
            name: DataObject::NAME,
            bytes: data.value,
            read,
            guard: data.guard,
        };
        let privacy = if data.private {
            object_flags::PRIVATE
        } else {
            NamedBits(0)
        };
        self.add(channel, ObjectKind::DataObjects, &value, |path| {
            let entry = DataObject {
                // OpenSC asks for the PIN of every data object that names one.
                common: CommonAttributes {
                    auth_id: data
                        .guard
                        .filter(|_| data.private)
                        .map(|it| it.auth_id.clone()),
                    ..common(data.label, privacy, data.guard)
                },
                application: data.application.map(str::to_owned),
                oid: data.oid.map(<[u8]>::to_vec),
                path,
            };
            entry.encode()
        })
    }

    /// Takes an object off its directory and deletes its file, unless another entry needs the file.
    /// Of a private key or a PIN only the entry goes: what it stands for belongs to the card.
    ///
    /// # Errors
    /// If it is not listed, or the card refuses to change the directory.
    pub fn remove<O: Object>(
        &mut self,
        channel: &mut dyn Channel,
        object: &O,
    ) -> Result<Removed, CardError> {
        self.find(object)?;
        let mut files = Files::new(channel, self.data_field);
        self.settle(&mut files)?;
        let (index, element) = self.find(object)?;
        let directory = self.directory(index)?;
        let edit: Edit = directory
            .content
            .remove(&element)
            .map_err(|error| unusable(&directory.place, &error.to_string()))?;
        self.edit_directory(&mut files, index, edit)?;
        self.delete_value(&mut files, object)
    }

    /// Object file first, entry last.
    fn add(
        &mut self,
        channel: &mut dyn Channel,
        kind: ObjectKind,
        value: &Value<'_>,
        entry: impl FnOnce(crate::der::pkcs15::Path) -> Vec<u8>,
    ) -> Result<(), CardError> {
        let mut files = Files::new(channel, self.data_field);
        self.settle(&mut files)?;
        let index = self.directory_for(&mut files, kind, value.guard)?;
        let file = self.store(&mut files, value)?;
        let entry = entry(self.absolute(&file.place));
        let listed = self.list(&mut files, index, &entry);
        self.listed(&mut files, &file, listed)
    }

    fn store(&mut self, files: &mut Files<'_>, value: &Value<'_>) -> Result<Found, CardError> {
        let Value {
            name, bytes, guard, ..
        } = *value;
        let file = self.store_value(files, name, bytes, value.read.clone(), guard)?;
        self.pending = Some(file.place.path.clone());
        Ok(file)
    }

    /// The file of a new object is listed now; or it is taken back, as its entry could not be
    /// written.
    fn listed(
        &mut self,
        files: &mut Files<'_>,
        file: &Found,
        result: Result<(), CardError>,
    ) -> Result<(), CardError> {
        self.pending = None;
        if result.as_ref().is_err_and(|it| !it.lost) {
            let _ = files.delete(file);
        }
        result
    }

    /// The directory and place of a listed object.
    fn find<O: Object>(&self, object: &O) -> Result<(usize, Element), CardError> {
        let mut directories = self.directories.iter().enumerate();
        let found = directories.find_map(|(index, directory)| {
            let of_kind = O::KINDS.contains(&directory.kind);
            let mut elements = directory.content.elements().filter(|_| of_kind);
            let same =
                |it: &Element| O::decode(&directory.content.0, it).is_ok_and(|it| it == *object);
            elements.find(same).map(|it| (index, it))
        });
        let (index, element) =
            found.ok_or_else(|| CardError::new(format!("this {} is not listed", O::NAME)))?;
        let directory = self.directory(index)?;
        match directory.problem {
            Some(problem) => Err(unusable(&directory.place, problem)),
            None => Ok((index, element)),
        }
    }

    /// Deletes the file of an object that is listed no more.
    fn delete_value<O: Object>(
        &self,
        files: &mut Files<'_>,
        object: &O,
    ) -> Result<Removed, CardError> {
        let path = object.value().and_then(|it| resolve(&self.home, it));
        let Some(path) = path.filter(|it| !self.is_listed(it)) else {
            return Ok(Removed::Entirely);
        };
        let Some(file) = files.select(&Place::new(O::NAME, &path))? else {
            return Ok(Removed::Entirely);
        };
        if file.control.as_ref().is_none_or(FileControl::is_df) {
            return Ok(Removed::Entirely);
        }
        match files.delete(&file) {
            Ok(()) => Ok(Removed::Entirely),
            Err(error) if error.lost => Err(error),
            Err(error) => Ok(Removed::EntryOnly(error)),
        }
    }
}

/// What goes into the file of a new object.
struct Value<'a> {
    name: &'static str,
    bytes: &'a [u8],
    read: Condition,
    guard: Option<&'a super::Guard>,
}

fn certificate_value<'a>(new: &NewCertificate<'a>) -> Result<Value<'a>, CardError> {
    let whole = verify(new.der).is_ok_and(|end| end == new.der.len());
    if !whole || !new.der.starts_with(&Tag::SEQUENCE.bytes()) {
        let problem = format!("the certificate `{}` cannot be stored", new.label);
        return Err(
            CardError::new(problem).because("it is not DER: one SEQUENCE and nothing behind it")
        );
    }
    Ok(Value {
        name: Certificate::NAME,
        bytes: new.der,
        read: Condition::always(),
        guard: new.guard,
    })
}

fn certificate_entry(new: &NewCertificate<'_>, path: crate::der::pkcs15::Path) -> Certificate {
    Certificate {
        common: common(new.label, NamedBits(0), new.guard),
        id: new.id.to_vec(),
        authority: new.authority,
        path,
    }
}

/// Label, flags and PIN of an object with a file of its own.
fn common(label: &str, flags: NamedBits, guard: Option<&super::Guard>) -> CommonAttributes {
    let change = if guard.is_some() {
        object_flags::MODIFIABLE
    } else {
        NamedBits(0)
    };
    CommonAttributes {
        label: label.to_owned(),
        flags: flags.and(change),
        auth_id: guard.map(|it| it.auth_id.clone()),
        user_consent: None,
    }
}
