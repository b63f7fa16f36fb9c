//! File control parameters: what CREATE FILE is told and SELECT answers
//! (ISO/IEC 7816-4 clause 7.4.3, ISO/IEC 7816-9).

use serde::{Deserialize, Serialize};

use super::access::{self, AccessRules, RuleError};
use crate::der::{Element, Elements, Tag, Tlv, TlvError};

/// File control parameters.
pub const FCP: Tag = Tag::new(0x62);
/// File control information: what SELECT answers by default.
pub const FCI: Tag = Tag::new(0x6F);
/// File management data.
pub const FMD: Tag = Tag::new(0x64);

const DATA_BYTES: Tag = Tag::new(0x80);
const TOTAL_BYTES: Tag = Tag::new(0x81);
const DESCRIPTOR: Tag = Tag::new(0x82);
const IDENTIFIER: Tag = Tag::new(0x83);
const NAME: Tag = Tag::new(0x84);
const PROPRIETARY_SECURITY: Tag = Tag::new(0x86);
const SHORT_IDENTIFIER: Tag = Tag::new(0x88);
const LIFE_CYCLE: Tag = Tag::new(0x8A);
/// Access rules that stand in another file (EF.ARR).
const REFERENCED_RULES: Tag = Tag::new(0x8B);

/// The master file.
pub const MASTER_FILE: u16 = 0x3F00;
/// Identifiers that no other file may have (ISO/IEC 7816-4 clause 7.3.2).
const RESERVED: [u16; 4] = [0x0000, MASTER_FILE, 0x3FFF, 0xFFFF];

/// Directory or file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// Dedicated file: a directory.
    Df,
    /// Elementary file of transparent structure: bytes.
    Transparent,
}

/// Life cycle status of a file or of the card (ISO/IEC 7816-4 clause 7.4.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LifeCycle {
    /// Being created.
    Creation,
    /// Being filled.
    Initialisation,
    /// In use.
    Activated,
    /// Switched off, can be activated again.
    Deactivated,
    /// Switched off for good.
    Terminated,
}

impl LifeCycle {
    /// The status byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Creation => 0x01,
            Self::Initialisation => 0x03,
            Self::Activated => 0x05,
            Self::Deactivated => 0x04,
            Self::Terminated => 0x0C,
        }
    }

    /// The state that a status byte stands for; `None` for "no information" and reserved values.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::Creation),
            0x03 => Some(Self::Initialisation),
            0x05 | 0x07 => Some(Self::Activated),
            0x04 | 0x06 => Some(Self::Deactivated),
            0x0C..=0x0F => Some(Self::Terminated),
            _ => None,
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Creation => "creation",
            Self::Initialisation => "initialisation",
            Self::Activated => "activated",
            Self::Deactivated => "deactivated",
            Self::Terminated => "terminated",
        }
    }
}

/// The five-bit identifier by which READ and UPDATE BINARY find a file without SELECT.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShortId {
    /// Not told: the low five bits of the file identifier.
    #[default]
    Implicit,
    /// There is none.
    None,
    /// This one, 1 to 30.
    Explicit(u8),
}

/// The parameters of one file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileControl {
    /// Directory or file.
    pub kind: FileKind,
    /// File identifier.
    pub id: u16,
    /// EF: number of data bytes. DF: bytes reserved for what lies in it; 0 for no limit.
    pub size: u32,
    /// DF name: the application identifier, 1 to 16 bytes.
    pub name: Option<Vec<u8>>,
    /// Short identifier of an EF.
    pub short_id: ShortId,
    /// Life cycle status; `None` lets the card choose.
    pub life_cycle: Option<LifeCycle>,
    /// Access rules; `None` if the template has none.
    pub rules: Option<AccessRules>,
    /// Security attributes in a form of the manufacturer (tag 86), kept as they are.
    pub proprietary: Option<Vec<u8>>,
}

