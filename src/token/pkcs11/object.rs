//! Objects on a token, and the templates that describe them.

use cryptoki::object::{Attribute, CertificateType, KeyType, ObjectClass, ObjectHandle};

use super::Error;
use crate::pki::{Certificate, Curve, EcPublicKey, KeyError, KeyKind, PrivateKey, PublicKey};
use crate::secret::Secret;

/// An object as long as its session lives; private objects are gone after a logout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Object(pub(super) ObjectHandle);

/// Class of an object (`CKA_CLASS`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// `CKO_DATA`.
    Data,
    /// `CKO_CERTIFICATE`.
    Certificate,
    /// `CKO_PUBLIC_KEY`.
    PublicKey,
    /// `CKO_PRIVATE_KEY`.
    PrivateKey,
}

impl Class {
    const fn code(self) -> ObjectClass {
        match self {
            Self::Data => ObjectClass::DATA,
            Self::Certificate => ObjectClass::CERTIFICATE,
            Self::PublicKey => ObjectClass::PUBLIC_KEY,
            Self::PrivateKey => ObjectClass::PRIVATE_KEY,
        }
    }
}

/// Which objects are looked for. What is `None` does not matter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Search {
    /// `CKA_CLASS`.
    pub class: Option<Class>,
    /// `CKA_LABEL`.
    pub label: Option<String>,
    /// `CKA_ID`.
    pub id: Option<Vec<u8>>,
    /// `CKA_APPLICATION`, of data objects.
    pub application: Option<String>,
}

impl Search {
    pub(super) fn template(&self) -> Vec<Attribute> {
        let text = |text: &String| text.as_bytes().to_vec();
        // Objects of sessions are nobody's business here.
        let mut template = vec![Attribute::Token(true)];
        template.extend(self.class.map(|class| Attribute::Class(class.code())));
        template.extend(self.label.as_ref().map(text).map(Attribute::Label));
        template.extend(self.id.clone().map(Attribute::Id));
        template.extend(
            self.application
                .as_ref()
                .map(text)
                .map(Attribute::Application),
        );
        template
    }
}

/// What ties the objects of one key together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyName {
    /// `CKA_ID`, the same for private key, public key and certificate.
    pub id: Vec<u8>,
    /// `CKA_LABEL`.
    pub label: String,
}

impl KeyName {
    fn attributes(&self, class: Class) -> Vec<Attribute> {
        vec![
            Attribute::Class(class.code()),
            Attribute::Token(true),
            Attribute::Id(self.id.clone()),
            Attribute::Label(self.label.as_bytes().to_vec()),
        ]
    }
}

/// The two halves of a key on the token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyPair {
    /// `CKO_PUBLIC_KEY`.
    pub public: Object,
    /// `CKO_PRIVATE_KEY`.
    pub private: Object,
}

/// A data object (`CKO_DATA`). What is `None` is left to the token.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DataObject {
    /// `CKA_LABEL`.
    pub label: String,
    /// `CKA_VALUE`; whether it is a secret is not known here.
    pub value: Secret,
    /// `CKA_APPLICATION`.
    pub application: Option<String>,
    /// `CKA_OBJECT_ID`, an object identifier in DER.
    pub object_id: Option<Vec<u8>>,
    /// `CKA_PRIVATE`: whether only the logged-in user sees it.
    pub private: Option<bool>,
    /// `CKA_MODIFIABLE`.
    pub modifiable: Option<bool>,
    /// `CKA_COPYABLE`.
    pub copyable: Option<bool>,
    /// `CKA_DESTROYABLE`.
    pub destroyable: Option<bool>,
}

impl DataObject {
    pub(super) fn template(&self) -> Vec<Attribute> {
        let mut template = vec![
            Attribute::Class(ObjectClass::DATA),
            Attribute::Token(true),
            Attribute::Label(self.label.as_bytes().to_vec()),
            Attribute::Value(self.value.expose().to_vec()),
        ];
        let application = self
            .application
            .as_ref()
            .map(|text| text.as_bytes().to_vec());
        template.extend(application.map(Attribute::Application));
        template.extend(self.object_id.clone().map(Attribute::ObjectId));
        template.extend(self.private.map(Attribute::Private));
        template.extend(self.modifiable.map(Attribute::Modifiable));
        template.extend(self.copyable.map(Attribute::Copyable));
        template.extend(self.destroyable.map(Attribute::Destroyable));
        template
    }
}

/// Templates for the public and the private half of a key that the token makes.
///
/// Signing with both kinds; decryption with RSA, key agreement with curves.
pub(super) fn key_pair_templates(
    kind: KeyKind,
    name: &KeyName,
) -> Result<(Vec<Attribute>, Vec<Attribute>), Error> {
    let mut public = public_key_attributes(name);
    let mut private = private_key_attributes(name);
    match kind {
        KeyKind::Rsa { bits } => {
            public.push(Attribute::ModulusBits(u64::from(bits).into()));
            public.push(Attribute::PublicExponent(vec![1, 0, 1]));
            public.push(Attribute::Encrypt(true));
            private.push(Attribute::Decrypt(true));
        }
        KeyKind::Ec(curve) => {
            public.push(Attribute::EcParams(curve.parameters()?));
            private.push(Attribute::Derive(true));
        }
    }
    Ok((public, private))
}

