//! perso compiles smart-card encoding descriptions (DSC) and card profiles (CPF).
//!
//! ```text
//! text ─▶ source ─▶ syntax ─▶ model ─▶ check (rules) ─▶ findings ─▶ report
//! ```

pub mod check;
#[cfg(feature = "native")]
pub mod cli;
pub mod diagnostic;
pub mod model;
pub mod operation;
pub mod rules;
pub mod source;
pub mod stdlib;
pub mod syntax;
