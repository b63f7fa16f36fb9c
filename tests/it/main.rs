//! Tests against the world outside: other programs, real tokens.

// What is allowed inside of tests is allowed in what they share, too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod pki;
mod softhsm;
