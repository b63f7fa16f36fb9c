//! Tests against the world outside: other programs, real tokens.

mod pki;
