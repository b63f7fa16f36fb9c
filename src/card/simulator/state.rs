//! What a card keeps without power: settings, files, PINs, keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::secret::hex;
use super::{CARDOS_4_4_ATR, CARDOS_5_0_ATR, Files, Key, Phase, Pin, cardos44};
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
    /// In addition the commands and forms of CardOS 4.4, so that OpenSC lays the card out.
    #[serde(rename = "cardos-4.4")]
    CardOs44,
}

impl Personality {
    /// Every personality.
    pub const ALL: [Self; 3] = [Self::Iso7816, Self::CardOs50, Self::CardOs44];

    /// The name on the command line and in images.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iso7816 => "iso7816",
            Self::CardOs50 => "cardos-5.0",
            Self::CardOs44 => "cardos-4.4",
        }
    }

    /// The personality of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether the answer to a wrong PIN tells the tries left, as ISO 7816 has it (`63Cx`). A CardOS
    /// answers `6300`, the only such status that OpenSC's driver knows for any of its versions;
    /// VERIFY without data tells the tries on every card.
    #[must_use]
    pub const fn tells_tries_left(self) -> bool {
        match self {
            Self::Iso7816 => true,
            Self::CardOs50 | Self::CardOs44 => false,
        }
    }

    /// The names of all, for people: `` `iso7816`, `cardos-5.0` … ``.
    #[must_use]
    pub fn names() -> String {
        Self::ALL.map(|it| format!("`{}`", it.name())).join(", ")
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

    /// A blank card of this personality, with a serial number as long as such a card has.
    #[must_use]
    pub fn of(personality: Personality) -> Self {
        let (atr, serial) = match personality {
            Personality::CardOs44 => (CARDOS_4_4_ATR.to_vec(), 6),
            Personality::Iso7816 | Personality::CardOs50 => (CARDOS_5_0_ATR.to_vec(), 8),
        };
        Self {
            personality,
            atr,
            serial: (1..=serial).map(|digit| digit * 0x11).collect(),
            memory: Self::MEMORY,
            eraseable: false,
            erased_by: None,
        }
    }
}

impl Default for Options {
    /// A blank CardOS 5.0 look-alike with the serial number `1122334455667788`.
    fn default() -> Self {
        Self::of(Personality::default())
    }
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub options: Options,
    pub files: Files,
    pub pins: BTreeMap<CredentialNumber, Pin>,
    pub keys: BTreeMap<u8, Key>,
    pub phase: Phase,
}

impl State {
    /// Numbers that keys may have.
    pub(crate) const KEY_NUMBERS: std::ops::RangeInclusive<u8> = 1..=31;
    /// Numbers that keys of our own PUT DATA may have; of those, OpenSC's driver for CardOS 5 keeps
    /// the low four bits only.
    pub(crate) const OWN_KEY_NUMBERS: std::ops::RangeInclusive<u8> = 1..=15;

    pub(crate) fn new(options: Options) -> Self {
        let mut files = Files::new(options.memory.min(Options::MAX_MEMORY));
        if options.personality == Personality::CardOs44 {
            cardos44::format(&mut files);
        }
        Self {
            files,
            pins: BTreeMap::new(),
            keys: BTreeMap::new(),
            phase: Phase::default(),
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

    /// Puts the MF and every file that is still being created or initialised into use.
    pub(super) fn activate(&mut self) {
        use LifeCycle::{Creation, Initialisation};
        for file in self.files.iter_mut() {
            if matches!(file.life_cycle(), Creation | Initialisation) {
                file.control.life_cycle = Some(LifeCycle::Activated);
            }
        }
    }

    /// Whether a condition that stands outside files (of a key) is satisfied. CardOS 4.4 guards its
    /// keys in both phases.
    pub(super) fn holds(&self, condition: &Condition, verified: CredentialSet) -> Result<(), Sw> {
        let enforced = self.is_fused() || self.options.personality == Personality::CardOs44;
        let allowed = !enforced || condition.holds(verified);
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
