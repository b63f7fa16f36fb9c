//! What a description runs on: the middleware and the encoder.

use super::{Encoding, Entry};
use crate::model::Target;
use crate::stdlib::{self, Encoder, Key, Middleware, ValueKind};

/// Identity of Personal Desktop Client in stdlib.
pub const PERSONAL_DESKTOP_CLIENT: &str = "personal-desktop-client";

/// Identity of the middleware of Gemalto, SafeNet and Thales in stdlib.
pub const GEMALTO: &str = "gemalto";

/// Identity of Idopte in stdlib.
pub const IDOPTE: &str = "idopte";

/// Identity of JPKIEncoder in stdlib.
pub const JPKI_ENCODER: &str = "jpki-encoder";

/// Identity of Smart ID Desktop App in stdlib.
pub const SMART_ID_DESKTOP_APP: &str = "smart-id-desktop-app";

/// The middleware that a chip file is written for.
#[derive(Clone, Copy, Debug)]
pub enum MiddlewareChoice {
    /// One that stdlib knows.
    Known(&'static Middleware),
    /// A library that is known to be none of those that stdlib knows by its file name.
    Other,
    /// Nothing tells.
    Unknown,
}

impl MiddlewareChoice {
    /// Whether it is the middleware with this identity.
    #[must_use]
    pub fn is(self, id: &str) -> bool {
        matches!(self, Self::Known(middleware) if middleware.id == id)
    }

    /// Whether anything is known about it.
    #[must_use]
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Unknown)
    }
}

/// The program that talks to the card, and what told so.
#[derive(Clone, Copy, Debug)]
pub struct EncoderChoice {
    /// The program.
    pub encoder: &'static Encoder,
    /// Whether `[target]` said it, not `Devices`.
    pub from_target: bool,
}

impl<'t> Encoding<'t> {
    /// Entries that name a library: `PKCS11Library…`, `MiniDriverLibrary`.
    pub fn libraries(&self) -> impl Iterator<Item = &Entry<'t>> {
        self.entries.iter().filter(|entry| {
            entry
                .key()
                .is_some_and(|key| key.keyword().kind == ValueKind::LibraryPath)
        })
    }

    /// The middleware: what `target` says, else what the library keys say, else Personal Desktop
    /// Client when a key is present that only it has.
    #[must_use]
    pub fn middleware(&self, target: &Target) -> MiddlewareChoice {
        if let Some(choice) = &target.middleware {
            return MiddlewareChoice::Known(choice.value.0);
        }
        let mut named = false;
        for entry in self.libraries() {
            named = true;
            if let Some(found) = self.middleware_of(entry) {
                return MiddlewareChoice::Known(found);
            }
        }
        if named {
            return MiddlewareChoice::Other;
        }
        let own = self.entries.iter().any(|entry| {
            entry.is_present()
                && entry
                    .key()
                    .is_some_and(|key| key.keyword().is_only_on(PERSONAL_DESKTOP_CLIENT))
        });
        match stdlib::middleware(PERSONAL_DESKTOP_CLIENT) {
            Some(personal) if own => MiddlewareChoice::Known(personal),
            _ => MiddlewareChoice::Unknown,
        }
    }

    /// The middleware that a library key names, if stdlib knows its library.
    #[must_use]
    pub fn middleware_of(&self, library: &Entry<'t>) -> Option<&'static Middleware> {
        let mini_driver = library.key() == Some(Key::MiniDriverLibrary);
        stdlib::recognise_library(mini_driver, library.value_span.of(self.text))
    }

    /// The library key that tells the middleware: the first whose library is known, else the first.
    #[must_use]
    pub fn deciding_library(&self) -> Option<&Entry<'t>> {
        let known = |entry: &&Entry<'t>| self.middleware_of(entry).is_some();
        self.libraries()
            .find(known)
            .or_else(|| self.libraries().next())
    }

    /// The encoder: what `target` says, else what `Devices` says.
    #[must_use]
    pub fn encoder(&self, target: &Target) -> Option<EncoderChoice> {
        if let Some(choice) = &target.encoder {
            return Some(EncoderChoice {
                encoder: choice.value,
                from_target: true,
            });
        }
        let encoder = self.encoder_of_devices()?;
        Some(EncoderChoice {
            encoder,
            from_target: false,
        })
    }

    /// The encoder that `Devices` says.
    #[must_use]
    pub fn encoder_of_devices(&self) -> Option<&'static Encoder> {
        let devices = self.entry(Key::Devices)?.value_span.of(self.text);
        stdlib::encoder_of_device(devices.parse().ok()?)
    }
}
