//! Where a secret comes from: an environment variable, a file, an open descriptor, a person.
//!
//! Never from the command line, which every user of the machine can read. Errors name the source
//! and never the value.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{DecodeError, Encoding, Secret};

/// More than any PIN, key or PKCS#12 file needs; a device or an endless pipe stops here.
const LIMIT: usize = 16 << 20;

/// A place to read a value from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// The environment variable of this name. Its own copy of the value stays in the process.
    Env(String),
    /// The file at this path. One line end behind text is not part of the value.
    File(PathBuf),
    /// A descriptor that the caller of the process opened, as a pipe or a file; 0 is the standard
    /// input. One line end behind text is not part of the value.
    Fd(u32),
    /// A person at the terminal, asked for what the text names (`PUK`); nothing is echoed.
    Prompt(String),
}

/// Who may be able to read the file that a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Exposure {
    /// The value is secret: a file of ours that the group or others can reach is refused, as ssh
    /// refuses such a private key. Files of another owner (a mounted secret of a container) are
    /// not ours to judge. Only on Unix.
    Private,
    /// The value is public, a certificate for instance.
    Public,
}

/// A value could not be had from its source.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the value from {source_name}: {problem}")]
pub struct SourceError {
    /// The source, as its `Display` names it.
    pub source_name: String,
    /// What went wrong.
    #[source]
    pub problem: Problem,
}

/// What went wrong with a source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The environment variable does not exist.
    #[error("the variable is not set")]
    NotSet,
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Group or others have access to a private file.
    #[error(
        "the file is open to others (mode {mode:04o}); make it private first: chmod 600 (mode 0600)"
    )]
    Exposed {
        /// Permission bits of the file.
        mode: u32,
    },
    /// The value does not end within reason.
    #[error("the value is longer than {} MiB", LIMIT >> 20)]
    TooLong,
    /// A prompt without a terminal.
    #[error(
        "there is no terminal to ask at; use an environment variable, a file or a descriptor instead"
    )]
    NoTerminal,
    /// The value is not what its encoding promises.
    #[error("{0}")]
    Encoding(#[from] DecodeError),
}

impl Source {
    /// Reads the value.
    ///
    /// # Errors
    /// [`SourceError`] names the source and what is wrong with it, never the value.
    pub fn read(&self, encoding: Encoding, exposure: Exposure) -> Result<Secret, SourceError> {
        self.written(encoding, exposure)
            .and_then(|written| Ok(encoding.decode(&written)?))
            .map_err(|problem| SourceError {
                source_name: self.to_string(),
                problem,
            })
    }

    /// Reads the value byte for byte as it stands at the source, line ends included.
    ///
    /// # Errors
    /// [`SourceError`] as for [`Source::read`].
    pub fn read_raw(&self, exposure: Exposure) -> Result<Secret, SourceError> {
        // Only text has a line end that is not part of it.
        self.written(Encoding::Hex, exposure)
            .map_err(|problem| SourceError {
                source_name: self.to_string(),
                problem,
            })
    }

    /// Whether there is a terminal to ask a person at.
    #[must_use]
    pub fn can_ask() -> bool {
        #[cfg(unix)]
        let can = File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .is_ok();
        #[cfg(not(unix))]
        let can = io::IsTerminal::is_terminal(&io::stdin());
        can
    }

    /// The value as it is written at the source.
    fn written(&self, encoding: Encoding, exposure: Exposure) -> Result<Secret, Problem> {
        match self {
            Self::Env(name) => variable(name),
            Self::File(path) => {
                let file = File::open(path)?;
                if exposure == Exposure::Private {
                    refuse_exposed(&file.metadata()?)?;
                }
                read_line_or_all(file, encoding)
            }
            Self::Fd(0) => read_line_or_all(io::stdin().lock(), encoding),
            Self::Fd(number) => read_line_or_all(descriptor(*number)?, encoding),
            Self::Prompt(what) => ask(what),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable `{name}`"),
            Self::File(path) => write!(f, "the file `{}`", path.display()),
            Self::Fd(number) => write!(f, "file descriptor {number}"),
            Self::Prompt(what) => write!(f, "the prompt for `{what}`"),
        }
    }
}

fn variable(name: &str) -> Result<Secret, Problem> {
    // A name with `=` or NUL can never be set.
    match std::env::var_os(name) {
        Some(value) => Ok(Secret::new(value.into_encoded_bytes())),
        None => Err(Problem::NotSet),
    }
}

/// Opens a descriptor by its name in the file system, which needs no unsafe code.
#[cfg(unix)]
fn descriptor(number: u32) -> io::Result<File> {
    File::open(format!("/dev/fd/{number}"))
}

#[cfg(not(unix))]
fn descriptor(_number: u32) -> io::Result<File> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this system passes no descriptors by number; use 0, the standard input",
    ))
}

/// The rule of ssh for private keys.
#[cfg(unix)]
fn refuse_exposed(metadata: &Metadata) -> Result<(), Problem> {
    use std::os::unix::fs::MetadataExt as _;

    let ours = metadata.uid() == rustix::process::getuid().as_raw();
    let mode = metadata.mode() & 0o7777;
    if metadata.is_file() && ours && mode & 0o077 != 0 {
        return Err(Problem::Exposed { mode });
    }
    Ok(())
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)] // The same signature as on Unix.
fn refuse_exposed(_metadata: &Metadata) -> Result<(), Problem> {
    Ok(())
}

