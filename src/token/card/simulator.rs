//! The simulated card as a token: `sim:` is a new card for each run, `sim:FILE` lies in an image.

#[cfg(unix)]
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use getrandom::SysRng;
use rand_core::UnwrapErr;

use super::Line;
use crate::card::image::{DiskError, ImageLock};
use crate::card::simulator::{Card, Options, Personality};
use crate::card::tree::Picture;
use crate::card::{Channel, ChannelError, Command, Response, image};
use crate::token::{Kind, Retry, TokenError, percent};

/// A `sim:` URI (perso): `sim:`, `sim:FILE`, either with `?model=iso7816` or another personality.
/// In the name of the file `%3F` stands for `?` and `%25` for `%`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimulatorUri {
    /// The image; without one the card lives as long as the process.
    pub image: Option<PathBuf>,
    /// The card to play. An image that is there knows its own.
    pub model: Option<Personality>,
}

const SCHEME: &str = "sim:";

impl SimulatorUri {
    /// Reads a URI; `None` if it is one of another scheme.
    ///
    /// # Errors
    /// What is wrong with it, in one sentence.
    pub fn parse(uri: &str) -> Option<Result<Self, String>> {
        let scheme = uri.get(..SCHEME.len())?;
        scheme
            .eq_ignore_ascii_case(SCHEME)
            .then(|| Self::parse_rest(&uri[SCHEME.len()..]))
    }

    fn parse_rest(rest: &str) -> Result<Self, String> {
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let model = query.map(model_of).transpose()?;
        let image = (!path.is_empty()).then(|| path_of(path)).transpose()?;
        Ok(Self { image, model })
    }
}

/// What [`SimulatorUri::parse`] reads.
impl fmt::Display for SimulatorUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        if let Some(path) = &self.image {
            let plain = |byte: u8| byte.is_ascii_graphic() && !b"?%".contains(&byte);
            f.write_str(&percent::encode(&bytes_of(path), plain))?;
        }
        match self.model {
            Some(model) => write!(f, "?{MODEL}{}", model.name()),
            None => Ok(()),
        }
    }
}

fn path_of(path: &str) -> Result<PathBuf, String> {
    let wrong = || {
        format!("a `%` in `{path}` does not stand for a byte; one in the name of a file is `%25`")
    };
    let bytes = percent::decode(path).ok_or_else(wrong)?;
    from_bytes(bytes).ok_or_else(wrong)
}

#[cfg(unix)]
fn from_bytes(path: Vec<u8>) -> Option<PathBuf> {
    let path: OsString = std::os::unix::ffi::OsStringExt::from_vec(path);
    Some(path.into())
}

#[cfg(unix)]
fn bytes_of(path: &Path) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()
}

/// Paths are no bytes elsewhere, but UTF-8 for all that people name.
#[cfg(not(unix))]
fn from_bytes(path: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(path).ok().map(PathBuf::from)
}

