//! perso compiles smart-card encoding descriptions (DSC) and card profiles (CPF).
//!
//! ```text
//! text ─▶ source ─▶ syntax ─▶ model ─▶ check (rules) ─▶ findings ─▶ report
//! ```

#[cfg(feature = "native")]
pub mod cli;
pub mod diagnostic;
pub mod report;
pub mod source;
pub mod syntax;
#[cfg(feature = "native")]
pub mod workspace;
