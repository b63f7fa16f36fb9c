//! perso compiles smart-card encoding descriptions (DSC) and card profiles (CPF).
//!
//! ```text
//! text ─▶ source ─▶ syntax ─▶ model ─▶ check (rules) ─▶ findings ─▶ report
//! ```

pub mod card;
#[cfg(feature = "native")]
pub mod cli;
pub mod der;
pub mod diagnostic;
pub mod source;
pub mod syntax;
