//! What a card keeps without power: settings, files, PINs, keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::secret::hex;
use super::{CARDOS_5_0_ATR, Files, Key, Pin};
use crate::card::access::{CredentialNumber, CredentialSet, Operation};
use crate::card::{AccessRules, Condition, LifeCycle, Sw};

/// Which card is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Personality {
    /// The commands of ISO 7816 and ours, nothing else.
    #[serde(rename = "iso7816")]
    Iso7816,
    /// In addition the GET DATA objects of CardOS 5.0, so that OpenSC reads the card.
    #[default]
    #[serde(rename = "cardos-5.0")]
    CardOs50,
}

impl Personality {
    /// The name on the command line and in images.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iso7816 => "iso7816",
            Self::CardOs50 => "cardos-5.0",
        }
    }

    /// The personality of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Iso7816, Self::CardOs50]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// The settings of a card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Options {
    /// Which card is played.
    pub personality: Personality,
    /// Answer to reset.
    #[serde(with = "hex")]
    pub atr: Vec<u8>,
    /// Serial number of the chip.
    #[serde(with = "hex")]
    pub serial: Vec<u8>,
    /// Bytes that all transparent files together may have.
    pub memory: u32,
    /// Whether anybody may erase the card even after it was activated (`MakeCardEraseable`).
    pub eraseable: bool,
    /// The credential that may erase it in any case: the operator's.
    pub erased_by: Option<CredentialNumber>,
}

impl Options {
    /// Bytes of memory unless told otherwise.
    pub const MEMORY: u32 = 128 * 1024;
    /// Most bytes of memory.
    pub const MAX_MEMORY: u32 = 4 * 1024 * 1024;
}

impl Default for Options {
    /// A blank CardOS 5.0 look-alike with the serial number `1122334455667788`.
    fn default() -> Self {
        Self {
            personality: Personality::default(),
            atr: CARDOS_5_0_ATR.to_vec(),
            serial: vec![0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88],
            memory: Self::MEMORY,
            eraseable: false,
            erased_by: None,
        }
    }
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub options: Options,
    pub files: Files,
    pub pins: BTreeMap<CredentialNumber, Pin>,
    pub keys: BTreeMap<u8, Key>,
}

impl State {
    /// Numbers that keys may have; OpenSC keeps the low four bits only.
    pub(crate) const KEY_NUMBERS: std::ops::RangeInclusive<u8> = 1..=15;

    pub(crate) fn new(options: Options) -> Self {
        Self {
            files: Files::new(options.memory.min(Options::MAX_MEMORY)),
            pins: BTreeMap::new(),
            keys: BTreeMap::new(),
            options,
        }
    }

    pub(crate) fn life_cycle(&self) -> LifeCycle {
        self.files
            .get(Files::MF)
            .map_or(LifeCycle::Terminated, super::files::File::life_cycle)
    }

    pub(crate) fn is_fused(&self) -> bool {
        !matches!(
            self.life_cycle(),
            LifeCycle::Creation | LifeCycle::Initialisation
        )
    }

    pub(crate) fn is_terminated(&self) -> bool {
        self.life_cycle() == LifeCycle::Terminated
    }

    /// Whether a condition that stands outside files (of a key) is satisfied.
    pub(super) fn holds(&self, condition: &Condition, verified: CredentialSet) -> Result<(), Sw> {
        let allowed = !self.is_fused() || condition.holds(verified);
        allowed.then_some(()).ok_or(Sw::SECURITY_STATUS)
    }

    /// Whether the file's rules allow an operation.
    pub(super) fn allows(
        &self,
        file: super::FileKey,
        operation: Operation,
        verified: CredentialSet,
    ) -> Result<bool, Sw> {
        let file = self.files.get(file)?;
        let enforced = self.is_fused()
            && !matches!(
                file.life_cycle(),
                LifeCycle::Creation | LifeCycle::Initialisation
            );
        Ok(!enforced
            || match &file.control.rules {
                Some(rules) => rules.allow(operation, verified),
                None => default_rules().allow(operation, verified),
            })
    }

    /// Back to a blank card; chip, serial number and personality stay.
    pub(super) fn erase(&mut self) {
        let options = Options {
            eraseable: false,
            erased_by: None,
            ..self.options.clone()
        };
        *self = Self::new(options);
    }
}

/// The rules of a file that was created without any: everybody reads, nobody changes.
pub(crate) fn default_rules() -> AccessRules {
    AccessRules::default().with(Operation::Read, Condition::always())
}
