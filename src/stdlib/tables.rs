//! The tables that the build makes from `stdlib/`, and the generated [`Key`].

use super::card::{Card, PinRules};
use super::cpf::{
    AccessWord, AccessWordInfo, AttributeInfo, AttributeValue, Credential, DeclarationKind,
    Function, Parameter, ParameterKind, Placement, ResultKind, StatementInfo, Variable,
};
use super::dialog::{Dialog, DialogKind};
use super::feature::{Encoder, Feature};
use super::keyword::{Alias, Direction, Keyword, Pattern, Suffix, ValueKind};
use super::middleware::{LibraryPattern, Middleware, PinLimits, PukChange};
use super::profile::Profile;
use super::provenance::{Certainty, Source, Status};
use super::requirement::{Condition, Requirement};
use super::section::{Form, Section, SectionKind};
use super::version::Version;

include!(concat!(env!("OUT_DIR"), "/stdlib.rs"));
