//! Models to plans.
