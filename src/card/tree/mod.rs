//! A picture of a card's file system that people like to look at: names where they are known,
//! sizes, rules, what the PKCS#15 directories say, PINs and keys.
//!
//! Owns the picture as a value and as text. Reads the card past its access rules, as its owner,
//! but never a secret. Deterministic; other forms (JSON, SVG) start from the same value.

use serde::Serialize;

use super::access::{CredentialNumber, Operation};
use super::simulator::{Card, FileKey, Files, Key, KeyUse, Pin, State};

mod declared;
mod names;
mod svg;
mod text;

use names::Names;

/// The whole picture.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Picture {
    /// Which card is played: `cardos-5.0`.
    pub personality: &'static str,
    /// Serial number in hexadecimal.
    pub serial: String,
    /// Life cycle of the card: that of its MF.
    pub life_cycle: &'static str,
    /// Whether access rules are enforced: the MF has been activated.
    pub enforced: bool,
    /// Whether anybody may erase the card.
    pub eraseable: bool,
    /// Number of the PIN that may erase it in any case.
    pub erased_by: Option<u8>,
    /// Bytes of all files, and bytes there are.
    pub memory: (u64, u64),
    /// The MF and all below.
    pub root: Node,
    /// PINs by number.
    pub pins: Vec<PinNode>,
    /// Keys by number.
    pub keys: Vec<KeyNode>,
}

/// One file or directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Node {
    /// What it is: `MF`, `EF.ODF`, `certificate "…"`; plain `DF` or `EF` where nothing is known.
    pub name: String,
    /// What the profile calls it, where the profile is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
    /// File identifier, four hexadecimal digits.
    pub id: String,
    /// Whether it is a directory.
    pub directory: bool,
    /// Application identifier in hexadecimal.
    pub aid: Option<String>,
    /// Bytes of a file, or bytes reserved for a directory.
    pub size: u32,
    /// Bytes of a file up to the last one ever written.
    pub used: usize,
    /// Life cycle, where it differs from the card's.
    pub life_cycle: Option<&'static str>,
    /// Who may do what: operation and condition.
    pub rules: Vec<(&'static str, String)>,
    /// What the file's entries say, one line each.
    pub objects: Vec<String>,
    /// What lies in the directory, in order of creation.
    pub files: Vec<Node>,
}

/// One PIN.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PinNode {
    /// Its number.
    pub number: u8,
    /// What the authentication object directory calls it.
    pub label: Option<String>,
    /// Whether it has a value.
    pub set: bool,
    /// Tries left, and tries after a success.
    pub tries: (u8, u8),
    /// Fewest and most bytes.
    pub lengths: (u8, u8),
    /// Number of the PIN that unblocks it.
    pub unblocked_by: Option<u8>,
}

/// One key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KeyNode {
    /// Its number.
    pub number: u8,
    /// What the private key directory calls it.
    pub label: Option<String>,
    /// `RSA-2048`, `P-256`.
    pub kind: String,
    /// Whether there is a key, or only its definition.
    pub set: bool,
    /// `sign`, `decipher`.
    pub uses: Vec<&'static str>,
    /// Who may use it.
    pub access: String,
    /// Who may generate it.
    pub generation: String,
}

impl Picture {
    /// Looks at a card.
    #[must_use]
    pub fn of(card: &Card) -> Self {
        let state = card.state();
        let names = Names::of(&state.files);
        let pins = state.pins.iter();
        let keys = state.keys.iter();
        Self {
            personality: state.options.personality.name(),
            serial: hex(&state.options.serial),
            life_cycle: state.life_cycle().word(),
            enforced: state.is_fused(),
            eraseable: state.options.eraseable || !state.is_fused(),
            erased_by: state.options.erased_by.map(CredentialNumber::get),
            memory: (state.files.used_memory(), state.options.memory.into()),
            root: node(state, &names, Files::MF),
            pins: pins
                .map(|(number, pin)| pin_node(number.get(), pin, &names))
                .collect(),
            keys: keys
                .map(|(number, key)| key_node(*number, key, &names))
                .collect(),
        }
    }
}

fn node(state: &State, names: &Names<'_>, key: FileKey) -> Node {
    let children = state.files.children(key).map(|(child, _)| child);
    let files = children.map(|child| node(state, names, child)).collect();
    let Ok(file) = state.files.get(key) else {
        return Node::unknown();
    };
    let control = &file.control;
    let fallback = if control.is_df() { "DF" } else { "EF" };
    let own_state = (file.life_cycle() != state.life_cycle()).then(|| file.life_cycle().word());
    Node {
        name: names
            .file(key)
            .map_or_else(|| fallback.to_owned(), ToOwned::to_owned),
        declared: None,
        id: format!("{:04X}", control.id),
        directory: control.is_df(),
        aid: control.name.as_deref().map(hex),
        size: control.size,
        used: file.used,
        life_cycle: own_state,
        rules: rules(control.rules.as_ref(), control.is_df()),
        objects: names.objects(key).to_vec(),
        files,
    }
}

impl Node {
    /// Stands for a file that vanished; a sound card has none.
    fn unknown() -> Self {
        Self {
            name: "?".to_owned(),
            declared: None,
            id: String::new(),
            directory: false,
            aid: None,
            size: 0,
            used: 0,
            life_cycle: None,
            rules: Vec::new(),
            objects: Vec::new(),
            files: Vec::new(),
        }
    }
}

fn rules(rules: Option<&super::AccessRules>, is_df: bool) -> Vec<(&'static str, String)> {
    let default = super::simulator::state::default_rules();
    let rules = rules.unwrap_or(&default);
    let concerns_kind = |operation| !is_df || operation != Operation::Read;
    rules
        .iter()
        .filter(|(operation, _)| concerns_kind(*operation))
        .map(|(operation, condition)| (operation.word(), condition.to_string()))
        .collect()
}

fn pin_node(number: u8, pin: &Pin, names: &Names<'_>) -> PinNode {
    PinNode {
        number,
        label: names.pin(number).map(ToOwned::to_owned),
        set: pin.is_set(),
        tries: (pin.tries_left(), pin.max_tries()),
        lengths: pin.lengths(),
        unblocked_by: pin.unblocked_by().map(CredentialNumber::get),
    }
}

fn key_node(number: u8, key: &Key, names: &Names<'_>) -> KeyNode {
    let uses = [(KeyUse::SIGN, "sign"), (KeyUse::DECIPHER, "decipher")];
    let allowed = uses.into_iter().filter(|(it, _)| key.uses().allows(*it));
    KeyNode {
        number,
        label: names.key(number).map(ToOwned::to_owned),
        kind: key.kind().name(),
        set: key.is_set(),
        uses: allowed.map(|(_, word)| word).collect(),
        access: key.access().to_string(),
        generation: key.generation().to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests;
