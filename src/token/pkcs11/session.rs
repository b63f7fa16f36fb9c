//! A session with a token: login, PINs, keys, signatures, objects.

use std::fmt;
use std::sync::Arc;

use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource};
use cryptoki::mechanism::{Mechanism as C, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType};
use cryptoki::session::{Session as Inner, UserType};
use cryptoki::types::AuthPin;

use super::module::Context;
use super::object::{
    certificate_template, ec_public_key, key_pair_templates, private_key_template,
    public_key_template,
};
use super::{DataObject, Error, KeyName, KeyPair, Object, ReturnCode, Search};
use crate::pki::{
    Certificate, DecryptError, KeyEncryption, KeyKind, OaepHash, PrivateKey, PublicKey,
    RsaPublicKey, Signer,
};
use crate::secret::Secret;

/// Who logs in (`CK_USER_TYPE`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// `CKU_SO`, with the SO PIN (PUK): sets user PINs.
    SecurityOfficer,
    /// `CKU_USER`, with the user PIN: uses keys, writes objects.
    User,
}

impl Role {
    const fn code(self) -> UserType {
        match self {
            Self::SecurityOfficer => UserType::So,
            Self::User => UserType::User,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecurityOfficer => "security officer",
            Self::User => "user",
        })
    }
}

/// A session that can read and write. It closes, and logs out, when it is dropped.
///
/// Nothing here is ever tried twice, least of all a PIN.
#[derive(Debug)]
pub struct Session {
    // Before the context: a session closes before its module is finalised.
    inner: Inner,
    _context: Arc<Context>,
}

impl Session {
    pub(super) const fn new(inner: Inner, context: Arc<Context>) -> Self {
        Self {
            inner,
            _context: context,
        }
    }

    /// Logs in (`C_Login`). The login holds for all sessions of the process with this token.
    ///
    /// Whoever calls this has looked at [`TokenInfo::user_pin`](super::TokenInfo::user_pin) or
    /// [`so_pin`](super::TokenInfo::so_pin) first: a wrong PIN is counted by the token.
    ///
    /// # Errors
    /// [`Error::PinNotText`] before the token is asked; [`Error::Call`].
    pub fn login(&self, role: Role, pin: &Secret) -> Result<(), Error> {
        Ok(self.inner.login(role.code(), Some(&auth_pin(pin)?))?)
    }

