//! The vocabulary of card profiles (CPF): statements, functions, attributes, variables,
//! credentials and the words of access rules.

use super::lookup;
use super::provenance::{Certainty, Status};
use super::tables::{
    ACCESS_NAMES, ACCESS_WORDS, ATTRIBUTE_NAMES, ATTRIBUTES, CREDENTIAL_NAMES,
    CREDENTIAL_VARIABLES, CREDENTIALS, FUNCTION_NAMES, FUNCTIONS, Key, STATEMENT_NAMES, STATEMENTS,
    VARIABLE_NAMES, VARIABLES,
};

/// A word that starts a statement.
#[derive(Debug)]
pub struct StatementInfo {
    /// The canonical spelling.
    pub name: &'static str,
    /// How the statement is written.
    pub syntax: &'static str,
    /// The word that closes the block it opens.
    pub closed_by: Option<&'static str>,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What it does.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// A built-in function.
#[derive(Debug)]
pub struct Function {
    /// The canonical spelling.
    pub name: &'static str,
    /// Its parameters; optional ones come last.
    pub parameters: &'static [Parameter],
    /// What a call gives.
    pub result: ResultKind,
    /// Where in the profile a call belongs.
    pub placement: Placement,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What it does.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// A parameter of a [`Function`].
#[derive(Debug)]
pub struct Parameter {
    /// Its name in explanations.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParameterKind,
    /// It may be left out.
    pub optional: bool,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A string, or a variable that holds one.
    String,
    /// The name of a `SEC_…` variable.
    SecretVariable,
    /// A number.
    Number,
    /// A string of the characters to draw from.
    Alphabet,
}

/// What a call gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultKind {
    /// Nothing: the call is a statement.
    None,
    /// A secret.
    Secret,
    /// Bytes, known at the run.
    Bytes,
}

/// Where in a profile a call belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Where its effect is wanted.
    Anywhere,
    /// The first statement.
    First,
    /// The last statement.
    Last,
}

/// An attribute of a declaration.
#[derive(Debug)]
pub struct AttributeInfo {
    /// The canonical spelling.
    pub name: &'static str,
    /// The declarations that may have it.
    pub on: &'static [DeclarationKind],
    /// What its value is.
    pub value: AttributeValue,
    /// The words that the value may be, where it is a word.
    pub words: &'static [&'static str],
    /// The declarations that may have it mean nothing without it.
    pub required: bool,
    /// The declarations on which it is ours, though it is documented elsewhere.
    pub extension_on: &'static [DeclarationKind],
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What it does.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// What a declaration declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeclarationKind {
    /// `MasterFile`
    MasterFile,
    /// `CreateDf`: a dedicated file.
    Df,
    /// `CreateEf`: an elementary file.
    Ef,
    /// `CreatePin`
    Pin,
    /// `CreateKey`
    Key,
}

/// What the value of an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeValue {
    /// A file identifier, 0x0001 to 0xFFFE without the reserved ones.
    FileId,
    /// A size in bytes, 1 to 65535, or `auto`.
    Size,
    /// An application identifier, 1 to 16 bytes.
    Aid,
    /// An access rule.
    Access,
    /// A short file identifier, 1 to 30.
    Sfi,
    /// One of [`AttributeInfo::words`].
    Word,
    /// A number.
    Number,
    /// A number of tries, 1 to 15.
    Retries,
    /// A secret: a `SEC_…` variable or a literal.
    Secret,
    /// The name of a credential.
    Credential,
    /// The name of a declared EF.
    FileName,
}

