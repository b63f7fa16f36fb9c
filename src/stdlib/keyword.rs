//! The keywords of encoding descriptions (DSC): what a key may hold and what it is for.

use super::lookup;
use super::provenance::{Certainty, Status};
use super::requirement::Requirement;
use super::section::SectionKind;
use super::tables::{KEYS, KEYWORD_NAMES, KEYWORD_PATTERNS, KEYWORDS, Key};

/// One keyword with everything that is known of it.
#[derive(Debug)]
pub struct Keyword {
    /// Its variant of [`Key`].
    pub key: Key,
    /// The canonical spelling. Of a keyword with a [`Pattern`] it is a description (`ADR_nnnnn`),
    /// not a spelling: leave such keys as the author wrote them.
    pub name: &'static str,
    /// Other names for it. Mere differences of letter case are no aliases.
    pub aliases: &'static [Alias],
    /// How names are recognised, where the keyword is a family of names.
    pub pattern: Option<Pattern>,
    /// The section it belongs to.
    pub section: SectionKind,
    /// The form its value takes.
    pub kind: ValueKind,
    /// Whether the fields it names are read or filled.
    pub direction: Direction,
    /// Its value opens something: PIN, PUK, key or password.
    pub credential: bool,
    /// A command of an application: with it the application does something. A flag must be on.
    pub command: bool,
    /// The present name of a keyword that was renamed.
    pub replaced_by: Option<Key>,
    /// Values worth proposing; for an enum the accepted words.
    pub values: &'static [&'static str],
    /// The published list of words is incomplete: others may be right.
    pub open: bool,
    /// What must be present where the key is on (Table A of the rules). All must hold.
    /// `OperatorPinIsSOCredential` counts as on where it is `#true`.
    pub requires: &'static [Requirement],
    /// What must be in effect, else the key does nothing (Table B of the rules). All must hold.
    pub effective_with: &'static [Requirement],
    /// Ids of the only middlewares that know it. Empty: no restriction is published.
    pub support: &'static [&'static str],
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What it does, for hover, completion and documentation.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// Another name of a keyword.
#[derive(Debug)]
pub struct Alias {
    /// The name in the letter case it was printed in.
    pub name: &'static str,
    /// A slip of the vendor's page, never meant to be written.
    pub misprint: bool,
    /// A name of the past.
    pub obsolete: bool,
}

/// A family of names with a common beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The common beginning.
    pub prefix: &'static str,
    /// What follows it, at least one character.
    pub suffix: Suffix,
}

/// What follows the prefix of a [`Pattern`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffix {
    /// Decimal digits.
    Digits,
    /// Letters, digits and underscores.
    Word,
}

/// The form of a value (`dsc.md` 1.5). The kind says what the documentation shows; it does not
/// say what the syntax accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `true` or `false`.
    Flag,
    /// Any text, taken as it stands.
    Raw,
    /// `#literal` or a field; for a credential also a `!FROM_…` dialog.
    Reference,
    /// The name of a field. On an output nothing else makes sense; on an input no other form is
    /// shown.
    Field,
    /// Names of fields, separated by commas.
    FieldList,
    /// The characters of the applications to run, without separator.
    Letters,
    /// A decimal number.
    Integer,
    /// `number,name`.
    TypePair,
    /// Decimal device ids.
    Devices,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// `CKO_class,CKA_attribute,type,"value"`.
    Filter,
    /// `CKA_X=TRUE,CKA_Y="text",CKA_OBJECT_ID=1.2.3`.
    Attributes,
    /// Text that may hold `!{FIELD}`.
    Text,
    /// A file packed with the description.
    FileName,
    /// Path or name of a library, or the name of a middleware.
    LibraryPath,
    /// A flag that may come from a field: `#true`, `#false` or a field.
    FlagReference,
    /// Nothing is known of the value.
    Unknown,
}

/// Where the values of the named fields go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The key names no field.
    None,
    /// The field is read.
    In,
    /// The encoder fills the field.
    Out,
}

impl Key {
    /// How many keywords there are.
    pub const COUNT: usize = KEYS.len();
    /// All keywords, section by section.
    pub const ALL: &'static [Self] = KEYS;

    /// What is known of this key.
    pub fn keyword(self) -> &'static Keyword {
        &KEYWORDS[self as usize]
    }

    /// The canonical spelling (see [`Keyword::name`] for keys with a pattern).
    pub fn name(self) -> &'static str {
        self.keyword().name
    }

    /// The key of this name: canonical, alias or pattern, in any letter case.
    pub fn find(name: &str) -> Option<Self> {
        let exact = lookup::find(KEYWORD_NAMES, KEYWORDS, name).map(|keyword| keyword.key);
        exact.or_else(|| {
            let (_, at) = KEYWORD_PATTERNS
                .iter()
                .find(|(pattern, _)| pattern.matches(name))?;
            KEYS.get(usize::from(*at)).copied()
        })
    }

    /// The present name of a renamed key, else the key itself: two keys with the same
    /// `current()` in one section are a duplicate.
    pub fn current(self) -> Self {
        self.keyword().replaced_by.unwrap_or(self)
    }

    /// The alias that `name` is, if it is not the canonical name of this key.
    pub fn alias(self, name: &str) -> Option<&'static Alias> {
        self.keyword()
            .aliases
            .iter()
            .find(|alias| alias.name.eq_ignore_ascii_case(name))
    }
}

impl Keyword {
    /// The encoder fills the field that this key names.
    pub fn is_output(&self) -> bool {
        self.direction == Direction::Out
    }

    /// The key names a PKCS#11 library (`PKCS11Library…`). `MiniDriverLibrary` does not.
    pub fn is_pkcs11_library(&self) -> bool {
        self.kind == ValueKind::LibraryPath && self.key != Key::MiniDriverLibrary
    }

    /// Only this middleware is known to support the key.
    pub fn is_only_on(&self, middleware: &str) -> bool {
        self.support == [middleware]
    }

    /// The key belongs to Personal Desktop Client alone.
    pub fn is_personal_only(&self) -> bool {
        self.is_only_on("personal-desktop-client")
    }
}

impl Pattern {
    /// Whether `name` is of this family.
    pub fn matches(self, name: &str) -> bool {
        let Some(rest) = lookup::strip_prefix(name, self.prefix) else {
            return false;
        };
        let fits = |byte: u8| match self.suffix {
            Suffix::Digits => byte.is_ascii_digit(),
            Suffix::Word => byte.is_ascii_alphanumeric() || byte == b'_',
        };
        !rest.is_empty() && rest.bytes().all(fits)
    }
}
