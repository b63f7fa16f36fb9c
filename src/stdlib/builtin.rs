//! The built-in functions that the meaning of a whole profile turns on, by their canonical names.
//!
//! What they take and give stands in the tables; here are only the names, so that no other room
//! spells them.

/// Makes the declared files on the card.
pub const CREATE_FILES: &str = "CreateFiles";

/// Ends the phase in which access rules are not enforced yet.
pub const BURN_FUSE: &str = "BurnFuse";

/// Leaves a way to erase the card without any credential.
pub const MAKE_CARD_ERASEABLE: &str = "MakeCardEraseable";

/// Makes the encrypted PINs out of what was collected before.
pub const ENCRYPT_SECRETS: &str = "PERSINFO_ENCRYPT_SEC";

/// Collects a secret for the encrypted PINs.
pub const PUT_SECRET: &str = "PERSINFO_PUT_SEC";

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_have_these_functions() {
        for name in [
            super::CREATE_FILES,
            super::BURN_FUSE,
            super::MAKE_CARD_ERASEABLE,
            super::ENCRYPT_SECRETS,
            super::PUT_SECRET,
        ] {
            let function = crate::stdlib::function(name);
            assert_eq!(function.map(|function| function.name), Some(name));
        }
    }
}
