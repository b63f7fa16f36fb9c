//! The command as its users run it. One binary for all areas, one module an area.

mod check;
mod explain;
mod sandbox;