/// Why a template cannot be taken over.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FcpError {
    /// The data objects do not fit.
    #[error(transparent)]
    Frame(#[from] TlvError),
    /// An access rule cannot be taken over.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A data object that is needed is not there.
    #[error("the file control parameters have no {what} (tag {tag})")]
    Missing {
        /// What it is.
        what: &'static str,
        /// Its tag.
        tag: Tag,
    },
    /// A data object has a value that is not allowed.
    #[error("the file control parameters have a wrong {what} (tag {tag})")]
    Value {
        /// What it is.
        what: &'static str,
        /// Its tag.
        tag: Tag,
    },
}

impl FileControl {
    /// A transparent EF without rules.
    #[must_use]
    pub const fn ef(id: u16, size: u32) -> Self {
        Self::new(FileKind::Transparent, id, size)
    }

    /// A DF without rules.
    #[must_use]
    pub const fn df(id: u16, size: u32) -> Self {
        Self::new(FileKind::Df, id, size)
    }

    const fn new(kind: FileKind, id: u16, size: u32) -> Self {
        Self {
            kind,
            id,
            size,
            name: None,
            short_id: ShortId::Implicit,
            life_cycle: None,
            rules: None,
            proprietary: None,
        }
    }

    /// Whether it is a directory.
    #[must_use]
    pub const fn is_df(&self) -> bool {
        matches!(self.kind, FileKind::Df)
    }

    /// The short identifier that finds this file, if any.
    #[must_use]
    pub const fn effective_short_id(&self) -> Option<u8> {
        match (self.kind, self.short_id) {
            (FileKind::Df, _) | (_, ShortId::None) => None,
            (_, ShortId::Explicit(id)) => Some(id),
            (_, ShortId::Implicit) => match (self.id & 0x1F) as u8 {
                0 | 31 => None,
                id => Some(id),
            },
        }
    }

    /// The template: [`FCP`] for CREATE FILE, [`FCP`] or [`FCI`] as an answer of SELECT.
    #[must_use]
    pub fn encode(&self, template: Tag) -> Vec<u8> {
        let (size, descriptor) = match self.kind {
            FileKind::Df => (TOTAL_BYTES, 0x38),
            FileKind::Transparent => (DATA_BYTES, 0x01),
        };
        let mut parts = vec![
            Tlv::new(size, size_bytes(self.size)),
            Tlv::new(DESCRIPTOR, [descriptor]),
            Tlv::new(IDENTIFIER, self.id.to_be_bytes()),
        ];
        parts.extend(self.name.iter().map(|it| Tlv::new(NAME, it.clone())));
        let proprietary = self.proprietary.iter();
        parts.extend(proprietary.map(|it| Tlv::new(PROPRIETARY_SECURITY, it.clone())));
        parts.extend(match self.short_id {
            ShortId::Implicit => None,
            ShortId::None => Some(Tlv::new(SHORT_IDENTIFIER, [])),
            ShortId::Explicit(id) => Some(Tlv::new(SHORT_IDENTIFIER, [id << 3])),
        });
        parts.extend(self.life_cycle.map(|it| Tlv::new(LIFE_CYCLE, [it.byte()])));
        parts.extend(self.rules.iter().flat_map(|it| it.tlvs(self.is_df())));
        Tlv::list(template, parts).encode()
    }

