//! Tests of the whole, in one binary.

mod example;
mod joined_files;
mod rule_snapshots;
mod rules;