/// Template for a private key from outside.
pub(super) fn private_key_template(
    key: &PrivateKey,
    name: &KeyName,
    certificate: Option<&Certificate>,
) -> Result<Vec<Attribute>, Error> {
    let mut template = private_key_attributes(name);
    if let Some(certificate) = certificate {
        template.push(Attribute::Subject(certificate.subject().to_der()?));
    }
    match key {
        PrivateKey::Rsa(key) => template.extend([
            Attribute::KeyType(KeyType::RSA),
            Attribute::Decrypt(true),
            Attribute::Modulus(key.public().modulus().to_vec()),
            Attribute::PublicExponent(key.public().exponent().to_vec()),
            Attribute::PrivateExponent(key.private_exponent().expose().to_vec()),
            Attribute::Prime1(key.prime_1().expose().to_vec()),
            Attribute::Prime2(key.prime_2().expose().to_vec()),
            Attribute::Exponent1(key.exponent_1().expose().to_vec()),
            Attribute::Exponent2(key.exponent_2().expose().to_vec()),
            Attribute::Coefficient(key.coefficient().expose().to_vec()),
        ]),
        PrivateKey::Ec(key) => template.extend([
            Attribute::KeyType(KeyType::EC),
            Attribute::Derive(true),
            Attribute::EcParams(key.public().curve().parameters()?),
            Attribute::Value(key.value().expose().to_vec()),
        ]),
    }
    Ok(template)
}

/// The public half: readable without a login, which not every module takes for granted.
fn public_key_attributes(name: &KeyName) -> Vec<Attribute> {
    let mut attributes = name.attributes(Class::PublicKey);
    attributes.extend([Attribute::Private(false), Attribute::Verify(true)]);
    attributes
}

/// The private half: never leaves the token.
fn private_key_attributes(name: &KeyName) -> Vec<Attribute> {
    let mut attributes = name.attributes(Class::PrivateKey);
    attributes.extend([
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ]);
    attributes
}

/// Template for a public key from outside.
pub(super) fn public_key_template(
    key: &PublicKey,
    name: &KeyName,
) -> Result<Vec<Attribute>, Error> {
    let mut template = public_key_attributes(name);
    match key {
        PublicKey::Rsa(key) => template.extend([
            Attribute::KeyType(KeyType::RSA),
            Attribute::Encrypt(true),
            Attribute::Modulus(key.modulus().to_vec()),
            Attribute::PublicExponent(key.exponent().to_vec()),
        ]),
        PublicKey::Ec(key) => template.extend([
            Attribute::KeyType(KeyType::EC),
            Attribute::EcParams(key.curve().parameters()?),
            Attribute::EcPoint(octet_string(key.point())),
        ]),
    }
    Ok(template)
}

/// Template for a certificate.
pub(super) fn certificate_template(
    certificate: &Certificate,
    name: &KeyName,
) -> Result<Vec<Attribute>, Error> {
    let mut template = name.attributes(Class::Certificate);
    template.extend([
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Private(false),
        Attribute::Subject(certificate.subject().to_der()?),
        Attribute::Issuer(certificate.issuer().to_der()?),
        Attribute::SerialNumber(certificate.serial_number_der()?),
        Attribute::Value(certificate.der().to_vec()),
    ]);
    Ok(template)
}

/// The key of `CKA_EC_PARAMS` and `CKA_EC_POINT`.
///
/// The specification (section 6.3.3) wants the point in an OCTET STRING; some tokens give it bare.
/// The length tells which it is: a bare point starts with the same byte as an OCTET STRING does.
pub(super) fn ec_public_key(parameters: &[u8], point: &[u8]) -> Result<EcPublicKey, KeyError> {
    let curve = Curve::from_parameters(parameters)?;
    let coordinate = curve.coordinate_length();
    let bare = [1 + coordinate, 1 + 2 * coordinate];
    let point = match point {
        [4, length, inner @ ..]
            if !bare.contains(&point.len()) && usize::from(*length) == inner.len() =>
        {
            inner
        }
        point => point,
    };
    EcPublicKey::new(curve, point)
}

/// An OCTET STRING in DER; a point is shorter than 128 bytes.
fn octet_string(point: &[u8]) -> Vec<u8> {
    let length = u8::try_from(point.len()).unwrap_or_default();
    [&[4, length], point].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_bare_and_in_an_octet_string() {
        for curve in [Curve::P256, Curve::P384] {
            let scalar = Secret::new(vec![1; curve.coordinate_length()]);
            let key = crate::pki::EcPrivateKey::new(curve, scalar).unwrap();
            let parameters = curve.parameters().unwrap();
            let point = key.public().point();
            let same = Ok(key.public().clone());
            assert_eq!(ec_public_key(&parameters, point), same);
            assert_eq!(ec_public_key(&parameters, &octet_string(point)), same);
            let refused = Err(KeyError::NotOnCurve(curve));
            assert_eq!(ec_public_key(&parameters, &point[1..]), refused);
            assert_eq!(ec_public_key(&parameters, &[]), refused);
        }
    }
}
