//! What `--skip` leaves out: whole operations, and parts of an initialisation.
//!
//! An initialisation can do without a profile, a serial number and the PIN of a signature slot; it is
//! done without them then. Everything else that needs a skipped capability is left out as a whole,
//! and so is what takes a result of it.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::operation::{Action, Capability, Operation, Value};

/// A part of an initialisation that `--skip` left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Omission {
    /// The files, PINs and keys that the profile lays out.
    CardProfile,
    /// A serial number of one's own.
    SerialNumber,
    /// The PIN of the signature slot.
    SignaturePin,
    /// The operator PIN, which is one of the PINs of a profile.
    OperatorPin,
}

impl Omission {
    /// It, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::CardProfile => "card profile",
            Self::SerialNumber => "serial number",
            Self::SignaturePin => "signature PIN",
            Self::OperatorPin => "operator PIN",
        }
    }
}

/// Takes out of an initialisation what is skipped.
pub(super) fn leave_out_parts(
    action: &mut Action<Value>,
    skip: &BTreeSet<Capability>,
) -> Vec<Omission> {
    let Action::Initialise {
        program,
        serial,
        signature_pin,
        operator_pin,
        ..
    } = action
    else {
        return Vec::new();
    };
    let skips = |capability| skip.contains(&capability);
    let without_profile = skips(Capability::CardProfile) && program.take().is_some();
    let taken = [
        (Omission::CardProfile, without_profile),
        (
            Omission::SerialNumber,
            skips(Capability::SerialNumber) && serial.take().is_some(),
        ),
        (
            Omission::SignaturePin,
            skips(Capability::SignatureSlot) && signature_pin.take().is_some(),
        ),
        (
            Omission::OperatorPin,
            without_profile && operator_pin.take().is_some(),
        ),
    ];
    let taken = taken.into_iter().filter(|(_, taken)| *taken);
    taken.map(|(omission, _)| omission).collect()
}

/// What an operation requires of the token, once the skipped parts are out of it.
pub(super) fn requirements<'o>(
    operation: &'o Operation,
    skip: &'o BTreeSet<Capability>,
) -> impl Iterator<Item = Capability> + 'o {
    let initialises = matches!(operation.action, Action::Initialise { .. });
    let skips = |capability| initialises && skip.contains(&capability);
    let without_profile = skips(Capability::CardProfile);
    let required = operation.requires.iter().copied();
    required.filter(move |one| match one {
        Capability::CardProfile | Capability::SerialNumber | Capability::SignatureSlot => {
            !(initialises && skip.contains(one))
        }
        // Of an initialisation the profile alone asks for these.
        Capability::GenerateRsa | Capability::GenerateEc | Capability::EncryptedPins => {
            !without_profile
        }
        _ => true,
    })
}

/// Follows a run to where a key is looked for that only a skipped profile would have made.
#[derive(Default)]
pub(super) struct Keys {
    /// The token was erased and nothing has made a key on it since.
    none_there: bool,
}

impl Keys {
    /// Whether `action` looks for a key in vain.
    pub(super) fn misses(&self, action: &Action<Value>) -> bool {
        self.none_there && matches!(action, Action::FindKeyPair { .. })
    }

    /// `action` is done, an initialisation `without` some of its parts.
    pub(super) fn after(&mut self, action: &Action<Value>, without: &[Omission]) {
        match action {
            Action::Initialise { .. } => {
                self.none_there = without.contains(&Omission::CardProfile);
            }
            Action::GenerateKeyPair { .. }
            | Action::ImportPkcs12 { .. }
            | Action::WriteCertificateList { .. } => self.none_there = false,
            _ => {}
        }
    }
}
