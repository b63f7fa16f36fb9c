//! What can be done to a token.

use serde::{Deserialize, Serialize};

use super::{CardProgram, OperationId, Value};

/// One thing done to a token.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "kebab-case")]
pub enum Action<V = Value> {
    /// Finds the card; nothing is said about it until here.
    SelectCard {
        /// Which one.
        selection: Selection<V>,
    },
    /// Reads the serial numbers of all cards, joined by commas (READER).
    ListTokens {
        /// How each is written.
        form: SerialForm,
        /// The field that receives the list.
        into: String,
    },
    /// Erases the profile of the card (SEED).
    DeleteProfile {
        /// Who asks for it; anonymous when there is none.
        login: Option<Login<V>>,
    },
    /// Makes an empty token: `C_InitToken`, or a card profile (INIT, SEED).
    Initialise {
        /// Label of the token, at most 32 bytes.
        label: Option<V>,
        /// The PUK to set: the PIN of the security officer.
        puk: V,
        /// The user PIN to set.
        pin: Option<V>,
        /// The PIN of the signature slot to set.
        signature_pin: Option<V>,
        /// The operator PIN to set.
        operator_pin: Option<V>,
        /// The credential of a card that is the security officer's from here on, by its name:
        /// `PUK` or `OP`.
        officer: V,
        /// The serial number of one's own that a card gets before it is activated.
        serial: Option<V>,
        /// The profile that lays out the card.
        program: Option<CardProgram<V>>,
    },
    /// Sets a PIN by an administrative login, which also unblocks it.
    SetPin {
        /// Whose PIN.
        role: Role,
        /// Who sets it.
        login: Login<V>,
        /// The new PIN.
        new: V,
    },
    /// Changes a PIN by its holder.
    ChangePin {
        /// Whose PIN.
        role: Role,
        /// The present PIN.
        old: V,
        /// The new PIN.
        new: V,
    },
    /// Changes the PUK.
    ChangePuk {
        /// The present PUK.
        old: V,
        /// The new PUK.
        new: V,
    },
    /// Writes a serial number of one's own (`CMSCardSerialNumber`).
    WriteSerialNumber {
        /// The number.
        serial: V,
        /// Who writes it; anonymous while the card is being initialised.
        login: Option<Login<V>>,
    },
    /// Makes a key pair on the token.
    GenerateKeyPair {
        /// Where.
        slot: Slot<V>,
        /// What kind.
        algorithm: Algorithm,
        /// Label of both keys.
        label: String,
        /// The user who logs in.
        login: Login<V>,
    },
    /// Finds a key pair that is there already (`ObjectCriteria`).
    FindKeyPair {
        /// Where.
        slot: Slot<V>,
        /// By what.
        criteria: KeyCriteria,
        /// The user who logs in.
        login: Login<V>,
    },
    /// Signs a certificate request with a key of the token (PKCS#10).
    SignRequest {
        /// The operation that made or found the key pair.
        key: OperationId,
        /// Name of the certificate template.
        template: String,
        /// The card's serial number, for the subject.
        serial: Option<V>,
    },
    /// Obtains a certificate for a request; nothing is done to the token.
    ObtainCertificate {
        /// The operation that signed the request.
        request: OperationId,
        /// Name of the certificate template.
        template: String,
    },
    /// Writes a certificate.
    WriteCertificate {
        /// Where.
        slot: Slot<V>,
        /// X.509 in DER.
        certificate: V,
        /// The operation that made or found its key pair, if that is known.
        key: Option<OperationId>,
        /// Label of the object.
        label: String,
        /// The user who logs in.
        login: Login<V>,
    },
    /// Writes key and certificates of a PKCS#12.
    ImportPkcs12 {
        /// Where.
        slot: Slot<V>,
        /// The PKCS#12 in DER.
        container: V,
        /// Its password.
        password: V,
        /// Label of the objects.
        label: String,
        /// Whether the key is archived by the issuer.
        archived: bool,
        /// The user who logs in.
        login: Login<V>,
    },
    /// Writes a list of certificates with optional keys (CERT).
    WriteCertificateList {
        /// Where.
        slot: Slot<V>,
        /// `cert1,key1;cert2,key2;…`, each part Base64.
        list: V,
        /// What happens when an entry fails.
        mode: CertificateListMode,
        /// The field that receives the result of each entry.
        into: Option<String>,
        /// The user who logs in.
        login: Login<V>,
    },
    /// Writes a data object (DATA).
    WriteData {
        /// Where.
        slot: Slot<V>,
        /// The content.
        data: V,
        /// Its label.
        label: Option<V>,
        /// Further attributes.
        attributes: DataAttributes,
        /// The user who logs in.
        login: Login<V>,
    },
    /// Blocks the user PIN (BLOCK).
    BlockPin {
        /// Where.
        slot: Slot<V>,
    },
    /// Executes an APDU script (APDU).
    RunApduScript {
        /// Name of the script.
        file: String,
        /// The field that receives the status words.
        into: Option<String>,
    },
    /// Reads the serial number of the card into a field.
    ReadSerial {
        /// How it is written.
        form: SerialForm,
        /// The field.
        into: String,
    },
    /// Reads and decrypts the "Encrypted PINs" object (SEED).
    ReadEncryptedPins {
        /// Fields by credential name (`PIN1` … `MAN`).
        into: Vec<(String, String)>,
    },
    /// Empties fields (INIT).
    ClearFields {
        /// Their names.
        fields: Vec<String>,
    },
}

