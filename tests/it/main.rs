//! The command as its users run it. One binary for all areas, one module an area.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod check;
mod explain;
mod sandbox;
