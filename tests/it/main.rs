//! Tests of the whole, in one binary: the house, the rules, other programs, real tokens.

// What is allowed inside of tests is allowed in what they share, too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod apdu;
mod archives;
mod canary;
mod card_tree;
mod cascades;
mod check;
mod documented_uses;
mod dsc_library;
mod example;
mod example_runs;
mod examples;
mod explain;
mod faults;
mod fixes;
mod fmt;
mod foreign_card;
mod hostile;
mod hsm;
mod issuers;
mod joined_files;
mod layering;
mod layout;
mod layout_meaning;
mod layouts;
mod licences;
mod new;
mod output;
mod pinblob;
mod pipelines;
mod pki;
mod plan;
mod plan_schema;
mod profile_defects;
mod pulled_out;
mod ready_profiles;
mod resume;
mod rule_fixes;
mod rule_snapshots;
mod rules;
mod run;
mod sandbox;
mod schemas;
mod simulated_runs;
mod skip;
mod softhsm;
mod syntax_cpf;
mod synthesis;
mod undo;
#[cfg(target_os = "linux")]
mod vpcd;
