//! Tests of the whole, in one binary.

mod example;
mod rule_snapshots;
mod rules;
