//! Tests of the whole, in one binary.

mod cascades;
mod example;
mod rule_snapshots;
mod rules;
