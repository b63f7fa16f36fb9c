//! What kind of library a file is, seen from its header, before the loader touches it.
//!
//! The loaders' own words for a 32-bit module in a 64-bit process ("wrong ELF class", "%1 is not a
//! valid Win32 application") have cost people days.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use object::read::elf::ProgramHeader as _;
use object::{Endianness, FileKind, elf, macho, pe, read};

/// As much of a file as holds every header.
const HEADERS: u64 = 64 << 10;

/// The system that a library was built for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum System {
    /// ELF: Linux and most other Unix systems.
    Elf,
    /// PE: Windows.
    Windows,
    /// Mach-O: macOS.
    MacOs,
}

impl System {
    /// The system that this process runs on.
    #[must_use]
    pub const fn here() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_vendor = "apple") {
            Self::MacOs
        } else {
            Self::Elf
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elf => "Linux (ELF)",
            Self::Windows => "Windows (PE)",
            Self::MacOs => "macOS (Mach-O)",
        })
    }
}

/// The processor that a library was built for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Architecture {
    X86,
    X86_64,
    Arm,
    Aarch64,
    /// Another one, or several.
    Other,
}

impl Architecture {
    /// The processor that this process was built for.
    #[must_use]
    pub const fn here() -> Self {
        if cfg!(target_arch = "x86_64") {
            Self::X86_64
        } else if cfg!(target_arch = "x86") {
            Self::X86
        } else if cfg!(target_arch = "aarch64") {
            Self::Aarch64
        } else if cfg!(target_arch = "arm") {
            Self::Arm
        } else {
            Self::Other
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X86 => "x86",
            Self::X86_64 => "x86-64",
            Self::Arm => "ARM",
            Self::Aarch64 => "ARM64",
            Self::Other => "another processor",
        })
    }
}

/// What the header of a library says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Header {
    /// Operating system.
    pub system: System,
    /// Word size in bits: 32 or 64; `None` for a file for several processors.
    pub bits: Option<u32>,
    /// Processor.
    pub architecture: Architecture,
}

/// A file that cannot be loaded into this process.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// There is no such file.
    #[error("there is no such file")]
    Missing,
    /// A folder.
    #[error("this is a folder")]
    Folder,
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// No library of any kind.
    #[error("the file is no library (neither ELF nor PE nor Mach-O)")]
    NoLibrary,
    /// A library whose end is missing; the loader of an ELF system dies of it.
    #[error("the file is cut off: it has {length} bytes, and its header speaks of {needed}")]
    CutOff {
        /// Bytes in the file.
        length: u64,
        /// Bytes that the loader maps.
        needed: u64,
    },
    /// A library of another system.
    #[error(
        "it is a library for {found}, and this process runs on {}",
        System::here()
    )]
    OtherSystem {
        /// The library's system.
        found: System,
    },
    /// A library of another word size.
    #[error(
        "it is a {found}-bit library, and this process is a {here}-bit one; \
         use the vendor's {here}-bit module or a {found}-bit build of perso",
        here = usize::BITS
    )]
    OtherWordSize {
        /// The library's word size in bits.
        found: u32,
    },
    /// A library of another processor.
    #[error(
        "it is a library for {found}, and this process was built for {}",
        Architecture::here()
    )]
    OtherArchitecture {
        /// The library's processor.
        found: Architecture,
    },
}