    /// Reads a template of tag 62 or 6F. Unknown data objects are skipped.
    ///
    /// # Errors
    /// If the frame is broken, a needed part is missing or a value is not allowed.
    pub fn decode(data: &[u8]) -> Result<Self, FcpError> {
        let outer = Elements::new(data).next().transpose()?;
        let template = outer
            .filter(|it| matches!(it.tag, FCP | FCI))
            .ok_or(missing("template", FCP))?;
        let parts: Vec<Element> = template.children(data).collect::<Result<_, _>>()?;
        let find = |tag| parts.iter().find(|it| it.tag == tag);
        let bytes = |tag| find(tag).map(|it: &Element| it.bytes(data));

        let descriptor = bytes(DESCRIPTOR).ok_or(missing("file descriptor", DESCRIPTOR))?;
        let kind = file_kind(descriptor).ok_or(wrong("file descriptor", DESCRIPTOR))?;
        let id = bytes(IDENTIFIER).ok_or(missing("file identifier", IDENTIFIER))?;
        let id = file_id(id).ok_or(wrong("file identifier", IDENTIFIER))?;
        let size = bytes(DATA_BYTES).or(bytes(TOTAL_BYTES)).unwrap_or_default();
        let mut file = Self::new(kind, id, number(size).ok_or(wrong("size", DATA_BYTES))?);
        file.name = bytes(NAME).map(df_name).transpose()?;
        file.proprietary = bytes(PROPRIETARY_SECURITY).map(<[u8]>::to_vec);
        file.short_id = bytes(SHORT_IDENTIFIER).map_or(Ok(ShortId::Implicit), short_id)?;
        file.life_cycle = bytes(LIFE_CYCLE).map(life_cycle).transpose()?;
        if find(REFERENCED_RULES).is_some() {
            // Skipping them would leave the file with other rules than were meant.
            let what = "access rule: rules in another file are not supported";
            return Err(wrong(what, REFERENCED_RULES));
        }
        file.rules = read_rules(
            data,
            find(access::COMPACT),
            find(access::EXPANDED),
            file.is_df(),
        )?;
        Ok(file)
    }
}

fn read_rules(
    data: &[u8],
    compact: Option<&Element>,
    expanded: Option<&Element>,
    is_df: bool,
) -> Result<Option<AccessRules>, RuleError> {
    let mut rules = AccessRules::default();
    if let Some(element) = compact {
        rules.read_compact(element.bytes(data), is_df)?;
    }
    if let Some(element) = expanded {
        rules.read_expanded(data, element, is_df)?;
    }
    Ok((compact.is_some() || expanded.is_some()).then_some(rules))
}

const fn missing(what: &'static str, tag: Tag) -> FcpError {
    FcpError::Missing { what, tag }
}

const fn wrong(what: &'static str, tag: Tag) -> FcpError {
    FcpError::Value { what, tag }
}

/// Two bytes, as readers expect them; more only for files that need more.
fn size_bytes(size: u32) -> Vec<u8> {
    let leading = match size {
        0..=0xFFFF => 2,
        0x1_0000..=0xFF_FFFF => 1,
        _ => 0,
    };
    size.to_be_bytes()[leading..].to_vec()
}

fn number(bytes: &[u8]) -> Option<u32> {
    let mut all = [0; 4];
    let start = all.len().checked_sub(bytes.len())?;
    all[start..].copy_from_slice(bytes);
    Some(u32::from_be_bytes(all))
}

/// Bit 7 (shareable) does not matter; the data coding byte and what follows neither.
fn file_kind(descriptor: &[u8]) -> Option<FileKind> {
    match descriptor.first()? & 0xBF {
        0x38 => Some(FileKind::Df),
        0x01 => Some(FileKind::Transparent),
        _ => None,
    }
}

