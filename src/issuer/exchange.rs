//! An issuer that answers later: the request is put into a folder, and somebody puts the
//! certificate beside it, under the same name.
//!
//! Everything in the folder is public, and others write to it: an answer is read as what it is, a
//! file of unknown size and content, and counts only if it is for the key of the request.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::{AnswerError, Awaited, IssueError, Issued, Issuer, Obstacle, Request};
use crate::pki::{BundleError, Certificate, CertificateRequest, MAX_BUNDLE, PublicKey};

/// The ending of a request, in PEM.
const REQUEST: &str = "csr";
/// The endings of an answer, in any of the forms that [`Certificate::bundle`] reads.
const ANSWERS: [&str; 4] = ["cer", "crt", "pem", "p7b"];

/// A folder for requests and certificates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exchange {
    folder: PathBuf,
}

impl Exchange {
    /// Over `folder`, which has to be there.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    fn place(&self, name: &str, ending: &str) -> PathBuf {
        self.folder.join(file_name(name) + "." + ending)
    }

    /// The answers that lie in the folder under this name.
    fn answers(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        let places = ANSWERS.map(|ending| self.place(name, ending));
        places.into_iter().filter(|place| place.exists())
    }

    fn awaited(&self, name: &str, reason: Option<String>) -> IssueError {
        IssueError::Waiting(Awaited {
            request: shown(&self.place(name, REQUEST)),
            answers: ANSWERS
                .map(|ending| shown(&self.place(name, ending)))
                .to_vec(),
            reason,
        })
    }

    /// The request that a run before has put there.
    fn handed_over(&self, name: &str) -> Option<CertificateRequest> {
        let bytes = read(&self.place(name, REQUEST)).ok()?;
        let request = CertificateRequest::from_pem(std::str::from_utf8(&bytes).ok()?).ok()?;
        request.verify().ok()?;
        Some(request)
    }

    /// Puts the request there, all of it or nothing. One for the same key that lies there stays: a
    /// second one would be asked for twice.
    fn hand_over(&self, request: &Request, key: &PublicKey) -> Result<(), IssueError> {
        let csr = &request.certificate_request;
        let before = self.handed_over(&request.name);
        if before.is_some_and(|before| {
            before.public_key().as_ref() == Ok(key) && before.subject() == csr.subject()
        }) {
            return Ok(());
        }
        let place = self.place(&request.name, REQUEST);
        let pem = csr.to_pem().map_err(|error| IssueError::Refused {
            reason: error.to_string(),
        })?;
        put(&place, pem.as_bytes()).map_err(|error| IssueError::Failed {
            reason: format!("the request `{}` cannot be written: {error}", shown(&place)),
        })
    }

    /// The certificate for `key` among all answers under this name.
    fn answer(&self, name: &str, key: &PublicKey) -> Result<Issued, IssueError> {
        let mut certificates = Vec::new();
        let mut place = None;
        for answer in self.answers(name) {
            match certificates_in(&answer) {
                Ok(found) => certificates.extend(found),
                // It may be that somebody is still writing it.
                Err(reason) => {
                    let reason = format!("`{}` cannot be used yet: {reason}", shown(&answer));
                    return Err(self.awaited(name, Some(reason)));
                }
            }
            place.get_or_insert(answer);
        }
        let Some(place) = place else {
            return Err(self.awaited(name, None));
        };
        Issued::among(certificates, key).map_err(|reason| IssueError::Unfit {
            place: match reason {
                AnswerError::OtherKey { .. } => format!(
                    "the answer `{}` is not the one to the request `{}`; replace it",
                    shown(&place),
                    shown(&self.place(name, REQUEST))
                ),
                _ => format!("the answer `{}`; leave one of them", shown(&place)),
            },
            reason,
        })
    }
}

impl Issuer for Exchange {
    fn issue(&mut self, request: &Request) -> Result<Issued, IssueError> {
        let csr = &request.certificate_request;
        let key = csr.public_key().map_err(|error| IssueError::Refused {
            reason: error.to_string(),
        })?;
        self.hand_over(request, &key)?;
        self.answer(&request.name, &key)
    }

    /// An answer that lies there before anything was asked is to something else.
    fn obstacle(&self, name: &str, resumes: bool) -> Option<Obstacle> {
        let folder = shown(&self.folder);
        if !self.folder.is_dir() {
            return Some(Obstacle {
                problem: format!("the exchange folder `{folder}` of the issuer is not there"),
                help: "make it, or correct the job: [issuer] folder = \"…\"".to_owned(),
            });
        }
        let old = self.answers(name).next().filter(|_| !resumes)?;
        Some(Obstacle {
            problem: format!("`{}` answers a request of this job already", shown(&old)),
            help: "continue that run with --resume JOURNAL; or take the file away, or give this \
                   job another name"
                .to_owned(),
        })
    }

    fn look(&self, name: &str) -> Result<(), IssueError> {
        // Without a request of ours there is nothing to hold an answer against: it is made again.
        let Some(key) = self
            .handed_over(name)
            .and_then(|request| request.public_key().ok())
        else {
            return Ok(());
        };
        self.answer(name, &key).map(|_| ())
    }
}

