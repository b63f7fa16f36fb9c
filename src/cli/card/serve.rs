//! `perso card serve`: a simulated card in a virtual reader.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Display, Exit, Fatal, hold, read};
use crate::card::serve::{self, Event, Log, ServeError, Server, Stop};

/// Put a card into the virtual reader of vpcd, until interrupted.
///
/// vpcd is a driver of pcscd that has no hardware (Debian: vsmartcard-vpcd). All programs that use
/// PC/SC then see the card: `opensc-tool -l`, `pkcs15-tool --dump`, a browser. What they change is
/// kept in the image.
#[derive(Args)]
pub(super) struct Serve {
    /// The card.
    image: PathBuf,
    /// Where vpcd listens. Its second slot has the next port.
    #[arg(long, value_name = "HOST:PORT", default_value_t = serve::VPCD.to_string())]
    vpcd: String,
    /// Write the commands and answers to a file, without PINs and private keys.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(serve: &Serve, display: &Display) -> Result<Exit, Fatal> {
    let address = address(&serve.vpcd)?;
    let _lock = hold(&serve.image, "perso card serve")?;
    let mut server = Server::new(read(&serve.image)?).kept_in(&serve.image);
    if let Some(file) = &serve.trace {
        server = server.logged(trace(file)?);
    }
    let stop = Stop::new();
    let wish = stop.clone();
    ctrlc::set_handler(move || wish.now())
        .map_err(|error| Fatal::usage(format!("cannot wait for signals: {error}")))?;
    let mut tell = |event| tell(event, &serve.image, address, display);
    server
        .serve(address, &stop, &mut tell)
        .map_err(|error| explained(&error))?;
    Ok(Exit::Done)
}

fn address(text: &str) -> Result<SocketAddr, Fatal> {
    let found = text.to_socket_addrs().map(|mut all| {
        // vpcd knows IPv4 alone.
        all.find(SocketAddr::is_ipv4)
    });
    found.ok().flatten().ok_or_else(|| {
        Fatal::usage(format!("`--vpcd {text}` is no address of a virtual reader"))
            .help(format!("write HOST:PORT, for instance {}", serve::VPCD))
    })
}

fn trace(path: &Path) -> Result<Log, Fatal> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options
        .open(path)
        .map_err(|error| Fatal::usage(format!("cannot write `{}`: {error}", path.display())))?;
    Ok(Log::new(file))
}

fn tell(event: Event, image: &Path, address: SocketAddr, display: &Display) {
    if display.quiet {
        return;
    }
    let line = match event {
        Event::Inserted => format!(
            "the card {} is in the reader at {address}; end with Ctrl-C",
            image.display()
        ),
        Event::ReaderGone => format!("the reader at {address} went away; waiting for it"),
    };
    let _ = writeln!(std::io::stderr(), "{}", crate::report::visible_line(&line));
}

fn explained(error: &ServeError) -> Fatal {
    let exit = match error {
        ServeError::NoReader { .. } | ServeError::SlotTaken { .. } => Exit::Usage,
        ServeError::Image(_) | ServeError::Log(_) => Exit::RunFailed,
    };
    let fatal = Fatal::of(exit, &error.to_string());
    match error {
        ServeError::NoReader { address, .. } => fatal.help(format!(
            "install vpcd (Debian: vsmartcard-vpcd) and start pcscd, for instance with \
             `opensc-tool -l`; if vpcd listens elsewhere than at {address}, name it with --vpcd"
        )),
        ServeError::SlotTaken { address } => fatal.help(format!(
            "another card lies in this slot: end the program that serves it, \
             or take the next slot: --vpcd {}:{}",
            address.ip(),
            address.port().saturating_add(1)
        )),
        ServeError::Image(_) => {
            fatal.help("the last command was not answered; the image holds the card before it")
        }
        ServeError::Log(_) => fatal.help("free some room, or serve the card without --trace"),
    }
}
