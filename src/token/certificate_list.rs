//! A list of certificates with optional keys (CERT), as every kind of token reads it.
//!
//! Published is `cert1,key1;cert2,key2;…` in Base64 and one mode. The rest is decided here (perso):
//! a key is PKCS#8 in DER, a key and its certificate share an identifier, a label is the subject of
//! the certificate, and the list of results has one word for each entry, `ok` or `failed`, joined by
//! `;`. How an entry gets onto a token is not known here.

use sha2::{Digest as _, Sha256};

use super::{ObjectId, Retry, TokenError};
use crate::operation::CertificateListMode;
use crate::pki::{Certificate, PrivateKey};
use crate::secret::{Encoding, Secret};

/// One entry of the list.
pub(super) struct Entry {
    pub certificate: Certificate,
    pub key: Option<PrivateKey>,
    /// `CKA_ID` of certificate and key.
    pub id: Vec<u8>,
    pub label: String,
}

/// Writes entry by entry; gives the list of results.
pub(super) fn write_each(
    list: &Secret,
    id: &ObjectId,
    mode: CertificateListMode,
    mut write: impl FnMut(&Entry) -> Result<(), TokenError>,
) -> Result<Secret, TokenError> {
    let entries = entries(list, id);
    if let Some(error) = fatal(&entries, mode) {
        return Err(error.clone());
    }
    let mut words = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let written = match entry {
            Ok(entry) => write(entry),
            Err(error) => Err(error.clone()),
        };
        match written {
            Ok(()) => words.push("ok"),
            Err(error) if must_succeed(index, mode) => return Err(numbered(index, error)),
            Err(_) => words.push("failed"),
        }
    }
    Ok(Secret::from(words.join(";")))
}

/// Whether those entries are there that must be.
pub(super) fn all_there(
    list: &Secret,
    id: &ObjectId,
    mode: CertificateListMode,
    mut is_there: impl FnMut(&Entry) -> Result<bool, TokenError>,
) -> Result<bool, TokenError> {
    for (index, entry) in entries(list, id).iter().enumerate() {
        let there = entry
            .as_ref()
            .is_ok_and(|entry| is_there(entry) == Ok(true));
        if !there && must_succeed(index, mode) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The first entry must succeed in every mode.
const fn must_succeed(index: usize, mode: CertificateListMode) -> bool {
    index == 0 || matches!(mode, CertificateListMode::All)
}

/// What is wrong with an entry that must succeed, found before anything is written.
pub(super) fn fatal(
    entries: &[Result<Entry, TokenError>],
    mode: CertificateListMode,
) -> Option<&TokenError> {
    let mut counted = entries.iter().enumerate();
    counted.find_map(|(index, entry)| match entry {
        Err(error) if must_succeed(index, mode) => Some(error),
        _ => None,
    })
}

/// The entries of a list, each read by itself.
pub(super) fn entries(list: &Secret, id: &ObjectId) -> Vec<Result<Entry, TokenError>> {
    let parts = list.expose().split(|byte| *byte == b';');
    let mut parts: Vec<_> = parts.collect();
    // A list may end in its separator.
    parts.pop_if(|last| last.iter().all(u8::is_ascii_whitespace));
    let read = parts.into_iter().enumerate();
    let mut entries: Vec<_> = read
        .map(|(index, part)| entry(part, entry_id(id, index)).map_err(|e| numbered(index, e)))
        .collect();
    if entries.is_empty() {
        entries.push(Err(refused("the list of certificates is empty")));
    }
    entries
}

fn entry(part: &[u8], id: Vec<u8>) -> Result<Entry, TokenError> {
    let mut halves = part.splitn(2, |byte| *byte == b',');
    let decoded = |part: &[u8], what: &str| {
        let written = Secret::new(part.to_vec());
        let decoded = Encoding::Base64.decode(&written);
        decoded.map_err(|_| refused(format!("the {what} is not Base64")))
    };
    let certificate = decoded(halves.next().unwrap_or_default(), "certificate")?;
    let certificate =
        Certificate::from_der(certificate.expose()).map_err(|error| refused(error.to_string()))?;
    let key = halves
        .next()
        .filter(|key| !key.iter().all(u8::is_ascii_whitespace));
    let key = key
        .map(|key| {
            let key = decoded(key, "key")?;
            PrivateKey::from_pkcs8(&key).map_err(|error| refused(error.to_string()))
        })
        .transpose()?;
    if key
        .as_ref()
        .is_some_and(|key| !certificate.is_for(&key.public_key()))
    {
        return Err(refused("the certificate is not for the key beside it"));
    }
    Ok(Entry {
        id,
        label: certificate.subject().to_string(),
        certificate,
        key,
    })
}

/// The first 20 bytes of SHA-256 over the identifier of the operation and the 0-based number.
fn entry_id(id: &ObjectId, index: usize) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(id.0);
    hash.update(index.to_be_bytes());
    hash.finalize().split_at(20).0.to_vec()
}

fn refused(problem: impl Into<String>) -> TokenError {
    TokenError::new(Retry::Refused, problem)
}

fn numbered(index: usize, error: TokenError) -> TokenError {
    TokenError {
        problem: format!("entry {} of the list: {}", index + 1, error.problem),
        ..error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(list: &str) -> Vec<String> {
        let entries = entries(&Secret::from(list.to_owned()), &ObjectId([0; 20]));
        let errors = entries.into_iter().filter_map(Result::err);
        errors.map(|error| error.problem).collect()
    }

    #[test]
    fn each_entry_is_judged_by_itself() {
        assert_eq!(problems(""), ["the list of certificates is empty"]);
        let found = problems("*;AAAA,;");
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(
            found[0],
            "entry 1 of the list: the certificate is not Base64"
        );
    }

    #[test]
    fn the_first_entry_always_counts() {
        let broken = entries(&Secret::from("*".to_owned()), &ObjectId([0; 20]));
        assert!(fatal(&broken, CertificateListMode::AnyButTheFirst).is_some());
        assert_ne!(
            entry_id(&ObjectId([0; 20]), 0),
            entry_id(&ObjectId([0; 20]), 1)
        );
    }
}
