//! perso compiles smart-card encoding descriptions (DSC) and card profiles (CPF).
//!
//! ```text
//! text ─▶ source ─▶ syntax ─▶ model ─▶ check (rules) ─▶ findings ─▶ report
//! ```

pub mod card;
pub mod check;
#[cfg(feature = "native")]
pub mod cli;
pub mod der;
pub mod diagnostic;
pub mod issuer;
#[cfg(feature = "native")]
pub mod job;
pub mod lower;
pub mod model;
pub mod operation;
pub mod pki;
pub mod plan;
pub mod report;
pub mod rules;
#[cfg(feature = "native")]
pub mod run;
pub mod secret;
pub mod source;
pub mod stdlib;
pub mod syntax;
#[cfg(feature = "native")]
pub mod token;
#[cfg(feature = "native")]
pub mod workspace;
