//! perso compiles smart-card encoding descriptions (DSC) and card profiles (CPF).
//!
//! ```text
//! text ─▶ source ─▶ syntax ─▶ model ─▶ check (rules) ─▶ findings ─▶ report
//!                               └────▶ lower ─▶ plan ─▶ run ─▶ token ─▶ worker ─▶ PKCS#11 module
//!                                                                └───▶ card ─▶ simulator | reader
//! ```
//!
//! Each word is a room: a folder of `src/` with one job, and a list of rooms it may import from that
//! `docs/architecture.md` holds and a test enforces. The plan is the waist: the rooms before it know
//! the two languages and no hardware, the rooms behind it know hardware and no language.
//!
//! To check texts in memory, [`check::parse_all`] them and hand the trees to [`check::check_all`];
//! the rooms up to there are pure and build without an operating system (no feature `native`).

// The parsers that pest generates name it.
extern crate alloc;

pub mod card;
pub mod check;
#[cfg(feature = "native")]
pub mod cli;
pub mod der;
pub mod diagnostic;
pub mod fix;
pub mod format;
pub mod issuer;
#[cfg(feature = "native")]
pub mod job;
pub mod lower;
pub mod model;
pub mod operation;
pub mod pinblob;
pub mod pki;
pub mod plan;
pub mod report;
pub mod rules;
#[cfg(feature = "native")]
pub mod run;
pub mod secret;
#[cfg(feature = "native")]
pub mod settings;
pub mod source;
pub mod stdlib;
pub mod syntax;
#[cfg(feature = "native")]
pub mod token;
#[cfg(feature = "native")]
pub mod workspace;