fn read_line_or_all(reader: impl Read, encoding: Encoding) -> Result<Secret, Problem> {
    let mut bytes = read_all(reader)?;
    if encoding == Encoding::Text {
        strip_line_end(&mut bytes);
    }
    Ok(Secret(bytes))
}

/// Reads to the end without leaving copies in buffers that grew.
fn read_all(mut reader: impl Read) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    let mut block = Zeroizing::new([0; 4096]);
    loop {
        let length = match reader.read(&mut *block) {
            Ok(0) => return Ok(bytes),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        if bytes.len() + length > LIMIT {
            return Err(Problem::TooLong);
        }
        if bytes.len() + length > bytes.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * (bytes.len() + length)));
            larger.extend_from_slice(&bytes);
            bytes = larger;
        }
        bytes.extend(block.iter().take(length));
    }
}

/// Takes exactly one LF or CRLF off the end.
fn strip_line_end(bytes: &mut Vec<u8>) {
    if bytes.pop_if(|last| *last == b'\n').is_some() {
        bytes.pop_if(|last| *last == b'\r');
    }
}

fn ask(what: &str) -> Result<Secret, Problem> {
    match rpassword::prompt_password(format!("{what}: ")) {
        Ok(answer) => Ok(Secret::from(answer)),
        Err(error) if no_terminal(&error) => Err(Problem::NoTerminal),
        Err(error) => Err(error.into()),
    }
}

/// Opening the terminal of a process that has none fails in one of these ways (`ENXIO` has no kind
/// of its own).
fn no_terminal(error: &io::Error) -> bool {
    const ENXIO: i32 = 6;
    const ENOTTY: i32 = 25;
    error.kind() == io::ErrorKind::NotFound || matches!(error.raw_os_error(), Some(ENXIO | ENOTTY))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file_with(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn read(bytes: &[u8], encoding: Encoding) -> Result<Secret, SourceError> {
        let file = file_with(bytes);
        Source::File(file.path().to_owned()).read(encoding, Exposure::Private)
    }

    #[test]
    fn one_line_end_behind_text_is_not_part_of_the_value() {
        for (written, value) in [
            ("1234", "1234"),
            ("1234\n", "1234"),
            ("1234\r\n", "1234"),
            ("1234\n\n", "1234\n"),
            ("1234\r", "1234\r"),
            ("", ""),
        ] {
            let secret = read(written.as_bytes(), Encoding::Text).unwrap();
            assert_eq!(secret.expose(), value.as_bytes(), "{written:?}");
        }
    }

    #[test]
    fn a_long_value_is_whole() {
        let long: Vec<u8> = std::iter::repeat_n(b"abcdefg", 10_000)
            .flatten()
            .copied()
            .collect();
        assert_eq!(read(&long, Encoding::Text).unwrap().expose(), long);
    }

    #[test]
    fn an_endless_value_is_refused() {
        let endless = read_all(io::repeat(b'0'));
        assert!(matches!(endless, Err(Problem::TooLong)));
    }

    #[test]
    fn encoded_values_are_decoded() {
        let secret = read(b"AAEC\n", Encoding::Base64).unwrap();
        assert_eq!(secret.expose(), [0, 1, 2]);
        let secret = read(b"00 01\n02\n", Encoding::Hex).unwrap();
        assert_eq!(secret.expose(), [0, 1, 2]);
    }

    #[test]
    fn errors_name_the_source_and_not_the_value() {
        let error = read(b"4711-geheim", Encoding::Hex).unwrap_err().to_string();
        assert!(
            error.contains("the file `") && error.contains("hexadecimal"),
            "{error}"
        );
        assert!(
            !error.contains("4711") && !error.contains("geheim"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_open_to_others_is_refused() {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;

        let file = file_with(b"1234");
        let source = Source::File(file.path().to_owned());
        for mode in [0o644, 0o640, 0o602] {
            file.as_file()
                .set_permissions(Permissions::from_mode(mode))
                .unwrap();
            let error = source.read(Encoding::Text, Exposure::Private).unwrap_err();
            assert!(matches!(error.problem, Problem::Exposed { mode: m } if m == mode));
            assert!(error.to_string().contains("chmod 600"), "{error}");
            assert!(source.read(Encoding::Text, Exposure::Public).is_ok());
        }
    }

    #[test]
    fn missing_sources_are_named() {
        let variable = Source::Env("PERSO_TEST_NEVER_SET".to_owned());
        let error = variable
            .read(Encoding::Text, Exposure::Private)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read the value from the environment variable `PERSO_TEST_NEVER_SET`: \
             the variable is not set"
        );
        for source in [Source::File("no/such/file".into()), Source::Fd(987)] {
            let error = source.read(Encoding::Text, Exposure::Private).unwrap_err();
            assert!(matches!(error.problem, Problem::Io(_)), "{error}");
        }
        let folder = Source::File(std::env::temp_dir());
        assert!(folder.read(Encoding::Text, Exposure::Private).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn without_a_terminal_nobody_is_asked() {
        if File::open("/dev/tty").is_ok() {
            return;
        }
        let prompt = Source::Prompt("PUK".to_owned());
        let error = prompt.read(Encoding::Text, Exposure::Private).unwrap_err();
        assert!(matches!(error.problem, Problem::NoTerminal), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn an_open_descriptor_is_read() {
        use std::os::fd::AsRawFd as _;

        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"1234\n").unwrap();
        drop(writer);
        let number = u32::try_from(reader.as_raw_fd()).unwrap();
        let secret = Source::Fd(number)
            .read(Encoding::Text, Exposure::Private)
            .unwrap();
        assert_eq!(secret.expose(), b"1234");
    }
}
