//! A development CA that is kept in a folder, so that the certificates of several runs have one
//! issuer: `ca.pem` is its certificate, `ca-key.pem` its key (PKCS#8, mode 0600).

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use der::pem::{self, LineEnding};
use p256::ecdsa::SigningKey;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use rsa::rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{DevCa, DevCaError};
use crate::pki::{Certificate, Validity};

const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca-key.pem";

impl DevCa {
    /// The authority in `folder`; a new one as [`DevCa::new`] makes it if there is none yet.
    ///
    /// # Errors
    /// [`DevCaError::Kept`] for what cannot be read, written, or does not belong together.
    pub fn kept<R: TryCryptoRng + ?Sized>(
        folder: &Path,
        rng: &mut R,
        validity: Validity,
        days: u32,
    ) -> Result<Self, DevCaError> {
        let path = folder.join(KEY);
        match fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(key) => read(folder, &key, days),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let ca = Self::new(rng, validity, days)?;
                ca.keep(folder)?;
                Ok(ca)
            }
            Err(error) => Err(kept(&path, &error)),
        }
    }

    /// The certificate first: a folder with a key has the certificate of that key.
    fn keep(&self, folder: &Path) -> Result<(), DevCaError> {
        fs::create_dir_all(folder).map_err(|error| kept(folder, &error))?;
        let certificate = folder.join(CERTIFICATE);
        fs::write(&certificate, self.certificate.to_pem()?)
            .map_err(|error| kept(&certificate, &error))?;
        let path = folder.join(KEY);
        let der = self
            .key
            .to_pkcs8_der()
            .map_err(|error| kept(&path, &error))?;
        let text = pem::encode_string("PRIVATE KEY", LineEnding::LF, der.as_bytes())
            .map(Zeroizing::new)
            .map_err(|error| kept(&path, &error))?;
        write_private(&path, text.as_bytes()).map_err(|error| kept(&path, &error))
    }
}

fn read(folder: &Path, key: &str, days: u32) -> Result<DevCa, DevCaError> {
    let path = folder.join(KEY);
    let (_, der) = pem::decode_vec(key.as_bytes()).map_err(|error| kept(&path, &error))?;
    let der = Zeroizing::new(der);
    let key = SigningKey::from_pkcs8_der(&der).map_err(|error| kept(&path, &error))?;
    let path = folder.join(CERTIFICATE);
    let text = fs::read_to_string(&path).map_err(|error| kept(&path, &error))?;
    let certificate = Certificate::from_pem(&text).map_err(|error| kept(&path, &error))?;
    let spki = key.verifying_key().to_public_key_der();
    let own = spki.map_err(|error| kept(&path, &error))?;
    let certified = certificate.public_key().and_then(|key| key.to_spki());
    if certified.ok().as_deref() != Some(own.as_bytes()) {
        return Err(kept(
            &path,
            &"it is not the certificate of the key beside it",
        ));
    }
    Ok(DevCa {
        key,
        certificate,
        days,
    })
}

fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn kept(place: &Path, reason: &dyn ToString) -> DevCaError {
    DevCaError::Kept {
        place: place.display().to_string(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use getrandom::SysRng;

    use super::*;
    use crate::pki::UnixTime;

    #[test]
    fn it_is_the_same_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("ca");
        let validity = Validity::days_from(UnixTime::from_seconds(1_772_366_400), 30);
        let ca = || DevCa::kept(&folder, &mut SysRng, validity, 30);
        assert_eq!(ca().unwrap().certificate(), ca().unwrap().certificate());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(folder.join(KEY)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(folder.join(CERTIFICATE), "x").unwrap();
        let error = ca().unwrap_err().to_string();
        assert!(error.contains("ca.pem"), "{error}");
    }
}
