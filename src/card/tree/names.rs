//! What the files of a card are: by convention (EF.DIR, EF.ODF …) and by what the PKCS#15
//! directories say about them.

use std::collections::BTreeMap;

use super::hex;
use crate::card::fcp::MASTER_FILE;
use crate::card::simulator::{FileKey, Files};
use crate::der::pkcs15::{
    self, Application, Certificate, CommonAttributes, DataObject, DirectoryEntry, Entry, KeyKind,
    ObjectKind, Path, Pin, PrivateKey, PublicKey, TokenInfo, fid, shown_serial,
};

/// See the module.
pub(super) struct Names<'a> {
    files: &'a Files,
    names: BTreeMap<FileKey, String>,
    objects: BTreeMap<FileKey, Vec<String>>,
    pins: BTreeMap<u8, String>,
    keys: BTreeMap<u8, String>,
}

impl<'a> Names<'a> {
    pub(super) fn of(files: &'a Files) -> Self {
        let mut names = Self {
            files,
            names: BTreeMap::from([(Files::MF, "MF".to_owned())]),
            objects: BTreeMap::new(),
            pins: BTreeMap::new(),
            keys: BTreeMap::new(),
        };
        if let Some(key) = files.child(Files::MF, fid::DIR) {
            names.name(key, "EF.DIR");
            names.list(key, application);
        }
        let applications: Vec<FileKey> = files.iter().map(|(key, _)| key).collect();
        for key in applications {
            names.look_into(key);
        }
        names
    }

    pub(super) fn file(&self, key: FileKey) -> Option<&str> {
        self.names.get(&key).map(String::as_str)
    }

