//! Reading card profiles, seen from outside.

mod hostile;
mod profile;
mod properties;
mod snapshots;
