//! The image of a card: all that it keeps without power, as bytes and as a file.
//!
//! The bytes are a header (magic, version, length, SHA-256 of the body) and a body in JSON, the
//! same bytes for the same card. PINs and private keys stand in it in the clear: a simulated card
//! has no vault, its file has mode 0600. Pure but for the submodules that read, write and lock files.

use std::collections::BTreeMap;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::access::CredentialNumber;
use super::fcp::MASTER_FILE;
use super::simulator::secret::hex;
use super::simulator::{Card, FileKey, Files, Key, Options, Phase, Pin, State};
use super::{FileControl, Sw};

#[cfg(feature = "native")]
mod disk;
#[cfg(feature = "native")]
mod lock;

#[cfg(feature = "native")]
pub use disk::{DiskError, read, write, write_unflushed};
#[cfg(feature = "native")]
pub use lock::ImageLock;

const MAGIC: &[u8; 8] = b"PERSOCRD";
const VERSION: u16 = 1;
const DIGEST: usize = 32;
/// Magic, version, length of the body, SHA-256 of the body.
const HEADER: usize = MAGIC.len() + 2 + 4 + DIGEST;
/// Largest image, in bytes: a full card in hexadecimal, with room for the rest.
pub const MAX_SIZE: usize = 16 * 1024 * 1024;

/// Why bytes are no image of a card.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// Something else.
    #[error(
        "this is no card image: it does not start with {:?}",
        String::from_utf8_lossy(MAGIC)
    )]
    NotAnImage,
    /// Written by a later perso.
    #[error("the card image has version {found}, this perso reads version {VERSION}; update perso")]
    Newer {
        /// Its version.
        found: u16,
    },
    /// Too few or too many bytes.
    #[error(
        "the card image is cut short or has bytes behind its end: {expected} bytes expected, {found} found"
    )]
    WrongLength {
        /// Number of bytes that the header announces.
        expected: usize,
        /// Number of bytes that are there.
        found: usize,
    },
    /// The checksum is wrong.
    #[error(
        "the card image is damaged: its SHA-256 is not the one in its header; restore a copy or create a new card"
    )]
    Damaged,
    /// The body says something that no card is.
    #[error("the card image describes an impossible card: {reason}")]
    Impossible {
        /// What is impossible.
        reason: String,
    },
    /// Above [`MAX_SIZE`].
    #[error("the card image is larger than {MAX_SIZE} bytes")]
    TooLarge,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    options: Options,
    files: FileImage,
    pins: BTreeMap<CredentialNumber, Pin>,
    keys: BTreeMap<u8, Key>,
    /// Told for cards of the personality `cardos-4.4` that are in operation.
    #[serde(default, skip_serializing_if = "Phase::is_first")]
    phase: Phase,
}

/// One file with what lies in it; of its data only the part that was ever written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileImage {
    control: FileControl,
    #[serde(with = "hex")]
    data: Vec<u8>,
    files: Vec<FileImage>,
}

/// The card as bytes. They hold its secrets.
///
/// # Errors
/// [`ImageError::TooLarge`]; no card within its limits reaches that.
pub fn encode(card: &Card) -> Result<Zeroizing<Vec<u8>>, ImageError> {
    let state = card.state();
    let body = Body {
        options: state.options.clone(),
        files: file_image(&state.files, Files::MF).ok_or_else(|| impossible("no MF"))?,
        pins: state.pins.clone(),
        keys: state.keys.clone(),
        phase: state.phase,
    };
    let body = serde_json::to_vec(&body).map_err(|error| impossible(&error.to_string()))?;
    let body = Zeroizing::new(body);
    if body.len() + HEADER > MAX_SIZE {
        return Err(ImageError::TooLarge);
    }
    let mut image = Zeroizing::new(Vec::with_capacity(HEADER + body.len()));
    image.extend_from_slice(MAGIC);
    image.extend_from_slice(&VERSION.to_be_bytes());
    image.extend_from_slice(&(body.len() as u32).to_be_bytes());
    image.extend_from_slice(&Sha256::digest(&*body));
    image.extend_from_slice(&body);
    Ok(image)
}

