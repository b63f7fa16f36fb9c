//! The line to a card: commands, and what commands alone do not tell.

use crate::card::tree::Picture;
use crate::card::{Channel, ChannelError, Command, Response, Sw, tries_left};
use crate::token::{Kind, Retry, TokenError};

/// A card that is there.
pub trait Line: Channel {
    /// Simulated, or in a reader.
    fn kind(&self) -> Kind;

    /// Answer to reset (ISO/IEC 7816-3).
    fn atr(&self) -> Vec<u8>;

    /// Whether commands with more than 255 bytes of data reach the card.
    fn takes_extended_length(&self) -> bool {
        true
    }

    /// Makes what was done so far outlive the process; a card in a reader has done so already.
    ///
    /// # Errors
    /// [`TokenError`] if it cannot be kept.
    fn keep(&mut self) -> Result<(), TokenError>;

    /// The file system as its owner sees it, where the line can look past the access rules.
    fn picture(&self) -> Option<Picture> {
        None
    }
}

/// Sends a command and demands `9000`.
///
/// # Errors
/// [`TokenError`]: `doing`, and why the card did not.
pub(super) fn send(
    line: &mut dyn Line,
    command: &Command,
    doing: &str,
) -> Result<Response, TokenError> {
    let answer = ask(line, command, doing)?;
    match answer.sw {
        Sw::OK => Ok(answer),
        sw => Err(refused(doing, sw)),
    }
}

/// Sends a command; any status word is an answer.
///
/// # Errors
/// [`TokenError`] if no answer came.
pub(super) fn ask(
    line: &mut dyn Line,
    command: &Command,
    doing: &str,
) -> Result<Response, TokenError> {
    line.exchange(command).map_err(|error| lost(doing, &error))
}

/// No answer came: what the card has done is not known.
pub(super) fn lost(doing: &str, error: &ChannelError) -> TokenError {
    TokenError::new(Retry::LookFirst, format!("{doing}: {error}"))
        .cause("the card was taken out of the reader")
        .undecided()
}

/// The card answered with something else than `9000`.
pub(super) fn refused(doing: &str, sw: Sw) -> TokenError {
    refused_with(doing, sw, None)
}

/// As [`refused`], of a PIN whose `tries` left were asked for.
pub(super) fn refused_with(doing: &str, sw: Sw, tries: Option<u8>) -> TokenError {
    let tries = tries.map(|left| format!(", {}", tries_left(left)));
    let tries = tries.unwrap_or_default();
    let problem = format!("{doing}: the card answers {sw}, {}{tries}", sw.meaning());
    let retry = match sw {
        _ if sw.is_wrong_pin() => Retry::LookFirst,
        Sw::BLOCKED | Sw::MEMORY_FAILURE => Retry::LookFirst,
        _ => Retry::Safe,
    };
    let error = TokenError::new(retry, problem);
    match sw {
        Sw::SECURITY_STATUS => error.cause(
            "an access rule of the profile does not allow it to whoever is logged in; \
             see `update=` and `create=` of the file in the profile",
        ),
        Sw::NO_ROOM => {
            error.cause("the card or the directory is full; see `maxsize=` in the profile")
        }
        _ => error,
    }
}
