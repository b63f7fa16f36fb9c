//! Tests of the whole, in one binary.

mod layering;
mod licences;
mod rules;
