//! PKCS#12 files (RFC 7292): one private key, its certificate, and the certificates above it.

use der::{Reader as _, SliceReader};
use p12_keystore as library;

use super::{Certificate, CertificateError, KeyError, PrivateKey};
use crate::secret::Secret;

/// What a PKCS#12 file holds for a card.
///
/// Beneath, the library holds decrypted keys in memory that it does not wipe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pkcs12 {
    /// The private key.
    pub key: PrivateKey,
    /// The certificate of that key.
    pub certificate: Certificate,
    /// The other certificates, in the order of the file, none twice.
    pub chain: Vec<Certificate>,
}

/// What to do with a file that nothing protects against changes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Integrity {
    /// Refuse a file without a MAC.
    #[default]
    Required,
    /// Take it: whoever could write to it may have exchanged its contents.
    Optional,
}

/// A PKCS#12 file that cannot be read or written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Pkcs12Error {
    /// The MAC or a decryption fails.
    #[error("the password is wrong, or the PKCS#12 file was changed")]
    WrongPassword,
    /// A password that is no text.
    #[error("the password of the PKCS#12 file is not UTF-8 text")]
    PasswordNotText,
    /// Not PKCS#12.
    #[error("this is no PKCS#12 file in DER, or it is damaged")]
    Damaged,
    /// No MAC.
    #[error(
        "the PKCS#12 file has no MAC: nothing shows whether its key and certificate were exchanged; \
         write it again with a MAC, or allow files without one"
    )]
    NoMac,
    /// Algorithms that are not supported.
    #[error(
        "the PKCS#12 file is protected in a way that is not supported; \
         use PBES2 with AES and an HMAC, as `openssl pkcs12 -export` does by default"
    )]
    Unsupported,
    /// No private key.
    #[error("the PKCS#12 file holds no private key")]
    NoKey,
    /// Several private keys.
    #[error("the PKCS#12 file holds {0} private keys; exactly one is needed")]
    SeveralKeys(usize),
    /// No certificate for the key.
    #[error("the PKCS#12 file holds no certificate for its private key")]
    NoCertificate,
    /// A key that cannot be used.
    #[error("the private key in the PKCS#12 file cannot be used: {0}")]
    Key(#[from] KeyError),
    /// A certificate that cannot be used.
    #[error("a certificate in the PKCS#12 file cannot be used: {0}")]
    Certificate(#[from] CertificateError),
}

impl Pkcs12 {
    /// Reads `file` with `password`.
    ///
    /// # Errors
    /// [`Pkcs12Error`] tells a wrong password from a damaged file as far as the file allows.
    pub fn read(file: &[u8], password: &Secret, integrity: Integrity) -> Result<Self, Pkcs12Error> {
        let has_mac = has_mac(file).map_err(|_| Pkcs12Error::Damaged)?;
        if !has_mac && integrity == Integrity::Required {
            return Err(Pkcs12Error::NoMac);
        }
        let archive = library::Pkcs12Archive::from_pkcs12(file, text(password)?)
            .map_err(|error| explain(&error, has_mac))?;
        let key = match archive.keys.as_slice() {
            [] => return Err(Pkcs12Error::NoKey),
            [bag] => PrivateKey::from_pkcs8(&Secret::new(bag.key.as_der().to_vec()))?,
            several => return Err(Pkcs12Error::SeveralKeys(several.len())),
        };
        let certificates = archive
            .certs
            .iter()
            .map(|bag| Certificate::from_der(bag.cert.as_der()))
            .collect::<Result<Vec<_>, _>>()?;
        Self::sort(key, certificates)
    }

    /// Writes the file: PBES2 with AES-256, HMAC with SHA-256.
    ///
    /// `name` is the friendly name of the key.
    ///
    /// # Errors
    /// [`Pkcs12Error::PasswordNotText`]; others are not to be expected.
    pub fn write(&self, name: &str, password: &Secret) -> Result<Secret, Pkcs12Error> {
        let identifier = self.key.public_key().key_identifier()?;
        let key = library::PrivateKey::from_der(self.key.to_pkcs8()?.expose());
        let key = key.map_err(|_| Pkcs12Error::Damaged)?;
        let certificates = std::iter::once(&self.certificate)
            .chain(&self.chain)
            .map(|certificate| library::Certificate::from_der(certificate.der()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| Pkcs12Error::Damaged)?;
        let chain = library::PrivateKeyChain::new(identifier.as_slice(), key, certificates);
        let mut store = library::KeyStore::new();
        store.add_entry(name, library::KeyStoreEntry::PrivateKeyChain(chain));
        let file = store.writer(text(password)?).write();
        file.map(Secret::new).map_err(|_| Pkcs12Error::Damaged)
    }

    /// Finds the certificate by its key: names and local key identifiers may lie.
    fn sort(key: PrivateKey, certificates: Vec<Certificate>) -> Result<Self, Pkcs12Error> {
        let public_key = key.public_key();
        let mut own = None;
        let mut chain = Vec::new();
        for certificate in certificates {
            if own.is_none() && certificate.is_for(&public_key) {
                own = Some(certificate);
            } else if own.as_ref() != Some(&certificate) && !chain.contains(&certificate) {
                chain.push(certificate);
            }
        }
        Ok(Self {
            key,
            certificate: own.ok_or(Pkcs12Error::NoCertificate)?,
            chain,
        })
    }
}

fn text(password: &Secret) -> Result<&str, Pkcs12Error> {
    password
        .expose_text()
        .map_err(|_| Pkcs12Error::PasswordNotText)
}

/// `PFX ::= SEQUENCE { version, authSafe, macData OPTIONAL }`
fn has_mac(file: &[u8]) -> der::Result<bool> {
    let mut reader = SliceReader::new(file)?;
    let has_mac = reader.sequence(|fields: &mut SliceReader<'_>| {
        fields.tlv_bytes()?;
        fields.tlv_bytes()?;
        let has_mac = !fields.is_finished();
        if has_mac {
            fields.tlv_bytes()?;
        }
        Ok::<_, der::Error>(has_mac)
    })?;
    reader.finish()?;
    Ok(has_mac)
}

/// Without a MAC only the padding of what was decrypted shows a wrong password; with one, the
/// password is right before anything is decrypted.
fn explain(error: &library::error::Error, has_mac: bool) -> Pkcs12Error {
    use library::error::Error;
    match error {
        Error::MacError(_) => Pkcs12Error::WrongPassword,
        Error::UnpadError | Error::Pkcs5Error(_) | Error::DerError(_) if !has_mac => {
            Pkcs12Error::WrongPassword
        }
        Error::UnsupportedEncryptionScheme
        | Error::UnsupportedMacAlgorithm
        | Error::UnsupportedContentType
        | Error::UnsupportedCertificateType
        | Error::InvalidParameters => Pkcs12Error::Unsupported,
        _ => Pkcs12Error::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rubbish_is_damaged() {
        for file in [
            &b""[..],
            b"\x30\x80",
            b"-----BEGIN",
            &[0x30, 3, 2, 1, 3],
            &[0xff; 64],
        ] {
            let read = Pkcs12::read(file, &Secret::default(), Integrity::Optional);
            assert_eq!(read, Err(Pkcs12Error::Damaged), "{file:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = Pkcs12::read(&bytes, &Secret::default(), Integrity::Optional);
        }
    }
}
