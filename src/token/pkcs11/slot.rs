//! Slots and the tokens in them.

use std::fmt;
use std::ops::RangeInclusive;

use cryptoki::slot as c;

/// Number of a slot (`CK_SLOT_ID`). It can change whenever a token is initialised or removed:
/// never keep one over such a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SlotId(pub u64);

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A slot with a token in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    /// Where it is now.
    pub id: SlotId,
    /// What is in it.
    pub token: TokenInfo,
}

/// How far wrong attempts at a PIN have come, as the flags of the token tell.
///
/// A token may keep it to itself, and then shows [`PinState::Good`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PinState {
    /// No wrong attempt since the last right one.
    Good,
    /// At least one wrong attempt.
    CountLow,
    /// The next wrong attempt blocks the PIN.
    FinalTry,
    /// Blocked.
    Locked,
}

impl PinState {
    const fn from_flags(count_low: bool, final_try: bool, locked: bool) -> Self {
        if locked {
            Self::Locked
        } else if final_try {
            Self::FinalTry
        } else if count_low {
            Self::CountLow
        } else {
            Self::Good
        }
    }
}

/// What a token says of itself (`CK_TOKEN_INFO`); texts without the padding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenInfo {
    /// Label given at initialisation.
    pub label: String,
    /// Manufacturer.
    pub manufacturer: String,
    /// Model.
    pub model: String,
    /// Serial number; empty on some tokens before initialisation.
    pub serial: String,
    /// Whether it was initialised: `C_InitToken` would erase it.
    pub initialized: bool,
    /// Whether it has a user PIN.
    pub user_pin_initialized: bool,
    /// Whether some operations need a login.
    pub login_required: bool,
    /// Whether nothing can be written.
    pub write_protected: bool,
    /// Whether the PIN is entered at the reader, not passed by programs.
    pub protected_authentication_path: bool,
    /// State of the user PIN.
    pub user_pin: PinState,
    /// State of the SO PIN (PUK).
    pub so_pin: PinState,
    /// Whether the user PIN has to be changed before anything else.
    pub user_pin_to_be_changed: bool,
    /// Lengths of PINs that the token takes, in bytes; kept as the token says, even if empty.
    pub pin_length: RangeInclusive<usize>,
    /// Free memory for public objects in bytes, if the token tells.
    pub free_public_memory: Option<u64>,
    /// Free memory for private objects in bytes, if the token tells.
    pub free_private_memory: Option<u64>,
}

impl From<c::TokenInfo> for TokenInfo {
    fn from(info: c::TokenInfo) -> Self {
        let memory = |bytes: Option<usize>| bytes.and_then(|bytes| u64::try_from(bytes).ok());
        Self {
            label: unpadded(info.label()),
            manufacturer: unpadded(info.manufacturer_id()),
            model: unpadded(info.model()),
            serial: unpadded(info.serial_number()),
            initialized: info.token_initialized(),
            user_pin_initialized: info.user_pin_initialized(),
            login_required: info.login_required(),
            write_protected: info.write_protected(),
            protected_authentication_path: info.protected_authentication_path(),
            user_pin: PinState::from_flags(
                info.user_pin_count_low(),
                info.user_pin_final_try(),
                info.user_pin_locked(),
            ),
            so_pin: PinState::from_flags(
                info.so_pin_count_low(),
                info.so_pin_final_try(),
                info.so_pin_locked(),
            ),
            user_pin_to_be_changed: info.user_pin_to_be_changed(),
            pin_length: info.min_pin_length()..=info.max_pin_length(),
            free_public_memory: memory(info.free_public_memory()),
            free_private_memory: memory(info.free_private_memory()),
        }
    }
}

/// Texts of `CK_TOKEN_INFO` are padded with blanks; some modules pad with NUL.
fn unpadded(text: &str) -> String {
    text.trim_end_matches([' ', '\0']).to_owned()
}

/// `` `Card` (serial number 0042) ``, for lists of tokens in messages.
impl fmt::Display for TokenInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.initialized {
            write!(f, "`{}`", self.label)?;
        } else {
            f.write_str("a token that is not initialised")?;
        }
        if !self.serial.is_empty() {
            write!(f, " (serial number {})", self.serial)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_flag_counts() {
        assert_eq!(PinState::from_flags(false, false, false), PinState::Good);
        assert_eq!(PinState::from_flags(true, false, false), PinState::CountLow);
        assert_eq!(PinState::from_flags(true, true, false), PinState::FinalTry);
        assert_eq!(PinState::from_flags(true, true, true), PinState::Locked);
        assert_eq!(PinState::from_flags(false, false, true), PinState::Locked);
    }

    #[test]
    fn padding_is_no_part_of_a_text() {
        assert_eq!(unpadded("Card  \0\0"), "Card");
        assert_eq!(unpadded(" Card"), " Card");
    }
}