    /// Logs in with the PIN pad of the reader, on tokens with a protected authentication path.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn login_at_reader(&self, role: Role) -> Result<(), Error> {
        Ok(self.inner.login(role.code(), None)?)
    }

    /// Logs out (`C_Logout`). Private objects found before are gone.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn logout(&self) -> Result<(), Error> {
        Ok(self.inner.logout()?)
    }

    /// Sets the user PIN (`C_InitPIN`); the security officer is logged in.
    ///
    /// # Errors
    /// [`Error::PinNotText`] before the token is asked; [`Error::Call`].
    pub fn init_pin(&self, pin: &Secret) -> Result<(), Error> {
        Ok(self.inner.init_pin(&auth_pin(pin)?)?)
    }

    /// Changes the PIN of the role that is logged in, of the user if nobody is (`C_SetPIN`).
    ///
    /// # Errors
    /// [`Error::PinNotText`] before the token is asked; [`Error::Call`]. After an answer other
    /// than `CKR_OK` the old PIN holds, unless the answer itself got lost.
    pub fn set_pin(&self, old: &Secret, new: &Secret) -> Result<(), Error> {
        Ok(self.inner.set_pin(&auth_pin(old)?, &auth_pin(new)?)?)
    }

    /// Makes a key pair on the token (`C_GenerateKeyPair`); the private half never leaves it.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn generate_key_pair(&self, kind: KeyKind, name: &KeyName) -> Result<KeyPair, Error> {
        let mechanism = match kind {
            KeyKind::Rsa { .. } => C::RsaPkcsKeyPairGen,
            KeyKind::Ec(_) => C::EccKeyPairGen,
        };
        let (public, private) = key_pair_templates(kind, name)?;
        let (public, private) = self
            .inner
            .generate_key_pair(&mechanism, &public, &private)?;
        Ok(KeyPair {
            public: Object(public),
            private: Object(private),
        })
    }

    /// Reads a public key.
    ///
    /// # Errors
    /// [`Error::Call`]; [`Error::MissingAttribute`] for an object that is none; [`Error::Key`]
    /// for one of a kind that is not supported.
    pub fn public_key(&self, key: Object) -> Result<PublicKey, Error> {
        let asked = [
            AttributeType::KeyType,
            AttributeType::Modulus,
            AttributeType::PublicExponent,
            AttributeType::EcParams,
            AttributeType::EcPoint,
        ];
        let (mut modulus, mut exponent, mut parameters, mut point) = (None, None, None, None);
        let mut key_type = None;
        for attribute in self.inner.get_attributes(key.0, &asked)? {
            match attribute {
                Attribute::KeyType(value) => key_type = Some(value),
                Attribute::Modulus(value) => modulus = Some(value),
                Attribute::PublicExponent(value) => exponent = Some(value),
                Attribute::EcParams(value) => parameters = Some(value),
                Attribute::EcPoint(value) => point = Some(value),
                _ => {}
            }
        }
        if key_type == Some(KeyType::RSA) {
            let modulus = modulus.ok_or(Error::MissingAttribute("CKA_MODULUS"))?;
            let exponent = exponent.ok_or(Error::MissingAttribute("CKA_PUBLIC_EXPONENT"))?;
            Ok(PublicKey::Rsa(RsaPublicKey::new(&modulus, &exponent)?))
        } else {
            let parameters = parameters.ok_or(Error::MissingAttribute("CKA_EC_PARAMS"))?;
            let point = point.ok_or(Error::MissingAttribute("CKA_EC_POINT"))?;
            Ok(PublicKey::Ec(ec_public_key(&parameters, &point)?))
        }
    }

    /// Signs with a private key of the same kind as `public`: `CKM_RSA_PKCS` over a DigestInfo,
    /// `CKM_ECDSA` over a hash. The result is as [`Signer::sign`] wants it.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn sign(
        &self,
        key: Object,
        public: &PublicKey,
        to_be_signed: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let mechanism = match public {
            PublicKey::Rsa(_) => C::RsaPkcs,
            PublicKey::Ec(_) => C::Ecdsa,
        };
        Ok(self.inner.sign(&mechanism, key.0, to_be_signed)?)
    }

    /// Decrypts with an RSA private key and takes the padding off: `CKM_RSA_PKCS_OAEP`, and where
    /// the token does not know it with this hash, `CKM_RSA_X_509` with the padding taken off here,
    /// in constant time.
    ///
    /// # Errors
    /// [`DecryptError::Rejected`] for wrong padding; [`DecryptError::Unsupported`] if the token can
    /// do neither, and for RSAES-PKCS1-v1_5, whose wrong padding a token shows;
    /// [`DecryptError::Failed`] with the token's answer.
    pub fn decrypt(
        &self,
        key: Object,
        public: &RsaPublicKey,
        scheme: KeyEncryption,
        encrypted: &[u8],
    ) -> Result<Secret, DecryptError> {
        let KeyEncryption::Oaep(hash) = scheme else {
            return Err(DecryptError::Unsupported(scheme));
        };
        let answer = self.inner.decrypt(&oaep(hash), key.0, encrypted);
        match answer.map_err(Error::from) {
            Ok(message) => return Ok(Secret::new(message)),
            Err(error) if !is_unsupported(&error) => return Err(undecrypted(&error)),
            Err(_) => {}
        }
        match self.inner.decrypt(&C::RsaX509, key.0, encrypted) {
            Ok(encoded) => hash.unpad(&as_long_as_modulus(encoded, public)),
            Err(error) => match error.into() {
                error if is_unsupported(&error) => Err(DecryptError::Unsupported(scheme)),
                error => Err(undecrypted(&error)),
            },
        }
    }

    /// The key pair as somebody who signs certificate requests; reads the public key.
    ///
    /// # Errors
    /// As [`Session::public_key`].
    pub fn signer(&self, pair: KeyPair) -> Result<TokenSigner<'_>, Error> {
        Ok(TokenSigner {
            public_key: self.public_key(pair.public)?,
            key: pair.private,
            session: self,
        })
    }

    /// Objects on the token, in no order. Private ones show only while the user is logged in.
    ///
    /// "None" is no proof of absence: a module whose token is gone may answer the same. Read
    /// [`Module::token_info`](super::Module::token_info) again before believing it.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn find(&self, search: &Search) -> Result<Vec<Object>, Error> {
        let found = self.inner.find_objects(&search.template())?;
        Ok(found.into_iter().map(Object).collect())
    }

    /// Writes a certificate.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn create_certificate(
        &self,
        certificate: &Certificate,
        name: &KeyName,
    ) -> Result<Object, Error> {
        self.create(&certificate_template(certificate, name)?)
    }

    /// Writes a data object.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn create_data(&self, data: &DataObject) -> Result<Object, Error> {
        let mut template = data.template();
        let created = self.create(&template);
        wipe(&mut template);
        created
    }

    /// Writes a public key.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn create_public_key(&self, key: &PublicKey, name: &KeyName) -> Result<Object, Error> {
        self.create(&public_key_template(key, name)?)
    }

    /// Writes a private key from outside, which then does not leave the token any more; `certificate`
    /// gives it its `CKA_SUBJECT`.
    ///
    /// By `C_CreateObject` only: tokens that take keys by `C_UnwrapKey` alone are told apart by
    /// [`Error::NoKeyImport`].
    ///
    /// # Errors
    /// [`Error::NoKeyImport`]; [`Error::Call`].
    pub fn import_private_key(
        &self,
        key: &PrivateKey,
        name: &KeyName,
        certificate: Option<&Certificate>,
    ) -> Result<Object, Error> {
        use ReturnCode as Code;
        let mut template = private_key_template(key, name, certificate)?;
        let created = self.create(&template);
        wipe(&mut template);
        created.map_err(|error| match error.code() {
            Some(
                code @ (Code::FUNCTION_NOT_SUPPORTED
                | Code::TEMPLATE_INCONSISTENT
                | Code::ATTRIBUTE_VALUE_INVALID
                | Code::ATTRIBUTE_READ_ONLY
                | Code::ACTION_PROHIBITED),
            ) => Error::NoKeyImport { code },
            _ => error,
        })
    }

    /// Reads a certificate.
    ///
    /// # Errors
    /// [`Error::Call`]; [`Error::MissingAttribute`]; [`Error::Certificate`] if it is none.
    pub fn read_certificate(&self, certificate: Object) -> Result<Certificate, Error> {
        Ok(Certificate::from_der(&self.value(certificate)?)?)
    }

    /// Reads the value of a data object. It may hold secrets.
    ///
    /// # Errors
    /// [`Error::Call`]; [`Error::MissingAttribute`] if the token does not give it away.
    pub fn read_data(&self, data: Object) -> Result<Secret, Error> {
        self.value(data).map(Secret::new)
    }

    /// Reads identifier and label of an object; either is empty if it has none.
    ///
    /// # Errors
    /// [`Error::Call`]; [`Error::InvalidAnswer`] for a label that is not UTF-8.
    pub fn name(&self, object: Object) -> Result<KeyName, Error> {
        let mut name = KeyName {
            id: Vec::new(),
            label: String::new(),
        };
        let asked = [AttributeType::Id, AttributeType::Label];
        for attribute in self.inner.get_attributes(object.0, &asked)? {
            match attribute {
                Attribute::Id(id) => name.id = id,
                Attribute::Label(label) => {
                    name.label = String::from_utf8(label)
                        .map_err(|_| Error::InvalidAnswer("CKA_LABEL is not UTF-8".to_owned()))?;
                }
                _ => {}
            }
        }
        Ok(name)
    }

    /// Gives an object another identifier and label (`C_SetAttributeValue`).
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn rename(&self, object: Object, name: &KeyName) -> Result<(), Error> {
        let attributes = [
            Attribute::Id(name.id.clone()),
            Attribute::Label(name.label.as_bytes().to_vec()),
        ];
        Ok(self.inner.update_attributes(object.0, &attributes)?)
    }

    /// Destroys an object (`C_DestroyObject`). Whether it stays destroyed is known only from a new
    /// session.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn destroy(&self, object: Object) -> Result<(), Error> {
        Ok(self.inner.destroy_object(object.0)?)
    }

    fn create(&self, template: &[Attribute]) -> Result<Object, Error> {
        Ok(Object(self.inner.create_object(template)?))
    }

    fn value(&self, object: Object) -> Result<Vec<u8>, Error> {
        let attributes = self
            .inner
            .get_attributes(object.0, &[AttributeType::Value])?;
        match attributes.into_iter().next() {
            Some(Attribute::Value(value)) => Ok(value),
            _ => Err(Error::MissingAttribute("CKA_VALUE")),
        }
    }
}