/// A variable with a conventional meaning.
#[derive(Debug)]
pub struct Variable {
    /// The canonical spelling.
    pub name: &'static str,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What it holds.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// One of the eight credentials of a card.
#[derive(Debug)]
pub struct Credential {
    /// Its name in access rules and outputs, for instance `PIN1`.
    pub name: &'static str,
    /// The profile's variable, for instance `SEC_PIN1`.
    pub variable: &'static str,
    /// The keys of a description that supply it.
    pub fed_by: &'static [Key],
    /// The key that returns it after decryption.
    pub read_by: Option<Key>,
    /// The client sets the variable itself; `ProfileParameters` must not name it.
    pub reserved: bool,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// Whose credential it is.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// A word of an access rule.
#[derive(Clone, Copy, Debug)]
pub enum AccessWord {
    /// Without any credential.
    Always,
    /// Not at all.
    Never,
    /// After this credential was given.
    Credential(&'static Credential),
    /// After the PUK or the operator PIN, as `OperatorPinIsSOCredential` says.
    SecurityOfficer,
}

/// An [`AccessWord`] with its explanation.
#[derive(Debug)]
pub struct AccessWordInfo {
    /// The canonical spelling.
    pub name: &'static str,
    /// What it stands for.
    pub word: AccessWord,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What it demands.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// All words that start a statement, the closing words among them.
pub fn statements() -> &'static [StatementInfo] {
    STATEMENTS
}

/// The statement that this word starts.
pub fn statement(name: &str) -> Option<&'static StatementInfo> {
    lookup::find(STATEMENT_NAMES, STATEMENTS, name)
}

/// All built-in functions.
pub fn functions() -> &'static [Function] {
    FUNCTIONS
}

/// The function of this name.
pub fn function(name: &str) -> Option<&'static Function> {
    lookup::find(FUNCTION_NAMES, FUNCTIONS, name)
}

/// All attributes.
pub fn attributes() -> &'static [AttributeInfo] {
    ATTRIBUTES
}

/// The attribute of this name.
pub fn attribute(name: &str) -> Option<&'static AttributeInfo> {
    lookup::find(ATTRIBUTE_NAMES, ATTRIBUTES, name)
}

/// All variables with a conventional meaning, without those of the credentials.
pub fn variables() -> &'static [Variable] {
    VARIABLES
}

/// The conventional variable of this name.
pub fn variable(name: &str) -> Option<&'static Variable> {
    lookup::find(VARIABLE_NAMES, VARIABLES, name)
}

/// The eight credentials.
pub fn credentials() -> &'static [Credential] {
    CREDENTIALS
}

/// The credential of this name, such as `PIN1`.
pub fn credential(name: &str) -> Option<&'static Credential> {
    lookup::find(CREDENTIAL_NAMES, CREDENTIALS, name)
}

/// The credential whose variable this is, such as `SEC_PIN1`.
pub fn credential_of_variable(name: &str) -> Option<&'static Credential> {
    lookup::find(CREDENTIAL_VARIABLES, CREDENTIALS, name)
}

/// All words of access rules.
pub fn access_words() -> &'static [AccessWordInfo] {
    ACCESS_WORDS
}

/// What this word of an access rule stands for.
pub fn access_word(name: &str) -> Option<AccessWord> {
    lookup::find(ACCESS_NAMES, ACCESS_WORDS, name).map(|info| info.word)
}

impl Function {
    /// The number of arguments that a call must and may have.
    pub fn arity(&self) -> std::ops::RangeInclusive<usize> {
        let least = self
            .parameters
            .iter()
            .filter(|parameter| !parameter.optional)
            .count();
        least..=self.parameters.len()
    }

    /// Whether one call does all there is to do: it takes nothing and gives nothing, so a second
    /// one can only repeat the first.
    pub fn is_once(&self) -> bool {
        self.parameters.is_empty() && self.result == ResultKind::None
    }
}

impl AttributeValue {
    /// Whether a number is a value of this kind; kinds that take no number admit none.
    pub const fn admits(self, number: u64) -> bool {
        match self {
            Self::FileId => matches!(number, 0x0001..=0xFFFE) && !matches!(number, 0x3F00 | 0x3FFF),
            Self::Size => matches!(number, 1..=65_535),
            Self::Sfi => matches!(number, 1..=30),
            Self::Retries => matches!(number, 1..=15),
            Self::Number => true,
            _ => false,
        }
    }
}

impl AttributeInfo {
    /// Whether a declaration of this kind may have the attribute.
    pub fn is_on(&self, kind: DeclarationKind) -> bool {
        self.on.contains(&kind)
    }

    /// Whether the attribute is an addition of perso to this kind of declaration.
    pub fn is_extension_on(&self, kind: DeclarationKind) -> bool {
        self.status == Status::Perso || self.extension_on.contains(&kind)
    }
}
