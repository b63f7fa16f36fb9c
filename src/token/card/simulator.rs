//! The simulated card as a token: `sim:` is a new card for each run, `sim:FILE` lies in an image.

use std::path::PathBuf;

use getrandom::SysRng;
use rand_core::UnwrapErr;

use super::Line;
use crate::card::simulator::{Card, Options, Personality};
use crate::card::tree::Picture;
use crate::card::{Channel, ChannelError, Command, Response, image};
use crate::token::{Kind, Retry, TokenError};

/// A `sim:` URI (perso): `sim:`, `sim:FILE`, either with `?model=iso7816` or another personality.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimulatorUri {
    /// The image; without one the card lives as long as the process.
    pub image: Option<PathBuf>,
    /// The card to play. An image that is there knows its own.
    pub model: Option<Personality>,
}

impl SimulatorUri {
    /// Reads a URI; `None` if it is one of another scheme.
    ///
    /// # Errors
    /// What is wrong with it, in one sentence.
    pub fn parse(uri: &str) -> Option<Result<Self, String>> {
        const SCHEME: &str = "sim:";
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
        Ok(Self {
            image: (!path.is_empty()).then(|| PathBuf::from(path)),
            model,
        })
    }
}

fn model_of(query: &str) -> Result<Personality, String> {
    let name = query
        .strip_prefix("model=")
        .ok_or_else(|| format!("`?{query}` is not known; a simulated card takes `?model=NAME`"))?;
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
}

impl SimulatedCard {
    /// The card that `uri` names: from its image, else a blank one.
    ///
    /// # Errors
    /// [`TokenError`] of class [`Retry::Refused`] if the image is unreadable or of another model.
    pub fn open(uri: &SimulatorUri) -> Result<Self, TokenError> {
        let refused = |problem: String| TokenError::new(Retry::Refused, problem);
        let rng = UnwrapErr(SysRng);
        let stored = match &uri.image {
            Some(path) if path.exists() => {
                Some(image::read(path, rng).map_err(|error| refused(error.to_string()))?)
            }
            _ => None,
        };
        let card = match (stored, uri.model) {
            (Some(card), Some(model)) if card.options().personality != model => {
                let own = card.options().personality.name();
                return Err(refused(format!(
                    "the card in the image is a `{own}`, not a `{}`",
                    model.name()
                )));
            }
            (Some(card), _) => card,
            (None, model) => Card::new(Options::of(model.unwrap_or_default()), UnwrapErr(SysRng)),
        };
        Ok(Self {
            card,
            image: uri.image.clone(),
        })
    }

    /// The card itself.
    #[must_use]
    pub const fn card(&self) -> &Card {
        &self.card
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
    fn what_is_not_known_is_said() {
        let model = parse("sim:?model=cosmo").unwrap().unwrap_err();
        assert!(
            model.contains("`cosmo`") && model.contains("`cardos-5.0`"),
            "{model}"
        );
        let query = parse("sim:?size=4").unwrap().unwrap_err();
        assert!(query.contains("`?size=4`"), "{query}");
    }
}