fn file_id(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

/// Whether a new file may have this identifier.
#[must_use]
pub fn is_free_for_use(id: u16) -> bool {
    !RESERVED.contains(&id)
}

fn df_name(bytes: &[u8]) -> Result<Vec<u8>, FcpError> {
    match bytes.len() {
        1..=16 => Ok(bytes.to_vec()),
        _ => Err(wrong("DF name", NAME)),
    }
}

fn short_id(bytes: &[u8]) -> Result<ShortId, FcpError> {
    match bytes {
        [] => Ok(ShortId::None),
        [byte] if byte & 0x07 == 0 && (1..=30).contains(&(byte >> 3)) => {
            Ok(ShortId::Explicit(byte >> 3))
        }
        _ => Err(wrong("short file identifier", SHORT_IDENTIFIER)),
    }
}

fn life_cycle(bytes: &[u8]) -> Result<LifeCycle, FcpError> {
    match bytes {
        [byte] => LifeCycle::from_byte(*byte),
        _ => None,
    }
    .ok_or(wrong("life cycle status", LIFE_CYCLE))
}

#[cfg(test)]
mod tests {
    use super::super::access::{Condition, CredentialNumber, CredentialSet, Operation};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_template_of_a_transparent_file() {
        let rules = AccessRules::default()
            .with(Operation::Read, Condition::always())
            .with(Operation::Update, Condition::always());
        let file = FileControl {
            rules: Some(rules),
            ..FileControl::ef(0x5031, 12)
        };
        let expected = [
            0x62, 16, 0x80, 2, 0, 12, 0x82, 1, 1, 0x83, 2, 0x50, 0x31, 0x8C, 3, 3, 0, 0,
        ];
        assert_eq!(file.encode(FCP), expected);
        assert_eq!(FileControl::decode(&expected), Ok(file));
    }

    #[test]
    fn the_form_of_opensc_is_read_as_well() {
        let data = [
            0x6F, 16, 0x81, 2, 1, 0, 0x82, 1, 1, 0x83, 2, 0x44, 1, 0x86, 3, 0, 0, 0xFF,
        ];
        let file = FileControl::decode(&data).unwrap();
        assert_eq!((file.size, file.kind), (256, FileKind::Transparent));
        assert_eq!(file.proprietary, Some(vec![0, 0, 0xFF]));
    }

    #[test]
    fn wrong_templates_say_what_is_wrong() {
        let message = |data: &[u8]| FileControl::decode(data).unwrap_err().to_string();
        assert_eq!(
            message(&[0x30, 0]),
            "the file control parameters have no template (tag 62)"
        );
        assert_eq!(
            message(&[0x62, 4, 0x83, 2, 1, 1]),
            "the file control parameters have no file descriptor (tag 82)"
        );
        assert_eq!(
            message(&[0x62, 3, 0x82, 1, 2]),
            "the file control parameters have a wrong file descriptor (tag 82)"
        );
        assert_eq!(
            message(&[0x62, 10, 0x80, 5, 1, 0, 0, 0, 0, 0x82, 1, 1]),
            "the file control parameters have no file identifier (tag 83)"
        );
    }

    #[test]
    fn the_short_identifier_follows_from_the_file_identifier() {
        assert_eq!(FileControl::ef(0x5031, 0).effective_short_id(), Some(0x11));
        assert_eq!(FileControl::ef(0x5040, 0).effective_short_id(), None);
        assert_eq!(FileControl::df(0x5031, 0).effective_short_id(), None);
    }

    fn condition() -> impl Strategy<Value = Condition> {
        let set = prop::collection::vec(1_u8..=14, 0..4).prop_map(|it| -> CredentialSet {
            it.into_iter().filter_map(CredentialNumber::new).collect()
        });
        prop::collection::vec(set, 0..4).prop_map(Condition::any_of)
    }

    proptest! {
        #[test]
        fn parameters_survive_the_wire(
            is_df: bool, id: u16, size: u32,
            name in prop::option::of(prop::collection::vec(any::<u8>(), 1..=16)),
            short in prop_oneof![
                Just(ShortId::Implicit),
                Just(ShortId::None),
                (1_u8..=30).prop_map(ShortId::Explicit),
            ],
            conditions in prop::option::of(prop::array::uniform8(condition())),
        ) {
            let mut file = if is_df { FileControl::df(id, size) } else { FileControl::ef(id, size) };
            file.name = name;
            file.short_id = short;
            file.life_cycle = Some(LifeCycle::Activated);
            file.rules = conditions.map(|[a, b, c, d, e, f, g, h]| {
                let ops = if is_df {
                    [Operation::CreateDf, Operation::CreateEf, Operation::DeleteChild]
                } else {
                    [Operation::Append, Operation::Update, Operation::Read]
                };
                let rules = AccessRules::default()
                    .with(ops[0], a).with(ops[1], b).with(ops[2], c)
                    .with(Operation::Delete, d).with(Operation::Terminate, e)
                    .with(Operation::Activate, f).with(Operation::Deactivate, g);
                if is_df { rules.with(Operation::PutData, h) } else { rules }
            });
            prop_assert_eq!(FileControl::decode(&file.encode(FCP)), Ok(file));
        }

        #[test]
        fn any_bytes_are_decoded_in_order(data in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = FileControl::decode(&Tlv::new(FCP, data).encode());
        }
    }
}
