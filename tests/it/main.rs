//! Tests of the whole, in one binary: the house, the rules, other programs, real tokens.

// What is allowed inside of tests is allowed in what they share, too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod check;
mod explain;
mod layering;
mod licences;
mod pki;
mod plan;
mod rules;
mod run;
mod sandbox;
mod softhsm;