/// A key pair on a token as a [`Signer`].
#[derive(Debug)]
pub struct TokenSigner<'session> {
    public_key: PublicKey,
    key: Object,
    session: &'session Session,
}

impl Signer for TokenSigner<'_> {
    type Error = Error;

    fn public_key(&self) -> PublicKey {
        self.public_key.clone()
    }

    fn sign(&mut self, to_be_signed: &[u8]) -> Result<Vec<u8>, Error> {
        self.session.sign(self.key, &self.public_key, to_be_signed)
    }
}

/// `CKM_RSA_PKCS_OAEP` with an empty label.
fn oaep(hash: OaepHash) -> C<'static> {
    let (hash, mask) = match hash {
        OaepHash::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        OaepHash::Sha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
    };
    C::RsaPkcsOaep(PkcsOaepParams::new(hash, mask, PkcsOaepSource::empty()))
}

/// Whether a token has refused the mechanism or its parameters before it decrypted anything;
/// `CKR_ARGUMENTS_BAD` is SoftHSM's word for a hash other than SHA-1.
fn is_unsupported(error: &Error) -> bool {
    use ReturnCode as Code;
    let Error::Call { code, function } = error else {
        return false;
    };
    function == "C_DecryptInit"
        && [
            Code::MECHANISM_INVALID,
            Code::MECHANISM_PARAM_INVALID,
            Code::ARGUMENTS_BAD,
            Code::FUNCTION_NOT_SUPPORTED,
        ]
        .contains(code)
}