/// The name of a request as that of a file on every system: what is neither letter, digit, `.`, `_`
/// nor `-`, and a dot in front, is `%` with its bytes in hexadecimal.
fn file_name(name: &str) -> String {
    let mut file = String::with_capacity(name.len());
    for (place, byte) in name.bytes().enumerate() {
        match byte {
            b'.' if place == 0 => file.push_str("%2E"),
            b'.' | b'_' | b'-' => file.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => file.push(char::from(byte)),
            _ => file.push_str(&format!("%{byte:02X}")),
        }
    }
    file
}

fn certificates_in(place: &Path) -> Result<Vec<Certificate>, String> {
    let bytes = read(place).map_err(|error| error.to_string())?;
    Certificate::bundle(&bytes).map_err(|error: BundleError| error.to_string())
}

/// At most one byte more than an answer can have. A pipe, which could keep a reader for ever, is no
/// answer.
fn read(place: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(place)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(place)?;
    file.take(MAX_BUNDLE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whoever looks into the folder sees the whole file or none. Everybody may read it.
fn put(place: &Path, text: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let folder = place.parent().unwrap_or(Path::new("."));
    let mut new = builder.prefix(".perso-").tempfile_in(folder)?;
    new.write_all(text)?;
    new.as_file().sync_all()?;
    new.persist(place)?;
    Ok(())
}

fn shown(place: &Path) -> String {
    place.display().to_string()
}

#[cfg(test)]
mod tests {
    use getrandom::SysRng;

    use super::super::DevCa;
    use super::*;
    use crate::pki::{
        Attribute, Curve, DistinguishedName, KeyKind, PrivateKey, UnixTime, Validity,
    };

    const NOW: UnixTime = UnixTime::from_seconds(1_772_366_400);
    const NAME: &str = "17-A.obtain";

    fn request() -> Request {
        let mut key = PrivateKey::generate(KeyKind::Ec(Curve::P256), &mut SysRng).unwrap();
        let subject = DistinguishedName::new([Attribute::CommonName("17".to_owned())]).unwrap();
        Request {
            name: NAME.to_owned(),
            certificate_request: CertificateRequest::build(&subject, &mut key).unwrap(),
            template: "User".to_owned(),
            now: NOW,
        }
    }

    fn certificate(request: &Request) -> Certificate {
        let mut ca = DevCa::new(&mut SysRng, Validity::days_from(NOW, 30), 30).unwrap();
        ca.issue(request).unwrap().certificate
    }

    /// What it waits for, and why.
    fn waiting(answer: Result<Issued, IssueError>) -> Option<String> {
        match answer.unwrap_err() {
            IssueError::Waiting(awaited) => awaited.reason,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_request_waits_for_the_certificate_of_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let mut exchange = Exchange::new(folder.path());
        let request = request();
        assert_eq!(exchange.obstacle(NAME, false), None);
        assert_eq!(waiting(exchange.issue(&request)), None);
        let csr = fs::read_to_string(folder.path().join("17-A.obtain.csr")).unwrap();
        assert_eq!(csr, request.certificate_request.to_pem().unwrap());
        assert!(matches!(exchange.look(NAME), Err(IssueError::Waiting(_))));

        let answer = folder.path().join("17-A.obtain.crt");
        let certificate = certificate(&request);
        let pem = certificate.to_pem().unwrap();
        fs::write(&answer, pem.split_at(100).0).unwrap();
        let reason = waiting(exchange.issue(&request)).unwrap();
        assert!(reason.contains("cut off"), "{reason}");

        fs::write(&answer, pem).unwrap();
        exchange.look(NAME).unwrap();
        assert_eq!(exchange.issue(&request).unwrap().certificate, certificate);
        assert!(exchange.obstacle(NAME, true).is_none());
        assert!(exchange.obstacle(NAME, false).is_some());
    }

    #[test]
    fn a_foreign_certificate_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut exchange = Exchange::new(folder.path());
        let mine = request();
        assert_eq!(waiting(exchange.issue(&mine)), None);
        let foreign = certificate(&request());
        fs::write(folder.path().join("17-A.obtain.cer"), foreign.der()).unwrap();
        for told in [exchange.look(NAME).err(), exchange.issue(&mine).err()] {
            let told = told.unwrap().to_string();
            assert!(told.contains("for another key"), "{told}");
        }
    }

    #[test]
    fn a_request_for_the_same_key_stays_and_another_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let mut exchange = Exchange::new(folder.path());
        let place = folder.path().join("17-A.obtain.csr");
        fs::write(&place, "no request").unwrap();
        exchange.look(NAME).unwrap();
        for _ in 0..2 {
            let request = request();
            assert_eq!(waiting(exchange.issue(&request)), None);
            let written = fs::metadata(&place).unwrap().modified().unwrap();
            assert_eq!(waiting(exchange.issue(&request)), None);
            assert_eq!(fs::metadata(&place).unwrap().modified().unwrap(), written);
            let csr = fs::read_to_string(&place).unwrap();
            assert_eq!(csr, request.certificate_request.to_pem().unwrap());
        }
    }

    #[test]
    fn names_stay_in_the_folder() {
        assert_eq!(file_name("../a/b c-ä"), "%2E.%2Fa%2Fb%20c-%C3%A4");
        assert_eq!(file_name("2026_1-A.obtain"), "2026_1-A.obtain");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let exchange = Exchange::new(folder.path().join("elsewhere"));
        let obstacle = exchange.obstacle(NAME, false).unwrap();
        assert!(obstacle.problem.contains("is not there"), "{obstacle:?}");
    }
}