/// Which card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Selection<V = Value> {
    /// The only one, or the one that the run was given.
    Present,
    /// The one with this serial number (READER).
    Serial {
        /// The serial number.
        serial: V,
        /// How it is written.
        form: SerialForm,
    },
}

/// How a serial number is written and where it is taken from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SerialForm {
    /// `<ICCSN>-<ATR>` with the answer to reset in hexadecimal (`UseICCSNwithATR`).
    pub with_atr: bool,
    /// The chip's own number, not the one that was written (`UseChipSerialAsIccsn`).
    pub of_chip: bool,
}

/// A login for an operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Login<V = Value> {
    /// As whom.
    pub role: Role,
    /// With what.
    pub credential: V,
    /// The credential of a card that the security officer is, by its name: `PUK`, `OP`, or `PUK2`
    /// for the signature slot. Absent for the other roles.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub officer: Option<V>,
}

const fn none<V>() -> Option<V> {
    None
}

/// Whose credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The user of the default slot (`CKU_USER`).
    User,
    /// The user of the signature slot.
    SignatureUser,
    /// The user of the slot that the operation goes to, where that is known only at the run
    /// ([`Slot::FromValue`]): of the signature slot or of the default slot.
    SlotUser,
    /// The security officer (`CKU_SO`): PUK or operator PIN.
    SecurityOfficer,
    /// The holder of the card manager key.
    CardManager,
}

/// Where an application goes (SIGN).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "slot", rename_all = "kebab-case")]
pub enum Slot<V = Value> {
    /// The default slot.
    Default,
    /// The signature slot.
    Signature,
    /// The signature slot if the value is `Signature`, else the default slot.
    FromValue {
        /// The value.
        value: V,
    },
}

/// The kind of a key pair.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Algorithm {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// 1024 to 4096, a multiple of 256.
        bits: u16,
    },
    /// ECDSA on NIST P-256 (perso).
    P256,
    /// ECDSA on NIST P-384 (perso).
    P384,
}

/// A PKCS#11 object class that a filter can name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectClass {
    /// `CKO_PUBLIC_KEY`
    PublicKey,
    /// `CKO_PRIVATE_KEY`
    PrivateKey,
    /// `CKO_CERTIFICATE`
    Certificate,
}

/// A filter for an existing key (`ObjectCriteria`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct KeyCriteria {
    /// Class of the object.
    pub class: ObjectClass,
    /// Its label, if the filter names one.
    pub label: Option<String>,
    /// Its identifier in hexadecimal, if the filter names one.
    pub id: Option<String>,
}

/// What happens when an entry of a list fails (CERT).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateListMode {
    /// Every entry must succeed (perso: the default is not documented).
    #[default]
    All,
    /// The first must succeed, others may fail.
    AnyButTheFirst,
}

/// Attributes of a data object (DATA). What is absent is left to the token.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct DataAttributes {
    /// `CKA_PRIVATE`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    /// `CKA_COPYABLE`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copyable: Option<bool>,
    /// `CKA_MODIFIABLE`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modifiable: Option<bool>,
    /// `CKA_DESTROYABLE`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroyable: Option<bool>,
    /// `CKA_APPLICATION`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// `CKA_OBJECT_ID` as a dotted identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
}