fn undecrypted(error: &Error) -> DecryptError {
    use ReturnCode as Code;
    match error.code() {
        Some(
            Code::ENCRYPTED_DATA_INVALID
            | Code::ENCRYPTED_DATA_LEN_RANGE
            | Code::DATA_INVALID
            | Code::DATA_LEN_RANGE,
        ) => DecryptError::Rejected,
        _ => DecryptError::Failed {
            reason: error.to_string(),
        },
    }
}

/// Some tokens leave out the zeros in front of the number.
fn as_long_as_modulus(encoded: Vec<u8>, public: &RsaPublicKey) -> Secret {
    let encoded = Secret::new(encoded);
    match public.modulus().len().checked_sub(encoded.len()) {
        None | Some(0) => encoded,
        Some(missing) => Secret::new([&vec![0; missing], encoded.expose()].concat()),
    }
}

/// The PIN in the library's own wiped type. The `String` is made to size: one that had to shrink
/// would leave a copy behind.
pub(super) fn auth_pin(pin: &Secret) -> Result<AuthPin, Error> {
    let text = pin.expose_text().map_err(|_| Error::PinNotText)?;
    Ok(AuthPin::from(String::from(text)))
}

/// Overwrites the parts of a template that may be secret.
fn wipe(template: &mut [Attribute]) {
    use zeroize::Zeroize as _;
    for attribute in template {
        match attribute {
            Attribute::PrivateExponent(bytes)
            | Attribute::Prime1(bytes)
            | Attribute::Prime2(bytes)
            | Attribute::Exponent1(bytes)
            | Attribute::Exponent2(bytes)
            | Attribute::Coefficient(bytes)
            | Attribute::Value(bytes) => bytes.zeroize(),
            _ => {}
        }
    }
}