    pub(super) fn objects(&self, key: FileKey) -> &[String] {
        self.objects.get(&key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn pin(&self, number: u8) -> Option<&str> {
        self.pins.get(&number).map(String::as_str)
    }

    pub(super) fn key(&self, number: u8) -> Option<&str> {
        self.keys.get(&number).map(String::as_str)
    }

    fn name(&mut self, key: FileKey, name: impl Into<String>) {
        self.names.entry(key).or_insert_with(|| name.into());
    }

    /// The bytes of a transparent file.
    fn data(&self, key: FileKey) -> &'a [u8] {
        self.files.get(key).map_or(&[], |file| &file.data)
    }

    /// A directory is a PKCS#15 application by its name, or by holding an EF.ODF.
    fn look_into(&mut self, key: FileKey) {
        let Ok(file) = self.files.get(key) else {
            return;
        };
        let named = file.control.name.as_deref() == Some(&pkcs15::AID);
        let odf = self.files.child(key, fid::ODF);
        if !file.control.is_df() || !(named || odf.is_some()) {
            return;
        }
        self.name(key, "DF.PKCS#15");
        if let Some(token_info) = self.files.child(key, fid::TOKEN_INFO) {
            self.name(token_info, "EF.TokenInfo");
            let line = token_info_line(self.data(token_info));
            self.objects.insert(token_info, vec![line]);
        }
        if let Some(unused) = self.files.child(key, fid::UNUSED_SPACE) {
            self.name(unused, "EF.UnusedSpace");
        }
        if let Some(odf) = odf {
            self.name(odf, "EF.ODF");
            self.list(odf, directory);
            self.follow(key, odf);
        }
    }

    /// Names the directories that EF.ODF lists and what they list.
    fn follow(&mut self, application: FileKey, odf: FileKey) {
        let Ok(entries) = pkcs15::decode_all::<DirectoryEntry>(self.data(odf)) else {
            return;
        };
        for entry in entries {
            let Some(key) = self.resolve(application, &entry.path) else {
                continue;
            };
            self.name(key, format!("EF.{}", entry.kind.name()));
            self.look_at_objects(application, key, entry.kind);
        }
    }

    fn look_at_objects(&mut self, application: FileKey, key: FileKey, kind: ObjectKind) {
        match kind {
            ObjectKind::AuthenticationObjects => {
                for pin in self.list(key, pin) {
                    let number = (pin.reference & 0x1F) as u8;
                    self.pins.entry(number).or_insert(quoted(&pin.common.label));
                }
            }
            ObjectKind::PrivateKeys => {
                for entry in self.list(key, private_key) {
                    let number = entry.key.reference.and_then(|it| u8::try_from(it).ok());
                    if let Some(number) = number {
                        let label = quoted(&entry.common.label);
                        self.keys.entry(number).or_insert(label);
                    }
                }
            }
            ObjectKind::PublicKeys | ObjectKind::TrustedPublicKeys => {
                for entry in self.list(key, public_key) {
                    self.promise(application, &entry.path, "public key", &entry.common);
                }
            }
            ObjectKind::Certificates
            | ObjectKind::TrustedCertificates
            | ObjectKind::UsefulCertificates => {
                for entry in self.list(key, certificate) {
                    self.promise(application, &entry.path, "certificate", &entry.common);
                }
            }
            ObjectKind::DataObjects => {
                for entry in self.list(key, data_object) {
                    self.promise(application, &entry.path, "data", &entry.common);
                }
            }
            ObjectKind::SecretKeys => {}
        }
    }

    /// Describes each entry of a directory file, or says where it stops making sense.
    fn list<E: Entry>(&mut self, key: FileKey, describe: fn(&E) -> String) -> Vec<E> {
        match pkcs15::decode_all::<E>(self.data(key)) {
            Ok(entries) => {
                let lines = entries.iter().map(describe).collect();
                self.objects.insert(key, lines);
                entries
            }
            Err(error) => {
                self.objects
                    .insert(key, vec![format!("unreadable: {error}")]);
                Vec::new()
            }
        }
    }

    /// Names a file by the object that points to it.
    fn promise(&mut self, from: FileKey, path: &Path, what: &str, common: &CommonAttributes) {
        if let Some(key) = self.resolve(from, path) {
            self.name(key, format!("{what} {}", quoted(&common.label)));
        }
    }

    /// A path from the MF, or from the application's directory.
    fn resolve(&self, application: FileKey, path: &Path) -> Option<FileKey> {
        let ids = path.ids()?;
        match ids.split_first()? {
            (&MASTER_FILE, rest) => self.files.walk(Files::MF, rest).ok(),
            _ => {
                let below = self.files.walk(application, &ids);
                below.or_else(|_| self.files.walk(Files::MF, &ids)).ok()
            }
        }
    }
}

/// A label for people: in quotation marks, control characters made visible.
fn quoted(label: &str) -> String {
    format!("\"{}\"", label.escape_debug())
}

fn path_text(path: &Path) -> String {
    path.ids().map_or_else(
        || format!("odd path {}", hex(&path.file)),
        |ids| {
            let ids: Vec<_> = ids.iter().map(|id| format!("{id:04X}")).collect();
            ids.join("/")
        },
    )
}

fn application(it: &Application) -> String {
    let label = it
        .label
        .as_deref()
        .map_or_else(|| "no label".to_owned(), quoted);
    let place = it.path.clone().map_or_else(
        || "no path".to_owned(),
        |file| {
            path_text(&Path {
                file,
                ..Path::default()
            })
        },
    );
    format!("application {label}, AID {}, at {place}", hex(&it.aid))
}

fn directory(it: &DirectoryEntry) -> String {
    format!("{} at {}", it.kind.name(), path_text(&it.path))
}

fn token_info_line(data: &[u8]) -> String {
    match TokenInfo::decode(data) {
        Ok(info) => {
            let label = info
                .label
                .as_deref()
                .map_or_else(|| "no label".to_owned(), quoted);
            let serial = info.serial_number.as_deref();
            let serial = serial.map_or_else(|| "none".to_owned(), shown_serial);
            format!("label {label}, serial number {serial}")
        }
        Err(error) => format!("unreadable: {error}"),
    }
}

fn guarded_by(common: &CommonAttributes) -> String {
    let id = common.auth_id.as_deref();
    id.map_or_else(String::new, |id| format!(", guarded by PIN {}", hex(id)))
}

fn pin(it: &Pin) -> String {
    let label = quoted(&it.common.label);
    let id = hex(&it.auth_id);
    format!("PIN {label}, id {id}, reference {:02X}", it.reference)
}

fn key_kind(kind: KeyKind) -> String {
    match kind {
        KeyKind::Rsa { modulus_bits } => format!("RSA-{modulus_bits}"),
        KeyKind::Ec {
            field_bits: Some(bits),
        } => format!("EC-{bits}"),
        KeyKind::Ec { field_bits: None } => "EC".to_owned(),
    }
}

fn private_key(it: &PrivateKey) -> String {
    let (label, id) = (quoted(&it.common.label), hex(&it.key.id));
    let kind = key_kind(it.kind);
    let guard = guarded_by(&it.common);
    let reference = it.key.reference.map(|it| format!(", reference {it:02X}"));
    let reference = reference.unwrap_or_default();
    format!("private key {label}, {kind}, id {id}{reference}{guard}")
}

fn public_key(it: &PublicKey) -> String {
    let (label, id) = (quoted(&it.common.label), hex(&it.key.id));
    let kind = key_kind(it.kind);
    format!(
        "public key {label}, {kind}, id {id}, at {}",
        path_text(&it.path)
    )
}

fn certificate(it: &Certificate) -> String {
    let (label, id) = (quoted(&it.common.label), hex(&it.id));
    let guard = guarded_by(&it.common);
    format!(
        "certificate {label}, id {id}, at {}{guard}",
        path_text(&it.path)
    )
}

fn data_object(it: &DataObject) -> String {
    let label = quoted(&it.common.label);
    let guard = guarded_by(&it.common);
    format!("data {label} at {}{guard}", path_text(&it.path))
}
