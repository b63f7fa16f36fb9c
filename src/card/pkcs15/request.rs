//! What is to be added to the application.

use crate::card::access::CredentialNumber;
use crate::card::simulator::PublicTemplate;
use crate::der::pkcs15::PinType;
use crate::operation::KeyUsage;

/// The PIN that guards an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Guard {
    /// The identifier by which PKCS#15 names the PIN (`authId`).
    pub auth_id: Vec<u8>,
    /// The PIN object of the card, for the access rules of the object's file.
    pub credential: CredentialNumber,
}

/// A key pair that lies on the card already and is to be listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewKeyPair<'a> {
    /// Reference of the private key for MANAGE SECURITY ENVIRONMENT, 1 to 15.
    pub reference: u8,
    /// The public key, as the card told it. Family and size follow from it.
    pub public: &'a PublicTemplate,
    /// `CKA_ID`, shared with the certificate.
    pub id: &'a [u8],
    /// Name for people, of both halves.
    pub label: &'a str,
    /// What the private key may be used for; the public key gets the counterparts.
    pub usage: KeyUsage,
    /// Whether the card made the key itself; `false` for one that was imported.
    pub generated: bool,
    /// Whether signatures of this key are a person's own (`nonRepudiation`), as in a signature slot.
    pub non_repudiation: bool,
    /// The PIN that the private key asks for; `None` if it asks for none.
    pub guard: Option<&'a Guard>,
}

/// A certificate to be stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCertificate<'a> {
    /// The certificate in DER.
    pub der: &'a [u8],
    /// `CKA_ID`, shared with the key pair.
    pub id: &'a [u8],
    /// Name for people.
    pub label: &'a str,
    /// Whether it is a certification authority's.
    pub authority: bool,
    /// The PIN with which it may be changed and deleted; `None` for never.
    pub guard: Option<&'a Guard>,
}

/// A data object to be stored. Its value may be secret; this type does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewData<'a> {
    /// The value, at least one byte.
    pub value: &'a [u8],
    /// Name for people.
    pub label: &'a str,
    /// Name of the application that the data belongs to.
    pub application: Option<&'a str>,
    /// Object identifier of that application, as the value bytes of its encoding.
    pub oid: Option<&'a [u8]>,
    /// Whether reading asks for the guard's PIN. Needs a guard.
    pub private: bool,
    /// The PIN with which it may be changed and deleted; `None` for never.
    pub guard: Option<&'a Guard>,
}

impl std::fmt::Debug for NewData<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewData")
            .field("label", &self.label)
            .field("application", &self.application)
            .field("private", &self.private)
            .finish_non_exhaustive()
    }
}

/// What a PIN is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PinRole {
    /// The card holder's login: what PKCS#11 asks for.
    #[default]
    User,
    /// A PUK: unblocks another PIN and guards no object.
    Unblocking,
    /// The officer's PIN.
    SecurityOfficer,
}

/// A PIN object of the card that is to be listed, so that readers can ask for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPin<'a> {
    /// Name for people.
    pub label: &'a str,
    /// The identifier by which other objects name this PIN.
    pub auth_id: &'a [u8],
    /// Reference for VERIFY: the number of the PIN object.
    pub credential: CredentialNumber,
    /// Which characters it has.
    pub kind: PinType,
    /// Fewest characters.
    pub min_length: u8,
    /// Most characters, as the PIN object has it; shorter PINs are padded with zeros to this length.
    pub max_length: u8,
    /// What it is for.
    pub role: PinRole,
    /// The listed PIN that unblocks it, by its identifier.
    pub unblocked_by: Option<&'a [u8]>,
}
