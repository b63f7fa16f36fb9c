//! The simulated card as a CardOS 4.4: the commands and forms of that card over the one file system,
//! so that OpenSC lays it out as it lays out the real one.
//!
//! Owns the translation and nothing else: nine bytes of access conditions become [`AccessRules`],
//! object data (PUT DATA OCI) become PINs and keys. The facts are those of OpenSC's driver
//! (`card-cardos.c`, `pkcs15-cardos.c`), a public source that is not the maker's.
//!
//! | command | what it does |
//! | --- | --- |
//! | GET DATA `0181`, `0182`, `0183`, `0188`, `018D` | serial number, version, phase, packages, longest data field |
//! | CREATE FILE | access conditions in tag 86, see [`access`]; SELECT tells them likewise |
//! | PUT DATA `016E` | an object: PIN or part of an RSA key, see [`objects`] and [`keys`] |
//! | PUT DATA `016D` | a security environment; accepted, without further effect |
//! | GENERATE `0046 0000` | the key pair of an object, its public half into a file |
//! | `8010 0000` | PHASE CONTROL, see [`phase`] |
//! | `8016 02xx` | DIRECTORY: the identifiers of the files in the current directory |
//! | `80EA 0000` | takes all verifications back |
//!
//! Decisions of ours (*perso*):
//! * What needs secure messaging under the start key (ERASE FILES, FORMAT) is answered `6882`: how it
//!   is protected is not public. Our own `8006 0000` erases this card as it does any other.
//! * Rules of files hold from the first PHASE CONTROL into operation, and then in both phases. Those
//!   of keys hold at once: OpenSC leaves its cards in the administration phase.
//! * The size of a directory is no limit: OpenSC makes its own of 4096 bytes and puts more into it.
//! * Keys of fewer than 2048 bits, records and counters are not played.

pub(super) mod access;
mod information;
pub(super) mod keys;
mod objects;
mod parts;
pub(super) mod phase;

use super::commands::parameters;
use super::key::Padding;
use super::{Answer, Card, Files, Personality, answer, done};
use crate::card::Sw;
use crate::card::access::CredentialSet;
use crate::card::apdu::Command;
use crate::card::fcp::FCI;
use crate::der::{Tag, Tlv};

/// Answer to reset of CardOS 4.4, which OpenSC recognises without configuration.
pub const CARDOS_4_4_ATR: [u8; 12] = [
    0x3B, 0xD2, 0x18, 0x02, 0xC1, 0x0A, 0x31, 0xFE, 0x58, 0xC8, 0x0D, 0x51,
];

/// Class byte of CardOS's own commands, without and with secure messaging.
const OWN: u8 = 0x80;
const OWN_SECURED: u8 = 0x84;

/// Instructions of class 80.
mod instruction {
    pub(super) const PHASE_CONTROL: u8 = 0x10;
    pub(super) const DIRECTORY: u8 = 0x16;
    pub(super) const TAKE_BACK: u8 = 0xEA;
}

/// P1 of DIRECTORY: directories and files.
const ALL_FILES: u8 = 0x02;

/// Whether a proprietary class byte is one of this card's.
pub(super) fn check_class(cla: u8, ins: u8) -> Result<(), Sw> {
    use instruction::{DIRECTORY, PHASE_CONTROL, TAKE_BACK};
    match (cla, ins) {
        (OWN, PHASE_CONTROL | DIRECTORY | TAKE_BACK) => Ok(()),
        (OWN_SECURED, _) => Err(Sw::NO_SECURE_MESSAGING),
        _ => Err(Sw::NO_CLASS),
    }
}

impl Card {
    pub(super) fn is_cardos44(&self) -> bool {
        self.options().personality == Personality::CardOs44
    }

    /// A command of class 80 that passed [`check_class`].
    pub(super) fn own_command(&mut self, command: &Command) -> Answer {
        if self.state.is_terminated() {
            return Err(Sw::CONDITIONS);
        }
        match command.ins {
            instruction::PHASE_CONTROL => self.phase_control(command),
            instruction::DIRECTORY => self.directory(command),
            instruction::TAKE_BACK if parameters(command) == 0 => {
                self.session.verified = CredentialSet::default();
                done()
            }
            _ => Err(Sw::WRONG_P1P2),
        }
    }

    /// One `6F` with the identifier in `86` for each file behind the first P2 ones.
    fn directory(&self, command: &Command) -> Answer {
        const IDENTIFIER: Tag = Tag::new(0x86);
        if command.p1 != ALL_FILES {
            return Err(Sw::WRONG_P1P2);
        }
        let files = self.state.files.children(self.session.directory);
        let rest = files.skip(command.p2.into());
        let entry = |id: u16| Tlv::list(FCI, [Tlv::new(IDENTIFIER, id.to_be_bytes())]).encode();
        answer(rest.flat_map(|(_, file)| entry(file.control.id)).collect())
    }

    /// How RSA input is padded where the security environment does not tell: the keys that OpenSC
    /// makes on this card are of the algorithm RSA_PURE.
    pub(super) fn default_padding(&self) -> Padding {
        match self.is_cardos44() {
            true => Padding::None,
            false => Padding::default(),
        }
    }
}

/// A blank file system: everybody may do everything, as after FORMAT in OpenSC's form.
pub(super) fn format(files: &mut Files) {
    files.are_directories_bounded = false;
    if let Ok(mf) = files.get_mut(Files::MF) {
        access::set(&mut mf.control, &[0; access::LENGTH]);
    }
}
