//! Tests of the whole, in one binary.

// What fails here fails a test.
#![allow(clippy::expect_used, clippy::panic)]

mod example;
mod joined_files;
mod rule_snapshots;
mod rules;