impl Header {
    /// Reads the header of the library at `path`.
    ///
    /// # Errors
    /// [`HeaderError`] if there is none.
    pub fn read(path: &Path) -> Result<Self, HeaderError> {
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => HeaderError::Missing,
            io::ErrorKind::IsADirectory => HeaderError::Folder,
            _ => HeaderError::Unreadable(error),
        };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(HeaderError::Folder);
        }
        // A pipe or a device would let us wait for ever.
        if !metadata.is_file() {
            return Err(HeaderError::NoLibrary);
        }
        let mut start = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(HEADERS)
            .read_to_end(&mut start)
            .map_err(unreadable)?;
        let header = Self::parse(&start).ok_or(HeaderError::NoLibrary)?;
        let (length, needed) = (metadata.len(), header.mapped(&start));
        if length < needed {
            return Err(HeaderError::CutOff { length, needed });
        }
        Ok(header)
    }

    /// How many bytes of an ELF file the loader maps, as far as the header tells.
    fn mapped(self, start: &[u8]) -> u64 {
        match (self.system, self.bits) {
            (System::Elf, Some(32)) => elf_mapped::<elf::FileHeader32<_>>(start),
            (System::Elf, Some(64)) => elf_mapped::<elf::FileHeader64<_>>(start),
            _ => None,
        }
        .unwrap_or(0)
    }

    /// The header at the start of a library; `None` if `start` begins no library.
    #[must_use]
    pub fn parse(start: &[u8]) -> Option<Self> {
        let (system, bits, architecture) = match FileKind::parse(start).ok()? {
            FileKind::Elf32 => (
                System::Elf,
                Some(32),
                elf_machine::<elf::FileHeader32<_>>(start)?,
            ),
            FileKind::Elf64 => (
                System::Elf,
                Some(64),
                elf_machine::<elf::FileHeader64<_>>(start)?,
            ),
            FileKind::Pe32 => (System::Windows, Some(32), pe_machine(start)?),
            FileKind::Pe64 => (System::Windows, Some(64), pe_machine(start)?),
            FileKind::MachO32 => {
                let machine = macho_machine::<macho::MachHeader32<_>>(start)?;
                (System::MacOs, Some(32), machine)
            }
            FileKind::MachO64 => {
                let machine = macho_machine::<macho::MachHeader64<_>>(start)?;
                (System::MacOs, Some(64), machine)
            }
            FileKind::MachOFat32 | FileKind::MachOFat64 => {
                (System::MacOs, None, Architecture::Other)
            }
            _ => return None,
        };
        Some(Self {
            system,
            bits,
            architecture,
        })
    }

    /// Whether this process can load the library.
    ///
    /// # Errors
    /// [`HeaderError`] says why not.
    pub fn fits_here(self) -> Result<(), HeaderError> {
        if self.system != System::here() {
            return Err(HeaderError::OtherSystem { found: self.system });
        }
        if let Some(found) = self.bits.filter(|bits| *bits != usize::BITS) {
            return Err(HeaderError::OtherWordSize { found });
        }
        let found = self.architecture;
        if found != Architecture::here() && found != Architecture::Other {
            return Err(HeaderError::OtherArchitecture { found });
        }
        Ok(())
    }
}

fn elf_machine<H: read::elf::FileHeader<Endian = Endianness>>(
    start: &[u8],
) -> Option<Architecture> {
    let header = H::parse(start).ok()?;
    Some(match header.e_machine(header.endian().ok()?) {
        elf::EM_386 => Architecture::X86,
        elf::EM_X86_64 => Architecture::X86_64,
        elf::EM_ARM => Architecture::Arm,
        elf::EM_AARCH64 => Architecture::Aarch64,
        _ => Architecture::Other,
    })
}

/// The end of the last loadable segment.
fn elf_mapped<H: read::elf::FileHeader<Endian = Endianness>>(start: &[u8]) -> Option<u64> {
    let header = H::parse(start).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, start).ok()?;
    let loaded = segments
        .iter()
        .filter(|segment| segment.p_type(endian) == elf::PT_LOAD);
    loaded
        .map(|segment| {
            let (offset, size) = segment.file_range(endian);
            offset.saturating_add(size)
        })
        .max()
}

/// The file header behind the DOS stub, which is the same in both word sizes.
fn pe_machine(start: &[u8]) -> Option<Architecture> {
    let dos = pe::ImageDosHeader::parse(start).ok()?;
    let signature = usize::try_from(dos.nt_headers_offset()).ok()?;
    let machine = start.get(signature.checked_add(4)?..)?.first_chunk::<2>()?;
    Some(match pe::Machine(u16::from_le_bytes(*machine)) {
        pe::IMAGE_FILE_MACHINE_I386 => Architecture::X86,
        pe::IMAGE_FILE_MACHINE_AMD64 => Architecture::X86_64,
        pe::IMAGE_FILE_MACHINE_ARMNT => Architecture::Arm,
        pe::IMAGE_FILE_MACHINE_ARM64 => Architecture::Aarch64,
        _ => Architecture::Other,
    })
}

