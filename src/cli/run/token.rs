//! The token of a run: which one the command line, the job or the description names, and how it is
//! opened.

use super::Run;
use super::library::Library;
use super::resume::at_resume;
use super::verdict::unanswered;
use crate::cli::Fatal;
use crate::job::Job;
use crate::plan::Plan;
use crate::run::Past;
use crate::token::card::{CardToken, SimulatedCard, SimulatorUri};
use crate::token::pkcs11::Uri;
use crate::token::{ModuleToken, Token};

const PCSC: &str = "pcsc:";

/// The token of a run, by its URI.
pub(super) enum NamedToken {
    /// `sim:`
    Simulated(SimulatorUri),
    /// `pcsc:`, with the name of the reader.
    Reader(String),
    /// `pkcs11:`, or `dsc:` with the library that the description names.
    Module {
        uri: Box<Uri>,
        signature: Option<Box<Uri>>,
        /// Where the name of the module comes from.
        library: Option<Library>,
    },
}

impl NamedToken {
    /// The token as the command line names it, else the job, else a simulated card.
    pub(super) fn read(run: &Run, job: &Job, plan: &Plan) -> Result<Self, Fatal> {
        let named = run.token.as_deref().or(job.token.uri.as_deref());
        let uri = named.unwrap_or("sim:");
        if let Some(simulated) = SimulatorUri::parse(uri) {
            return Ok(Self::Simulated(simulated.map_err(Fatal::usage)?));
        }
        if let Some(reader) = behind(PCSC, uri) {
            return Ok(Self::Reader(reader.to_owned()));
        }
        let signature = job.token.signature.as_deref();
        let signature = signature.map(module_uri).transpose()?.map(Box::new);
        let mut uri = Box::new(module_uri(uri)?);
        let library = match named.and_then(|named| behind(DSC, named)) {
            Some(_) if uri.module_path.is_some() => {
                let message =
                    "`dsc:` takes the module from the description, not from `module-path`";
                return Err(Fatal::usage(message)
                    .help("leave `module-path` out, or write `pkcs11:` for `dsc:`"));
            }
            Some(_) => Some(Library::of(plan, run.plan.parent())?),
            None => None,
        };
        if let Some(library) = &library {
            uri.module_path = Some(library.path.clone());
        }
        Ok(Self::Module {
            uri,
            signature,
            library,
        })
    }

    /// Whether the token lives as long as the process: then this is the time to look at it.
    pub(super) const fn vanishes(&self) -> bool {
        matches!(self, Self::Simulated(SimulatorUri { image: None, .. }))
    }

    /// Opens it; a run that continues another one looks where that one left it.
    pub(super) fn open(&self, run: &Run, past: Option<&Past>) -> Result<Box<dyn Token>, Fatal> {
        match self {
            Self::Simulated(uri) => {
                let card = match run.dry_run {
                    true => SimulatedCard::look(uri),
                    false => SimulatedCard::open(uri, "perso run"),
                };
                let card = card.map_err(|error| unanswered(&error))?;
                Ok(Box::new(CardToken::new(Box::new(card))))
            }
            Self::Reader(reader) => open_reader(reader, run.force_iso),
            Self::Module {
                uri,
                signature,
                library,
            } => {
                let token = at_resume(uri, past, |uri| {
                    ModuleToken::open(uri, signature.as_deref())
                });
                let token = token.map_err(|error| match library {
                    Some(library) => unanswered(&library.explain(error)),
                    None => unanswered(&error),
                });
                Ok(Box::new(token?))
            }
        }
    }
}

const DSC: &str = "dsc:";

/// What follows a scheme, whose letter case does not matter.
fn behind<'u>(scheme: &str, uri: &'u str) -> Option<&'u str> {
    let (start, rest) = uri.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// A PKCS#11 URI; `dsc:` takes the same attributes.
fn module_uri(uri: &str) -> Result<Uri, Fatal> {
    let of_description = behind(DSC, uri).map(|rest| format!("pkcs11:{rest}"));
    if of_description.is_none() && behind("pkcs11:", uri).is_none() {
        let scheme = uri.split(':').next().unwrap_or(uri);
        return Err(
            Fatal::usage(format!("there are no tokens of the kind `{scheme}:`")).help(
                "name a simulated card, `sim:` or `sim:FILE`, a card in a reader, `pcsc:READER`, \
                 a PKCS#11 token, `pkcs11:token=…?module-path=…`, or one behind the library of \
                 the description, `dsc:token=…`",
            ),
        );
    }
    Uri::parse(of_description.as_deref().unwrap_or(uri))
        .map_err(|error| Fatal::usage(error.to_string()))
}

#[cfg(feature = "pcsc")]
fn open_reader(reader: &str, force_iso: bool) -> Result<Box<dyn Token>, Fatal> {
    let card = crate::token::card::ReaderCard::open(reader).map_err(|error| unanswered(&error))?;
    Ok(Box::new(
        CardToken::new(Box::new(card)).forcing_iso(force_iso),
    ))
}

#[cfg(not(feature = "pcsc"))]
fn open_reader(_: &str, _: bool) -> Result<Box<dyn Token>, Fatal> {
    Err(
        Fatal::usage("this perso was built without support for readers").help(
            "build it with the feature `pcsc`: cargo install perso --features pcsc \
             (on Debian this needs the package libpcsclite-dev)",
        ),
    )
}
