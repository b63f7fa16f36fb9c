//! The `!FROM_…` values: credentials that a person enters during the run.

use super::provenance::{Certainty, Status};
use super::tables::DIALOGS;

/// A value that asks a person.
#[derive(Debug)]
pub struct Dialog {
    /// The value as it is written.
    pub text: &'static str,
    /// What is asked.
    pub kind: DialogKind,
    /// The reader decides: its PIN pad if it has one, else the dialog.
    pub auto: bool,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What the person sees.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// What a [`Dialog`] asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DialogKind {
    /// Dialog 1: the credential, once, to log in.
    Authenticate,
    /// Dialog 2: a new credential, twice.
    NewPin,
    /// Dialog 3: the present credential, and a new one twice.
    ChangePin,
    /// The reader's own PIN pad (protected authentication path).
    ProtectedPath,
}

/// All dialog values.
pub fn dialogs() -> &'static [Dialog] {
    DIALOGS
}

/// The dialog of exactly this text.
pub fn dialog(text: &str) -> Option<&'static Dialog> {
    DIALOGS.iter().find(|dialog| dialog.text == text)
}