fn macho_machine<H: read::macho::MachHeader<Endian = Endianness>>(
    start: &[u8],
) -> Option<Architecture> {
    let header = H::parse(start, 0).ok()?;
    Some(match header.cputype(header.endian().ok()?) {
        macho::CPU_TYPE_X86 => Architecture::X86,
        macho::CPU_TYPE_X86_64 => Architecture::X86_64,
        macho::CPU_TYPE_ARM => Architecture::Arm,
        macho::CPU_TYPE_ARM64 => Architecture::Aarch64,
        _ => Architecture::Other,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The first bytes of an ELF library: class, data encoding, type `ET_DYN`, machine.
    fn elf(class: u8, machine: u8) -> Vec<u8> {
        let mut header = vec![0; 64];
        header[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, 1, 1]);
        header[16] = 3;
        header[18] = machine;
        header[20] = 1;
        header
    }

    /// The first bytes of a PE library: machine and magic of the optional header.
    fn pe(machine: u16, magic: u16) -> Vec<u8> {
        let mut header = vec![0; 512];
        header[..2].copy_from_slice(b"MZ");
        header[0x3c] = 0x80;
        header[0x80..0x84].copy_from_slice(b"PE\0\0");
        header[0x84..0x86].copy_from_slice(&machine.to_le_bytes());
        header[0x94] = 240;
        header[0x98..0x9a].copy_from_slice(&magic.to_le_bytes());
        header
    }

    fn parsed(start: &[u8]) -> Option<(System, Option<u32>, Architecture)> {
        Header::parse(start).map(|header| (header.system, header.bits, header.architecture))
    }

    #[test]
    fn tells_system_word_size_and_processor() {
        use Architecture::{Aarch64, X86, X86_64};
        assert_eq!(parsed(&elf(1, 3)), Some((System::Elf, Some(32), X86)));
        assert_eq!(parsed(&elf(2, 62)), Some((System::Elf, Some(64), X86_64)));
        assert_eq!(parsed(&elf(2, 183)), Some((System::Elf, Some(64), Aarch64)));
        assert_eq!(
            parsed(&pe(0x14c, 0x10b)),
            Some((System::Windows, Some(32), X86))
        );
        assert_eq!(
            parsed(&pe(0x8664, 0x20b)),
            Some((System::Windows, Some(64), X86_64))
        );
        let mut macho = vec![0; 64];
        macho[..8].copy_from_slice(&[0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1]);
        assert_eq!(parsed(&macho), Some((System::MacOs, Some(64), Aarch64)));
        assert_eq!(parsed(b"#!/bin/sh\necho hello world\n"), None);
        assert_eq!(parsed(&elf(2, 62)[..20]), None);
        assert_eq!(parsed(b""), None);
    }

    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn explains_what_does_not_fit() {
        let why = |start: &[u8]| {
            Header::parse(start)
                .unwrap()
                .fits_here()
                .unwrap_err()
                .to_string()
        };
        assert!(Header::parse(&elf(2, 62)).unwrap().fits_here().is_ok());
        assert_eq!(
            why(&elf(1, 3)),
            "it is a 32-bit library, and this process is a 64-bit one; \
             use the vendor's 64-bit module or a 32-bit build of perso"
        );
        assert_eq!(
            why(&pe(0x8664, 0x20b)),
            "it is a library for Windows (PE), and this process runs on Linux (ELF)"
        );
        assert_eq!(
            why(&elf(2, 183)),
            "it is a library for ARM64, and this process was built for x86-64"
        );
    }

    #[test]
    fn what_is_no_file_is_said() {
        let read = |path: &Path| Header::read(path);
        assert!(matches!(
            read(Path::new("no/such/module.so")),
            Err(HeaderError::Missing)
        ));
        assert!(matches!(
            read(&std::env::temp_dir()),
            Err(HeaderError::Folder)
        ));
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = Header::parse(&bytes);
            for mut start in [elf(1, 3), elf(2, 62), pe(0x14c, 0x10b)] {
                for (place, byte) in bytes.iter().enumerate().skip(8).take(start.len() - 8) {
                    start[place] = *byte;
                }
                let _ = Header::parse(&start);
            }
        }
    }
}
