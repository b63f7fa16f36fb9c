//! What a token can be asked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that not every token can do. A token that lacks one refuses the plan before anything
/// is written, unless the operations that need it are left out (`--skip`).
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Initialise the token (`C_InitToken`).
    Initialise,
    /// Lay out files by a card profile.
    CardProfile,
    /// Erase the profile of a card.
    EraseProfile,
    /// Write a serial number of one's own.
    SerialNumber,
    /// Set the user PIN by the security officer (`C_InitPIN`).
    SetPin,
    /// Change a PIN by its holder (`C_SetPIN`).
    ChangePin,
    /// Change the PUK.
    ChangePuk,
    /// A second PIN with a slot of its own.
    SignatureSlot,
    /// Generate RSA key pairs.
    GenerateRsa,
    /// Generate elliptic curve key pairs.
    GenerateEc,
    /// Sign with a key of the token.
    Sign,
    /// Store certificates.
    Certificates,
    /// Import private keys.
    ImportKey,
    /// Store data objects.
    DataObjects,
    /// Block the PIN.
    BlockPin,
    /// Execute command APDUs.
    Apdu,
    /// Hold an "Encrypted PINs" object.
    EncryptedPins,
    /// List several tokens.
    ListTokens,
}

impl Capability {
    /// All of them, in the order they are listed.
    pub const ALL: [Self; 18] = [
        Self::Initialise,
        Self::CardProfile,
        Self::EraseProfile,
        Self::SerialNumber,
        Self::SetPin,
        Self::ChangePin,
        Self::ChangePuk,
        Self::SignatureSlot,
        Self::GenerateRsa,
        Self::GenerateEc,
        Self::Sign,
        Self::Certificates,
        Self::ImportKey,
        Self::DataObjects,
        Self::BlockPin,
        Self::Apdu,
        Self::EncryptedPins,
        Self::ListTokens,
    ];

    /// The word for it, as `--skip` takes it and plans hold it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Initialise => "initialise",
            Self::CardProfile => "card-profile",
            Self::EraseProfile => "erase-profile",
            Self::SerialNumber => "serial-number",
            Self::SetPin => "set-pin",
            Self::ChangePin => "change-pin",
            Self::ChangePuk => "change-puk",
            Self::SignatureSlot => "signature-slot",
            Self::GenerateRsa => "generate-rsa",
            Self::GenerateEc => "generate-ec",
            Self::Sign => "sign",
            Self::Certificates => "certificates",
            Self::ImportKey => "import-key",
            Self::DataObjects => "data-objects",
            Self::BlockPin => "block-pin",
            Self::Apdu => "apdu",
            Self::EncryptedPins => "encrypted-pins",
            Self::ListTokens => "list-tokens",
        }
    }

    /// The capability that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|capability| capability.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_plan() {
        for capability in Capability::ALL {
            let json = serde_json::to_value(capability).unwrap();
            assert_eq!(json, capability.word());
            assert_eq!(Capability::from_word(capability.word()), Some(capability));
        }
    }
}
