//! An issuer that is a command: it reads the request as PEM on its standard input and writes the
//! certificate, or the chain, to its standard output. No shell is between.
//!
//! The command gets the environment without what is secret, and a time in which all is over: it has
//! ended, and nobody holds its output open. Its process group is ended otherwise.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use wait_timeout::ChildExt as _;

use super::{IssueError, Issued, Issuer, Obstacle, Request};
use crate::pki::MAX_BUNDLE;

/// Variables of perso itself begin so; a command does not get them.
const OWN: &str = "PERSO_";
/// How much of what a command says on its error output is shown, in characters: the end of it.
const SHOWN: usize = 600;

/// An issuer that is a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandIssuer {
    program: String,
    arguments: Vec<String>,
    timeout: Duration,
    folder: PathBuf,
    secret: BTreeSet<OsString>,
}

/// A command gave no certificate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such program.
    #[error("the command `{0}` was not found; name it by its path, or install it")]
    NotFound(String),
    /// It cannot be started.
    #[error(
        "the command `{program}` cannot be started: {reason}; is it executable, and is its \
         interpreter there?"
    )]
    NotStarted {
        /// The program.
        program: String,
        /// What the operating system says.
        reason: String,
    },
    /// It, or its answer, cannot be waited for.
    #[error("the command `{program}` was lost: {reason}")]
    Lost {
        /// The program.
        program: String,
        /// What the operating system says.
        reason: String,
    },
    /// It took too long.
    #[error(
        "the command `{program}` was ended after {} s without an answer; see what it waits for \
         (it has no terminal), or give it more time: timeout = SECONDS{said}",
        .timeout.as_secs()
    )]
    Timeout {
        /// The program.
        program: String,
        /// The time that it had.
        timeout: Duration,
        /// What it said on its error output.
        said: Said,
    },
    /// It says that it failed.
    #[error("the command `{program}` failed ({status}){said}")]
    Exit {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// What it said on its error output.
        said: Said,
    },
    /// It says that it is done and gave nothing.
    #[error(
        "the command `{program}` wrote nothing; a certificate is expected on its standard \
         output{said}"
    )]
    Empty {
        /// The program.
        program: String,
        /// What it said on its error output.
        said: Said,
    },
    /// It gave more than an answer can be.
    #[error(
        "the command `{0}` wrote more than {MAX_BUNDLE} bytes; it has to write the certificate, or \
         its chain, and nothing else"
    )]
    TooMuch(String),
}

/// What a command said on its error output: the end of it, on one line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said(String);

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_str() {
            "" => Ok(()),
            words => write!(f, "; it said: {words}"),
        }
    }
}

impl From<&[u8]> for Said {
    /// Blank lines are left out; control characters are replaced by their pictures, so that
    /// whoever shows it needs not know where it came from.
    fn from(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<_> = text.split(['\n', '\r']).map(str::trim).collect();
        let lines: Vec<_> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        let line = lines.join(" / ");
        let over = line.chars().count().saturating_sub(SHOWN);
        let cut = if over > 0 { "…" } else { "" };
        Self(
            cut.chars()
                .chain(line.chars().skip(over))
                .map(visible)
                .collect(),
        )
    }
}

fn visible(character: char) -> char {
    match u32::from(character) {
        control @ 0..0x20 => char::from_u32(0x2400 + control).unwrap_or('\u{FFFD}'),
        0x7F => '\u{2421}',
        _ if character.is_control() => '\u{FFFD}',
        _ => character,
    }
}

impl CommandIssuer {
    /// The command `program`, with `arguments`, run in `folder`; a program with a path is looked for
    /// from there. `secret` are the names of environment variables that it does not get.
    #[must_use]
    pub fn new(
        program: &str,
        arguments: &[String],
        folder: &Path,
        timeout: Duration,
        secret: BTreeSet<OsString>,
    ) -> Self {
        // The empty path is this folder.
        let here = folder.join(".");
        let folder = std::path::absolute(&here).unwrap_or(here);
        Self {
            program: program.to_owned(),
            arguments: arguments.to_vec(),
            timeout,
            folder,
            secret,
        }
    }

