//! Certificates as certification authorities hand them out: one or several in PEM, one in DER, or a
//! bag of them in PKCS#7 (RFC 5652 section 5, with neither content nor signature), in DER or PEM.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Certificate, CertificateError};
use crate::der::{Element, Elements, Tag};

/// Longest answer that is read, in bytes: room for a chain with its revocation lists.
pub const MAX_BUNDLE: usize = 1 << 20;

/// `id-signedData` (RFC 5652 section 5.1), the value bytes of its OBJECT IDENTIFIER.
const SIGNED_DATA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];

const SEQUENCE: Tag = Tag::new(0x30);
const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);
/// The content of a `ContentInfo`, and the certificates of `SignedData`.
const FIRST: Tag = Tag::context_constructed(0);

/// Bytes that hold no certificates.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
    /// Longer than [`MAX_BUNDLE`].
    #[error("it is longer than {MAX_BUNDLE} bytes")]
    TooLong,
    /// None of the forms.
    #[error("it is no certificate in PEM or DER, and no PKCS#7")]
    Unknown,
    /// PEM without its end, or with something else than Base64 in it.
    #[error("its PEM block `{label}` is cut off or damaged")]
    Pem {
        /// What the block says it is.
        label: String,
    },
    /// PKCS#7 that does not fit together.
    #[error("its PKCS#7 is cut off, damaged or holds no certificates")]
    Pkcs7,
    /// Something inside is no certificate.
    #[error("{0}")]
    Certificate(#[from] CertificateError),
    /// PEM, but of other things.
    #[error("it holds {labels} in PEM and no certificate")]
    Other {
        /// What it holds.
        labels: String,
    },
}

impl Certificate {
    /// Reads all certificates of an answer, in the order in which they stand there. Text around PEM
    /// blocks is passed over (RFC 7468 section 5.2), and so are blocks that are no certificates.
    ///
    /// # Errors
    /// [`BundleError`] says why there are none.
    pub fn bundle(bytes: &[u8]) -> Result<Vec<Self>, BundleError> {
        if bytes.len() > MAX_BUNDLE {
            return Err(BundleError::TooLong);
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(BundleError::Empty);
        }
        if bytes.first() == Some(&0x30) {
            return of_der(bytes);
        }
        let text = String::from_utf8_lossy(bytes);
        let blocks = Block::all(&text)?;
        let mut certificates = Vec::new();
        for block in &blocks {
            match block.label {
                "CERTIFICATE" | "X509 CERTIFICATE" => {
                    certificates.push(Self::from_der(&block.content()?)?);
                }
                "PKCS7" | "CMS" => certificates.extend(of_pkcs7(&block.content()?)?),
                _ => {}
            }
        }
        match (certificates.is_empty(), blocks.is_empty()) {
            (false, _) => Ok(certificates),
            (true, true) => Err(BundleError::Unknown),
            (true, false) => Err(BundleError::other(&blocks)),
        }
    }
}

impl BundleError {
    /// The labels of the blocks, as far as a message has room for them.
    fn other(blocks: &[Block<'_>]) -> Self {
        let labels: Vec<_> = blocks.iter().take(3).map(Block::shown).collect();
        let labels = labels.join(", ");
        Self::Other { labels }
    }
}

/// One certificate, or PKCS#7.
fn of_der(bytes: &[u8]) -> Result<Vec<Certificate>, BundleError> {
    match Certificate::from_der(bytes) {
        Ok(certificate) => Ok(vec![certificate]),
        Err(_) if is_signed_data(bytes) => of_pkcs7(bytes),
        Err(error) => Err(error.into()),
    }
}

fn is_signed_data(bytes: &[u8]) -> bool {
    let kind = child(bytes, &Elements::new(bytes), SEQUENCE)
        .and_then(|info| child(bytes, &info.children(bytes), OBJECT_IDENTIFIER));
    kind.is_some_and(|kind| kind.bytes(bytes) == SIGNED_DATA)
}

/// The certificates of a `SignedData`. Whoever signed it, if anybody did, is not asked: it is a bag.
fn of_pkcs7(bytes: &[u8]) -> Result<Vec<Certificate>, BundleError> {
    if !is_signed_data(bytes) {
        return Err(BundleError::Pkcs7);
    }
    let inside = |outer: Option<Element>, tag| child(bytes, &outer?.children(bytes), tag);
    let info = child(bytes, &Elements::new(bytes), SEQUENCE);
    let signed = inside(inside(info, FIRST), SEQUENCE);
    let bag = inside(signed, FIRST).ok_or(BundleError::Pkcs7)?;
    let mut certificates = Vec::new();
    for element in bag.children(bytes) {
        let element = element.map_err(|_| BundleError::Pkcs7)?;
        // The other choices of RFC 5652 section 10.2.2 are obsolete or no X.509.
        if element.tag == SEQUENCE {
            let der = bytes.get(element.span()).unwrap_or_default();
            certificates.push(Certificate::from_der(der)?);
        }
    }
    match certificates.is_empty() {
        true => Err(BundleError::Pkcs7),
        false => Ok(certificates),
    }
}

/// The first data object with this tag; nothing behind a damaged one.
fn child(bytes: &[u8], elements: &Elements<'_>, tag: Tag) -> Option<Element> {
    elements
        .clone()
        .map_while(Result::ok)
        .find(|element| element.tag == tag && element.value.end <= bytes.len())
}

/// A PEM block (RFC 7468).
struct Block<'t> {
    label: &'t str,
    body: &'t str,
}