/// A card from bytes, just powered on.
///
/// # Errors
/// If the bytes are no image, damaged, of a later version, or describe an impossible card.
pub fn decode(image: &[u8], rng: impl CryptoRng + Send + 'static) -> Result<Card, ImageError> {
    let body = checked_body(image)?;
    // The parser's message could quote a value, and values may be secret: only the place is told.
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        let at = error.column();
        impossible(&format!(
            "the body is not what version {VERSION} writes, at byte {at}"
        ))
    })?;
    Ok(Card::with_state(state(body)?, rng))
}

fn checked_body(image: &[u8]) -> Result<&[u8], ImageError> {
    let found = image.len();
    if found > MAX_SIZE {
        return Err(ImageError::TooLarge);
    }
    let rest = image.strip_prefix(MAGIC).ok_or(ImageError::NotAnImage)?;
    let cut_short = |expected| ImageError::WrongLength { expected, found };
    let (version, rest) = rest.split_first_chunk().ok_or(cut_short(HEADER))?;
    let version = u16::from_be_bytes(*version);
    if version > VERSION {
        return Err(ImageError::Newer { found: version });
    }
    let (length, rest) = rest.split_first_chunk().ok_or(cut_short(HEADER))?;
    let (digest, body) = rest.split_at_checked(DIGEST).ok_or(cut_short(HEADER))?;
    let length = u32::from_be_bytes(*length) as usize;
    if body.len() != length {
        return Err(cut_short(HEADER.saturating_add(length)));
    }
    if version != VERSION || Sha256::digest(body).as_slice() != digest {
        return Err(ImageError::Damaged);
    }
    Ok(body)
}

fn file_image(files: &Files, key: FileKey) -> Option<FileImage> {
    let file = files.get(key).ok()?;
    Some(FileImage {
        control: file.control.clone(),
        data: file.data[..file.used].to_vec(),
        files: files
            .children(key)
            .filter_map(|(child, _)| file_image(files, child))
            .collect(),
    })
}

/// Builds the card through the same checks as CREATE FILE and PUT DATA.
fn state(body: Body) -> Result<State, ImageError> {
    if body.options.memory > Options::MAX_MEMORY {
        return Err(impossible("too much memory"));
    }
    if body.options.atr.len() > 33 || body.options.serial.len() > 32 {
        return Err(impossible("the ATR or the serial number is too long"));
    }
    if !body.pins.values().all(Pin::is_sound) {
        return Err(impossible("a PIN has impossible limits"));
    }
    let numbers = State::KEY_NUMBERS;
    let sound = |(number, key): (&u8, &Key)| numbers.contains(number) && key.is_sound();
    if !body.keys.iter().all(sound) {
        return Err(impossible("a key is not of its type"));
    }
    let mut state = State::new(body.options);
    let mf = state.files.get_mut(Files::MF).map_err(refused)?;
    if !body.files.control.is_df() || body.files.control.id != MASTER_FILE {
        return Err(impossible("the outermost file is not the MF"));
    }
    mf.control = body.files.control;
    for file in body.files.files {
        add(&mut state.files, Files::MF, file)?;
    }
    state.pins = body.pins;
    state.keys = body.keys;
    state.phase = body.phase;
    Ok(state)
}

fn add(files: &mut Files, parent: FileKey, image: FileImage) -> Result<(), ImageError> {
    let key = files.create(parent, image.control).map_err(refused)?;
    if !image.data.is_empty() {
        files
            .get_mut(key)
            .and_then(|file| file.write(0, &image.data))
            .map_err(refused)?;
    }
    for file in image.files {
        add(files, key, file)?;
    }
    Ok(())
}

fn impossible(reason: &str) -> ImageError {
    ImageError::Impossible {
        reason: reason.to_owned(),
    }
}

fn refused(sw: Sw) -> ImageError {
    impossible(&format!("a file in it would be refused: {}", sw.meaning()))
}

#[cfg(test)]
mod tests;
