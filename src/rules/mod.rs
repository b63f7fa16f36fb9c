//! The rules: one file each, by family.
//!
//! A rule is a page of documentation, a few facts about itself, and a check. The page is the doc
//! comment of its file; `perso explain`, hover texts and reports read it, and its examples are
//! executed. A check sees one text, one description or one profile with what it is joined to, and
//! reports; whether it runs at all, and what its finding weighs in the end, is decided by `check`
//! from the facts given here.

mod config;
mod context;
mod cpf;
mod documentation;
mod dsc;
mod mapping;
mod middleware;
mod personal;
mod pkcs15;
mod security;
mod syntax;

pub use context::{
    Draft, EncodingContext, Findings, Output, ProfileContext, ProjectContext, SettingsContext,
    TextContext, UnknownName,
};
use context::{either, excerpt, line_end};
pub use documentation::{Example, ExampleFile, Page, SavedAs};

pub use crate::diagnostic::Level;
use crate::stdlib::Certainty;

/// Groups of rules, in the order they are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Family {
    /// The form of both languages.
    Syntax,
    /// Encoding descriptions.
    Dsc,
    /// Descriptions for Personal Desktop Client.
    Personal,
    /// Middleware of every kind.
    Middleware,
    /// Card profiles.
    Cpf,
    /// The files by which software finds what is on a card.
    Pkcs15,
    /// How Identity Manager binds the fields.
    Mapping,
    /// Secrets, and who may change a card.
    Security,
    /// What perso itself is told.
    Config,
}

impl Family {
    /// Its name: `syntax`, `dsc`, …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Dsc => "dsc",
            Self::Personal => "personal",
            Self::Middleware => "middleware",
            Self::Cpf => "cpf",
            Self::Pkcs15 => "pkcs15",
            Self::Mapping => "mapping",
            Self::Security => "security",
            Self::Config => "config",
        }
    }
}

/// Which descriptions a rule looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Every description.
    AnyFile,
    /// Descriptions of a chip: `Type` is 1024, missing or malformed.
    ChipFile,
    /// Descriptions of a chip for Personal Desktop Client.
    PersonalFile,
}

/// What a rule finds missing, if that is what it finds. The missing thing may stand in a part that
/// the vendor encrypted (`^`), or be what a key does whose meaning is unknown: then it is silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absence {
    /// It does not look for what is missing.
    None,
    /// Something that the file lacks.
    InFile,
    /// Something that an application lacks.
    InApplication,
}

/// What a rule looks at, and how.
#[derive(Clone, Copy)]
pub enum Check {
    /// Reported while files are read; nothing to run.
    WhileReading,
    /// One text of either language.
    Text(fn(&TextContext<'_>, &mut Findings<'_>)),
    /// One description, with the profile it binds.
    Encoding(fn(&EncodingContext<'_>, &mut Findings<'_>)),
    /// One profile, with the descriptions that bind it.
    Profile(fn(&ProfileContext<'_>, &mut Findings<'_>)),
    /// Each description and each profile, in their own ways.
    Both(
        fn(&EncodingContext<'_>, &mut Findings<'_>),
        fn(&ProfileContext<'_>, &mut Findings<'_>),
    ),
    /// Everything that is checked together, once.
    Project(fn(&ProjectContext<'_>, &mut Findings<'_>)),
    /// The configuration of a project.
    Settings(fn(&SettingsContext<'_>, &mut Findings<'_>)),
    /// Reported by `check` from what all others found; nothing to run.
    Afterwards,
}

/// A rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Kebab-case; names the bad pattern and reads well behind the word *allow*.
    pub name: &'static str,
    /// Its family.
    pub family: Family,
    /// Its default weight.
    pub level: Level,
    /// How sure we are that it is right.
    pub certainty: Certainty,
    /// Where it comes from: public pages by their short names, standards.
    pub source: &'static str,
    /// Which descriptions it looks at.
    pub scope: Scope,
    /// Whether it finds something missing.
    pub absence: Absence,
    /// Rules whose finding at the same place makes this one silent.
    pub yields_to: &'static [&'static str],
    /// Its page, in Markdown.
    pub documentation: &'static str,
    /// What it does.
    pub check: Check,
}

impl Rule {
    /// What most rules have in common.
    const BASE: Self = Self {
        name: "",
        family: Family::Syntax,
        level: Level::ERROR,
        certainty: Certainty::Ours,
        source: "",
        scope: Scope::AnyFile,
        absence: Absence::None,
        yields_to: &[],
        documentation: "",
        check: Check::WhileReading,
    };

    /// Its page, taken apart.
    #[must_use]
    pub fn page(&self) -> Page<'_> {
        Page::new(self.documentation)
    }
}

/// Declares the rule of a file: its doc comment is its page.
macro_rules! rule {
    ($(#[doc = $line:literal])* $field:ident : $value:expr $(, $more:ident : $other:expr)* $(,)?) => {
        $(#[doc = $line])*
        #[allow(clippy::needless_update, reason = "a rule may say everything")]
        pub(super) const RULE: $crate::rules::Rule = $crate::rules::Rule {
            documentation: concat!($($line, "\n"),*),
            $field: $value,
            $($more: $other,)*
            ..$crate::rules::Rule::BASE
        };
    };
}
use rule;

/// Every rule, by family.
const FAMILIES: [&[&Rule]; 9] = [
    syntax::RULES,
    dsc::RULES,
    personal::RULES,
    middleware::RULES,
    cpf::RULES,
    pkcs15::RULES,
    mapping::RULES,
    security::RULES,
    config::RULES,
];

/// All rules, grouped by family.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.into_iter().flatten().copied()
}

/// The rule of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.name == name)
}