#[cfg(not(unix))]
fn bytes_of(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

const MODEL: &str = "model=";

fn model_of(query: &str) -> Result<Personality, String> {
    let name = query.strip_prefix(MODEL).ok_or_else(|| {
        format!(
            "`?{query}` is not known; a simulated card takes `?model=NAME`, and a `?` in the name of \
             its file is `%3F`"
        )
    })?;
    Personality::from_name(name).ok_or_else(|| {
        let known = Personality::names();
        format!("there is no card model `{name}`; known are {known}")
    })
}

/// A simulated card on the line.
#[derive(Debug)]
pub struct SimulatedCard {
    card: Card,
    image: Option<PathBuf>,
    /// Keeps others off the image, where there is one and it may be written.
    _lock: Option<ImageLock>,
}

impl SimulatedCard {
    /// The card that `uri` names: from its image, else a blank one. Until it is dropped no other
    /// process has that image; they are told of `holder`.
    ///
    /// # Errors
    /// [`TokenError`] of class [`Retry::Refused`] if the image is in use, unreadable or of another
    /// model.
    pub fn open(uri: &SimulatorUri, holder: &str) -> Result<Self, TokenError> {
        let lock = uri.image.as_ref();
        let lock = lock.map(|path| ImageLock::take(path, holder)).transpose();
        let lock = lock.map_err(|error| unreadable(&error))?;
        Ok(Self {
            _lock: lock,
            ..Self::look(uri)?
        })
    }

    /// As [`open`](Self::open), to look at a card that nothing is written to, whoever has it.
    ///
    /// # Errors
    /// [`TokenError`] of class [`Retry::Refused`] if the image is unreadable or of another model.
    pub fn look(uri: &SimulatorUri) -> Result<Self, TokenError> {
        let rng = UnwrapErr(SysRng);
        let stored = match &uri.image {
            Some(path) if path.exists() => {
                Some(image::read(path, rng).map_err(|error| unreadable(&error))?)
            }
            _ => None,
        };
        let card = match (stored, uri.model) {
            (Some(card), Some(model)) if card.options().personality != model => {
                let own = card.options().personality.name();
                let problem = format!(
                    "the card in the image is a `{own}`, not a `{}`",
                    model.name()
                );
                return Err(TokenError::new(Retry::Refused, problem));
            }
            (Some(card), _) => card,
            (None, model) => Card::new(Options::of(model.unwrap_or_default()), UnwrapErr(SysRng)),
        };
        Ok(Self {
            card,
            image: uri.image.clone(),
            _lock: None,
        })
    }

    /// The card itself.
    #[must_use]
    pub const fn card(&self) -> &Card {
        &self.card
    }
}

fn unreadable(error: &DiskError) -> TokenError {
    let refused = TokenError::new(Retry::Refused, error.to_string());
    match error {
        DiskError::InUse { .. } => refused.cause("wait until it has ended, or end it"),
        _ => refused,
    }
}

impl Channel for SimulatedCard {
    fn transmit(&mut self, command: &Command) -> Result<Response, ChannelError> {
        Channel::transmit(&mut self.card, command)
    }
}

impl Line for SimulatedCard {
    fn kind(&self) -> Kind {
        Kind::Simulator
    }

    fn atr(&self) -> Vec<u8> {
        self.card.atr().to_vec()
    }

    fn keep(&mut self) -> Result<(), TokenError> {
        let Some(path) = &self.image else {
            return Ok(());
        };
        image::write(path, &self.card).map_err(|error| {
            TokenError::new(Retry::LookFirst, error.to_string())
                .cause("the disk is full, or the folder cannot be written")
        })
    }

    fn picture(&self) -> Option<Picture> {
        Some(Picture::of(&self.card))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(uri: &str) -> Option<Result<SimulatorUri, String>> {
        SimulatorUri::parse(uri)
    }

    #[test]
    fn a_card_is_volatile_or_lies_in_a_file() {
        let volatile = parse("sim:").unwrap().unwrap();
        assert_eq!((volatile.image, volatile.model), (None, None));
        let stored = parse("SIM:cards/ada.img?model=iso7816").unwrap().unwrap();
        assert_eq!(stored.image, Some(PathBuf::from("cards/ada.img")));
        assert_eq!(stored.model, Some(Personality::Iso7816));
        assert!(parse("pkcs11:token=a").is_none());
        assert!(parse("si").is_none());
    }

    #[test]
    fn every_name_of_a_file_can_be_written() {
        let named = parse("sim:a%3Fmodel=b%25.img?model=iso7816")
            .unwrap()
            .unwrap();
        assert_eq!(named.image, Some(PathBuf::from("a?model=b%.img")));
        assert_eq!(named.model, Some(Personality::Iso7816));
        for image in ["a?b", "100%", "%3F", "Größe 1/x y.img", "?model=iso7816"] {
            let uri = SimulatorUri {
                image: Some(PathBuf::from(image)),
                model: None,
            };
            assert_eq!(parse(&uri.to_string()), Some(Ok(uri)));
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        let model = parse("sim:?model=cosmo").unwrap().unwrap_err();
        assert!(
            model.contains("`cosmo`") && model.contains("`cardos-5.0`"),
            "{model}"
        );
        let query = parse("sim:a?b.img").unwrap().unwrap_err();
        assert!(
            query.contains("`?b.img`") && query.contains("`%3F`"),
            "{query}"
        );
        let escape = parse("sim:100%.img").unwrap().unwrap_err();
        assert!(
            escape.contains("`100%.img`") && escape.contains("`%25`"),
            "{escape}"
        );
    }
}
