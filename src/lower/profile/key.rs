//! `CreateKey` (perso): key pairs that the card makes itself.
//!
//! They stand behind the static files, one of which may receive the public key, and before the
//! dynamic contents.

use super::Programming;
use super::access::of_credential;
use crate::model::{FileIndex, FileKind, KeyKind, Pin, Size};
use crate::operation::{
    Access, AccessRule, Algorithm, CardAction, FilePath, KeyObject, KeyUsage, UndoClass,
};
use crate::stdlib;
use crate::syntax::cpf::Attribute;

/// What is taken by the keys before, and where files lie.
struct Taken<'p> {
    card: &'p str,
    paths: &'p [Option<FilePath>],
    references: Vec<u8>,
    public: Vec<FileIndex>,
}

impl<'t> Programming<'_, '_, '_, 't> {
    /// Makes the keys in the order of their declaration. `paths` are those of the declared files.
    pub(super) fn create_keys(&mut self, card: &str, paths: &[Option<FilePath>]) {
        let mut taken = Taken {
            card,
            paths,
            references: Vec::new(),
            public: Vec::new(),
        };
        for key in &self.profile.keys {
            self.create_key(key, &mut taken);
        }
    }

    /// `CreateKey NAME ref=… type=… use=… pin=… public=…`. Each attribute is judged, also when
    /// another one is wrong.
    fn create_key(&mut self, key: &Pin<'t>, taken: &mut Taken<'_>) -> Option<()> {
        let profile = self.profile;
        let reference = self.key_reference(key, &mut taken.references);
        let algorithm = self.key_algorithm(key, taken.card);
        let usage = self.key_usage(key, algorithm);
        let access = self.key_access(key);
        let public = match self.named(key, "public") {
            None => Some(None),
            Some(file) => self
                .public_file(file, profile.key_kind(key), taken)
                .map(Some),
        };
        let action = CardAction::CreateKey {
            key: KeyObject {
                name: key.name.to_owned(),
                reference: reference?,
                algorithm: algorithm?,
                usage: usage?,
                access: access?,
            },
            public: public?,
        };
        let id = format!("profile.key.{}", key.name);
        self.push(&id, action, UndoClass::Reversible, key.span);
        Some(())
    }

    fn named(&self, key: &Pin<'t>, name: &str) -> Option<&'t Attribute> {
        self.profile.attribute(key.attributes, name)
    }

    /// The word that an attribute is, in lower case.
    fn word(&self, attribute: &Attribute) -> String {
        let written = self.profile.tree.span(attribute.value);
        written.of(self.profile.text).to_ascii_lowercase()
    }

    fn key_reference(&mut self, key: &Pin<'t>, taken: &mut Vec<u8>) -> Option<u8> {
        let Some(attribute) = self.named(key, "ref") else {
            self.refuse(
                key.span,
                "nothing says by which reference commands name this key",
                "add `ref=` with a number from 1 to 15",
            );
            return None;
        };
        let span = self.profile.tree.span(attribute.value);
        let Some(number @ 1..=15) = self.profile.number(attribute.value) else {
            self.refuse(
                span,
                "this is no reference of a key",
                "write a number from 1 to 15",
            );
            return None;
        };
        let reference = u8::try_from(number).ok()?;
        if taken.contains(&reference) {
            self.refuse(
                span,
                "another key has this reference already",
                "references of keys are unique on a card: write another number from 1 to 15",
            );
            return None;
        }
        taken.push(reference);
        Some(reference)
    }

    fn key_algorithm(&mut self, key: &Pin<'t>, card: &str) -> Option<Algorithm> {
        const HELP: &str = "write `rsa2048`, `rsa3072`, `rsa4096`, `ec-p256` or `ec-p384`";
        let Some(attribute) = self.named(key, "type") else {
            self.refuse(key.span, "nothing says what kind of key this is", HELP);
            return None;
        };
        let span = self.profile.tree.span(attribute.value);
        let kind = self.profile.key_kind(key);
        if let Some(lack) = kind.and_then(|kind| lack(kind, card)) {
            let help = "take a kind that the card has, or another card";
            self.refuse(span, lack, help);
            return None;
        }
        match kind {
            Some(KeyKind::Rsa(bits)) => Some(Algorithm::Rsa { bits }),
            Some(KeyKind::P256) => Some(Algorithm::P256),
            Some(KeyKind::P384) => Some(Algorithm::P384),
            None => {
                self.refuse(span, "this kind of key is not known", HELP);
                None
            }
        }
    }

    /// Without `use=` a key may do all that its kind can.
    fn key_usage(&mut self, key: &Pin<'t>, algorithm: Option<Algorithm>) -> Option<KeyUsage> {
        let signs_only = matches!(algorithm, Some(Algorithm::P256 | Algorithm::P384));
        let Some(attribute) = self.named(key, "use") else {
            return Some(match signs_only {
                true => KeyUsage::Sign,
                false => KeyUsage::Both,
            });
        };
        let span = self.profile.tree.span(attribute.value);
        match self.word(attribute).as_str() {
            "sign" => Some(KeyUsage::Sign),
            "decipher" | "both" if signs_only => {
                self.refuse(
                    span,
                    "a key on an elliptic curve deciphers nothing: it only signs",
                    "write `use=sign`, or take an RSA key",
                );
                None
            }
            "decipher" => Some(KeyUsage::Decipher),
            "both" => Some(KeyUsage::Both),
            _ => {
                self.refuse(
                    span,
                    "this is no use of a key",
                    "write `sign`, `decipher` or `both`",
                );
                None
            }
        }
    }

    fn key_access(&mut self, key: &Pin<'t>) -> Option<AccessRule> {
        let Some(attribute) = self.named(key, "pin") else {
            return Some(AccessRule::Only(Access::Always));
        };
        let span = self.profile.tree.span(attribute.value);
        let credential = stdlib::credential(span.of(self.profile.text));
        let access = credential.and_then(|found| of_credential(found.name));
        if access.is_none() {
            self.refuse(
                span,
                "this is no credential",
                "write the one that opens the key, for instance `PIN1`; without `pin=` anyone may use it",
            );
        }
        access.map(AccessRule::Only)
    }

    /// The declared elementary file that receives the public key and nothing else.
    fn public_file(
        &mut self,
        attribute: &Attribute,
        kind: Option<KeyKind>,
        taken: &mut Taken<'_>,
    ) -> Option<FilePath> {
        let profile = self.profile;
        let span = profile.tree.span(attribute.value);
        let index = profile.file_named(span.of(profile.text));
        let Some(index) = index.filter(|index| profile.file(*index).kind == FileKind::Ef) else {
            self.refuse(
                span,
                "this is no elementary file of the profile",
                "declare the file for the public key with `CreateEf`, and name it here",
            );
            return None;
        };
        if profile.content_of(index).is_some() {
            self.refuse(
                span,
                "this file has a content of its own",
                "the public key is its content: take the `File` block out, or name another file",
            );
            return None;
        }
        if taken.public.contains(&index) {
            self.refuse(
                span,
                "this file receives the public key of another key already",
                "declare a file for each public key",
            );
            return None;
        }
        taken.public.push(index);
        let least = kind?.public_key_bytes();
        if let Some((Size::Bytes(bytes), _)) = profile.max_size(profile.file(index))
            && bytes < least
        {
            self.refuse(
                span,
                format!("the public key has {least} bytes and does not fit into {bytes}"),
                "raise `maxsize=` of this file",
            );
            return None;
        }
        taken.paths.get(index.0 as usize)?.clone()
    }
}

/// What a card lacks that such a key needs, as far as its key sizes are published.
fn lack(kind: KeyKind, card: &str) -> Option<String> {
    let card = stdlib::card(card)?;
    let (known, bits) = match kind {
        KeyKind::Rsa(bits) => (card.rsa_bits, bits),
        KeyKind::P256 => (card.ec_bits, 256),
        KeyKind::P384 => (card.ec_bits, 384),
    };
    let lacks = !known.is_empty() && !known.contains(&bits);
    lacks.then(|| {
        let sizes: Vec<_> = known.iter().map(u16::to_string).collect();
        let family = match kind {
            KeyKind::Rsa(_) => "RSA keys",
            KeyKind::P256 | KeyKind::P384 => "elliptic curve keys",
        };
        format!(
            "{} has no such key: its {family} have {} bits",
            card.name,
            sizes.join(", ")
        )
    })
}
