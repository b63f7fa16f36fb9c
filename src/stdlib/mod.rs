//! What ships with perso as knowledge: keywords, builtins, middlewares, cards, ready profiles.
//!
//! The knowledge itself is data under `stdlib/`; the build turns it into `static` tables, so
//! nothing is parsed or allocated at start-up, and a new keyword or card is a change of data.
//! This room owns the types of those tables and the look-ups in them. It knows nothing of texts,
//! trees, findings or cards in readers. All names are looked up without regard to ASCII letter
//! case, except the `!FROM_…` values.

pub mod builtin;
mod card;
mod cpf;
mod dialog;
mod feature;
mod keyword;
mod lookup;
mod middleware;
mod profile;
mod provenance;
mod requirement;
mod section;
mod tables;
mod version;

#[cfg(test)]
mod tests;

pub use card::{Card, PinRules, card, card_of_model, cards};
pub use cpf::{
    AccessWord, AccessWordInfo, AttributeInfo, AttributeValue, Credential, DeclarationKind,
    Function, Parameter, ParameterKind, Placement, ResultKind, StatementInfo, Variable,
    access_word, access_words, attribute, attributes, credential, credential_of_variable,
    credentials, function, functions, statement, statements, variable, variables,
};
pub use dialog::{Dialog, DialogKind, dialog, dialogs};
pub use feature::{Encoder, Feature, encoder, encoder_of_device, encoders, features};
pub use keyword::{Alias, Direction, Keyword, Pattern, Suffix, ValueKind};
pub use middleware::{
    LibraryPattern, Middleware, PinLimits, PukChange, middleware, middlewares, recognise_library,
};
pub use profile::{Profile, profile, profiles};
pub use provenance::{Certainty, Source, Status, source, sources};
pub use requirement::{Condition, Requirement};
pub use section::{Form, Section, SectionKind, forms, sections};
pub use tables::Key;
pub use version::Version;
