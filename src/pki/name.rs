//! Distinguished names (X.501), made of typed attributes.

use std::fmt;

use der::asn1::{Any, Ia5StringRef, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::oid::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

/// One attribute of a name, in the string type and within the length that RFC 5280 appendix A.1
/// gives it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)] // The names are those of X.520.
pub enum Attribute {
    CommonName(String),
    Surname(String),
    GivenName(String),
    /// The serial number of a person or device (2.5.4.5), not of a certificate.
    SerialNumber(String),
    /// Two letters of ISO 3166.
    Country(String),
    Locality(String),
    StateOrProvince(String),
    Organization(String),
    OrganizationalUnit(String),
    Title(String),
    DomainComponent(String),
    UserId(String),
    EmailAddress(String),
}

/// How an attribute is written.
#[derive(Clone, Copy)]
enum StringType {
    Utf8,
    Printable,
    Ia5,
}

/// A name that cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No attribute at all.
    #[error("the subject is empty")]
    Empty,
    /// An attribute without a value.
    #[error("the subject's {0} is empty")]
    EmptyAttribute(&'static str),
    /// An attribute above its upper bound.
    #[error("the subject's {attribute} has {length} characters; at most {limit} are allowed")]
    TooLong {
        /// Short name of the attribute.
        attribute: &'static str,
        /// Characters found.
        length: usize,
        /// Upper bound of RFC 5280 appendix A.1.
        limit: usize,
    },
    /// A country that is no country code.
    #[error("the subject's C must be a country code of two letters")]
    NotACountry,
    /// A character that the attribute's string type has no room for.
    #[error("the subject's {0} has a character that is not allowed there")]
    Character(&'static str),
    /// Not a name in DER.
    #[error("the name is not well-formed DER: {0}")]
    Der(#[from] der::Error),
}

impl Attribute {
    /// Short name, object identifier, string type, upper bound in characters, and the value.
    fn parts(&self) -> (&'static str, &'static str, StringType, usize, &str) {
        use StringType::{Ia5, Printable, Utf8};
        match self {
            Self::CommonName(value) => ("CN", "2.5.4.3", Utf8, 64, value),
            Self::Surname(value) => ("SN", "2.5.4.4", Utf8, 32_768, value),
            Self::SerialNumber(value) => ("serialNumber", "2.5.4.5", Printable, 64, value),
            Self::Country(value) => ("C", "2.5.4.6", Printable, 2, value),
            Self::Locality(value) => ("L", "2.5.4.7", Utf8, 128, value),
            Self::StateOrProvince(value) => ("ST", "2.5.4.8", Utf8, 128, value),
            Self::Organization(value) => ("O", "2.5.4.10", Utf8, 64, value),
            Self::OrganizationalUnit(value) => ("OU", "2.5.4.11", Utf8, 64, value),
            Self::Title(value) => ("title", "2.5.4.12", Utf8, 64, value),
            Self::GivenName(value) => ("GN", "2.5.4.42", Utf8, 32_768, value),
            Self::DomainComponent(value) => ("DC", "0.9.2342.19200300.100.1.25", Ia5, 63, value),
            Self::UserId(value) => ("UID", "0.9.2342.19200300.100.1.1", Utf8, 256, value),
            Self::EmailAddress(value) => ("emailAddress", "1.2.840.113549.1.9.1", Ia5, 255, value),
        }
    }

    fn encode(&self) -> Result<AttributeTypeAndValue, NameError> {
        let (name, oid, string_type, limit, value) = self.parts();
        let length = value.chars().count();
        if length == 0 {
            return Err(NameError::EmptyAttribute(name));
        }
        let letters = value.chars().all(|letter| letter.is_ascii_alphabetic());
        if matches!(self, Self::Country(_)) && !(length == 2 && letters) {
            return Err(NameError::NotACountry);
        }
        if length > limit {
            return Err(NameError::TooLong {
                attribute: name,
                length,
                limit,
            });
        }
        let value = match string_type {
            StringType::Utf8 => Utf8StringRef::new(value).map(Any::from),
            StringType::Printable => PrintableStringRef::new(value).map(Any::from),
            StringType::Ia5 => Ia5StringRef::new(value).map(Any::from),
        };
        Ok(AttributeTypeAndValue {
            oid: ObjectIdentifier::new(oid).map_err(der::Error::from)?,
            value: value.map_err(|_| NameError::Character(name))?,
        })
    }
}

/// A distinguished name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DistinguishedName(Name);

impl DistinguishedName {
    /// A name of one attribute a level, from the widest (country) to the narrowest (common name).
    ///
    /// ```
    /// use perso::pki::{Attribute, DistinguishedName};
    ///
    /// let subject = DistinguishedName::new([
    ///     Attribute::Organization("Example".to_owned()),
    ///     Attribute::CommonName("Ada".to_owned()),
    /// ]);
    /// assert_eq!(subject.map(|name| name.to_string()), Ok("CN=Ada,O=Example".to_owned()));
    /// ```
    ///
    /// # Errors
    /// [`NameError`] names the attribute that RFC 5280 does not allow.
    pub fn new(attributes: impl IntoIterator<Item = Attribute>) -> Result<Self, NameError> {
        let mut sequence = RdnSequence::default();
        for attribute in attributes {
            let level = SetOfVec::try_from([attribute.encode()?])?;
            sequence.push(RelativeDistinguishedName::from(level));
        }
        if sequence.is_empty() {
            return Err(NameError::Empty);
        }
        Self::from_der(&sequence.to_der()?)
    }

    /// Reads a `Name` in DER, as `CKA_SUBJECT` holds it.
    ///
    /// # Errors
    /// [`NameError::Der`] if it is none.
    pub fn from_der(der: &[u8]) -> Result<Self, NameError> {
        Ok(Self(Name::from_der(der)?))
    }

    /// Writes the name in DER.
    ///
    /// # Errors
    /// [`NameError::Der`] is not to be expected of a name that was made by this module.
    pub fn to_der(&self) -> Result<Vec<u8>, NameError> {
        Ok(self.0.to_der()?)
    }

    pub(super) fn from_parsed(name: &Name) -> Self {
        Self(name.clone())
    }

    pub(super) const fn parsed(&self) -> &Name {
        &self.0
    }
}

/// As RFC 4514 writes it, the narrowest attribute first: `CN=Ada,O=Example`.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DistinguishedName({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_for_people() {
        let name = DistinguishedName::new([
            Attribute::Country("CH".to_owned()),
            Attribute::CommonName("Doe, \"Jo\" +1".to_owned()),
            Attribute::EmailAddress("jo@example.org".to_owned()),
        ])
        .unwrap();
        let shown = name.to_string();
        assert!(shown.contains(r#"CN=Doe\, \"Jo\" \+1,C=CH"#), "{shown}");
        assert_eq!(
            DistinguishedName::from_der(&name.to_der().unwrap()),
            Ok(name)
        );
    }

    #[test]
    fn what_rfc_5280_forbids_is_refused() {
        let refused = |attribute| DistinguishedName::new([attribute]).unwrap_err();
        assert_eq!(DistinguishedName::new([]), Err(NameError::Empty));
        assert_eq!(
            refused(Attribute::CommonName(String::new())),
            NameError::EmptyAttribute("CN")
        );
        assert_eq!(
            refused(Attribute::CommonName("ä".repeat(65))),
            NameError::TooLong {
                attribute: "CN",
                length: 65,
                limit: 64
            }
        );
        assert_eq!(
            refused(Attribute::Country("CHE".to_owned())),
            NameError::NotACountry
        );
        assert_eq!(
            refused(Attribute::SerialNumber("a_b".to_owned())),
            NameError::Character("serialNumber")
        );
        assert_eq!(
            refused(Attribute::DomainComponent("bücher".to_owned())),
            NameError::Character("DC")
        );
    }
}