    /// Runs the command; what it wrote.
    fn answer(&self, request: &str) -> Result<Vec<u8>, CommandError> {
        let until = Instant::now() + self.timeout;
        let mut child = self.start()?;
        let stdin = child.stdin.take();
        let request = request.to_owned();
        // A command that does not read its request does not hold anybody up.
        thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(request.as_bytes())));
        let answer = received(child.stdout.take(), bounded);
        let words = received(child.stderr.take(), tail);
        let ended = self.ended(&mut child, &answer, until);
        if !matches!(ended, Ok((Some(_), _))) {
            end_group(&mut child);
        }
        // Whoever holds the error output open still does not hold up the run.
        let said = words.recv_timeout(Duration::from_millis(200));
        let said = said.ok().and_then(Result::ok);
        let said = Said::from(said.unwrap_or_default().as_slice());
        self.judged(ended?, said)
    }

    /// How the command ended and what it wrote; without the first, it did not end in time.
    fn ended(
        &self,
        child: &mut Child,
        answer: &Receiver<io::Result<Vec<u8>>>,
        until: Instant,
    ) -> Result<(Option<ExitStatus>, Vec<u8>), CommandError> {
        let left = || until.saturating_duration_since(Instant::now());
        // First the answer: one that is too long ends before the command does.
        let answer = match answer.recv_timeout(left()) {
            Ok(answer) => answer.map_err(|error| self.lost(&error))?,
            Err(_) => return Ok((None, Vec::new())),
        };
        if answer.len() > MAX_BUNDLE {
            return Err(CommandError::TooMuch(self.program.clone()));
        }
        let status = child.wait_timeout(left());
        Ok((status.map_err(|error| self.lost(&error))?, answer))
    }

    fn judged(
        &self,
        (status, answer): (Option<ExitStatus>, Vec<u8>),
        said: Said,
    ) -> Result<Vec<u8>, CommandError> {
        let program = self.program.clone();
        match status {
            None => Err(CommandError::Timeout {
                program,
                timeout: self.timeout,
                said,
            }),
            Some(status) if !status.success() => Err(CommandError::Exit {
                program,
                status: status.to_string(),
                said,
            }),
            Some(_) if answer.iter().all(u8::is_ascii_whitespace) => {
                Err(CommandError::Empty { program, said })
            }
            Some(_) => Ok(answer),
        }
    }

    fn start(&self) -> Result<Child, CommandError> {
        let mut command = Command::new(self.place());
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            let own = name.to_string_lossy().starts_with(OWN);
            if own || self.secret.contains(&name) {
                command.env_remove(&name);
            }
        }
        // A group of its own, which can be ended as a whole.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound if !self.is_there() => CommandError::NotFound(self.program.clone()),
            _ => CommandError::NotStarted {
                program: self.program.clone(),
                reason: error.to_string(),
            },
        })
    }

    fn lost(&self, error: &io::Error) -> CommandError {
        CommandError::Lost {
            program: self.program.clone(),
            reason: error.to_string(),
        }
    }

    /// A path is one from the folder; a bare name is left to the system.
    fn place(&self) -> PathBuf {
        match self.program.contains(std::path::is_separator) {
            true => self.folder.join(&self.program),
            false => PathBuf::from(&self.program),
        }
    }

    /// Whether there is such a file.
    fn is_there(&self) -> bool {
        let place = self.place();
        if place.is_absolute() {
            return place.is_file();
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        // Where names have endings that need not be written, the system finds it or not.
        cfg!(windows) || std::env::split_paths(&path).any(|folder| folder.join(&place).is_file())
    }
}

impl Issuer for CommandIssuer {
    fn issue(&mut self, request: &Request) -> Result<Issued, IssueError> {
        let csr = &request.certificate_request;
        let refused = |error: crate::pki::RequestError| IssueError::Refused {
            reason: error.to_string(),
        };
        let key = csr.public_key().map_err(refused)?;
        let pem = csr.to_pem().map_err(refused)?;
        let answer = self.answer(&pem).map_err(|error| IssueError::Failed {
            reason: error.to_string(),
        })?;
        Issued::from_answer(&answer, &key).map_err(|reason| IssueError::Unfit {
            place: format!("the answer of the command `{}`", self.program),
            reason,
        })
    }

    fn obstacle(&self, _: &str, _: bool) -> Option<Obstacle> {
        (!self.is_there()).then(|| Obstacle {
            problem: format!(
                "the command of the issuer, `{}`, is not there",
                self.program
            ),
            help: "name it in the job by its path, from the folder of the job: \
                   [issuer] command = [\"./ca.sh\"]"
                .to_owned(),
        })
    }
}

/// Reads in the background.
fn received<S: Read + Send + 'static>(
    source: Option<S>,
    read: fn(S) -> io::Result<Vec<u8>>,
) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let read = source.map_or_else(|| Ok(Vec::new()), read);
        // Nobody waits any more where this fails.
        let _ = sender.send(read);
    });
    receiver
}

/// At most one byte more than an answer can have; what follows is not read.
fn bounded(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BUNDLE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The end of it, however long it is.
fn tail(mut source: impl Read) -> io::Result<Vec<u8>> {
    const KEPT: usize = 8 * SHOWN;
    let mut bytes = Vec::new();
    let mut buffer = [0; KEPT];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(bytes),
            read => bytes.extend(buffer.iter().take(read)),
        }
        bytes.drain(..bytes.len().saturating_sub(KEPT));
    }
}

/// Ends the command and whatever it has started.
fn end_group(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