impl<'t> Block<'t> {
    /// All blocks of a text.
    fn all(text: &'t str) -> Result<Vec<Self>, BundleError> {
        let mut blocks = Vec::new();
        let mut rest = text;
        while let Some((_, behind)) = rest.split_once("-----BEGIN ") {
            let (label, behind) = behind.split_once("-----").unwrap_or((behind, ""));
            let mut block = Block { label, body: "" };
            let end = ["-----END ", label, "-----"].concat();
            let Some((body, behind)) = behind.split_once(&end) else {
                return Err(block.damaged());
            };
            block.body = body;
            blocks.push(block);
            rest = behind;
        }
        Ok(blocks)
    }

    /// Lines of any length, as authorities write them.
    fn content(&self) -> Result<Vec<u8>, BundleError> {
        let body: String = self.body.split_ascii_whitespace().collect();
        STANDARD.decode(body).map_err(|_| self.damaged())
    }

    fn damaged(&self) -> BundleError {
        let label = self.shown();
        BundleError::Pem { label }
    }

    fn shown(&self) -> String {
        self.label.chars().take(40).collect()
    }
}

#[cfg(test)]
mod tests {
    use getrandom::SysRng;
    use proptest::prelude::*;

    use super::*;
    use crate::der::Tlv;
    use crate::issuer::DevCa;
    use crate::pki::{UnixTime, Validity};

    fn certificate() -> Certificate {
        let validity = Validity::days_from(UnixTime::from_seconds(1_772_366_400), 30);
        let ca = DevCa::new(&mut SysRng, validity, 30).unwrap();
        ca.certificate().clone()
    }

    fn pkcs7(certificates: &[Certificate]) -> Vec<u8> {
        let raw = |certificate: &Certificate| {
            let outer = Elements::new(certificate.der()).next().unwrap().unwrap();
            Tlv::new(SEQUENCE, outer.bytes(certificate.der()))
        };
        let signed = Tlv::list(
            SEQUENCE,
            [
                Tlv::new(Tag::new(0x02), [1]),
                Tlv::new(Tag::new(0x31), []),
                Tlv::list(SEQUENCE, []),
                Tlv::list(FIRST, certificates.iter().map(raw)),
                Tlv::new(Tag::new(0x31), []),
            ],
        );
        let kind = Tlv::new(OBJECT_IDENTIFIER, SIGNED_DATA);
        Tlv::list(SEQUENCE, [kind, Tlv::list(FIRST, [signed])]).encode()
    }

    fn pem(label: &str, der: &[u8]) -> String {
        let body = STANDARD.encode(der);
        format!("-----BEGIN {label}-----\r\n{body}\r\n-----END {label}-----\r\n")
    }

    #[test]
    fn every_form_gives_the_same_bytes() {
        let both = [certificate(), certificate()];
        let [one, other] = &both;
        let read = |bytes: &[u8]| Certificate::bundle(bytes).unwrap();
        assert_eq!(read(one.der()), std::slice::from_ref(one));
        let text = format!(
            "subject=Ada\n{}\n{}{}",
            one.to_pem().unwrap(),
            pem("X509 CRL", b"x"),
            pem("CERTIFICATE", other.der())
        );
        assert_eq!(read(text.as_bytes()), both);
        assert_eq!(read(&pkcs7(&both)), both);
        assert_eq!(read(pem("PKCS7", &pkcs7(&both)).as_bytes()), both);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let one = certificate();
        let said = |bytes: &[u8]| Certificate::bundle(bytes).unwrap_err().to_string();
        assert_eq!(said(b" \r\n"), "it is empty");
        assert_eq!(
            said(b"<html>"),
            "it is no certificate in PEM or DER, and no PKCS#7"
        );
        assert_eq!(
            said(pem("CERTIFICATE REQUEST", b"x").as_bytes()),
            "it holds CERTIFICATE REQUEST in PEM and no certificate"
        );
        let text = one.to_pem().unwrap();
        assert_eq!(
            said(text.split_at(text.len() / 2).0.as_bytes()),
            "its PEM block `CERTIFICATE` is cut off or damaged"
        );
        let der = one.der();
        assert!(said(der.split_at(der.len() - 1).0).starts_with("this is no X.509 certificate"));
        let bag = pkcs7(&[one]);
        assert!(Certificate::bundle(bag.split_at(bag.len() - 40).0).is_err());
        assert!(said(&pkcs7(&[])).starts_with("its PKCS#7"));
        assert!(said(&vec![b'x'; MAX_BUNDLE + 1]).contains("longer than"));
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>, label in ".{0,20}", at in 0_usize..700, byte: u8) {
            let _ = Certificate::bundle(&bytes);
            let _ = Certificate::bundle(pem(&label, &bytes).as_bytes());
            let mut bag = pkcs7(&[certificate()]);
            if let Some(place) = bag.get_mut(at) {
                *place = byte;
            }
            let _ = Certificate::bundle(&bag);
        }
    }
}
