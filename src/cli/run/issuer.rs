//! Who answers the certificate requests of a run, as its job says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use getrandom::SysRng;

use super::token::NamedToken;
use super::{Run, now};
use crate::cli::{Exit, Fatal, output};
use crate::issuer::{CommandIssuer, DevCa, Exchange, Issuer};
use crate::job::{IssuerChoice, Job};
use crate::pki::Validity;

/// Days that a development CA and its certificates are valid.
const DAYS: u32 = 365;

/// The issuer of a run.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) issuer: Option<Box<dyn Issuer>>,
    pub(super) authority: Option<Authority>,
}

/// The certificate of a development CA, for whoever verifies.
pub(super) struct Authority {
    place: PathBuf,
    pem: String,
}

impl Asked {
    /// The issuer of the job; a dry run makes none that stays, and to undo takes none.
    pub(super) fn of(run: &Run, job: &Job, token: &NamedToken) -> Result<Self, Fatal> {
        let issuer: Box<dyn Issuer> = match &job.issuer {
            None => return Ok(Self::default()),
            Some(_) if run.undo => return Ok(Self::default()),
            Some(IssuerChoice::DevCa {
                certificate,
                folder,
            }) => return development(run, certificate.as_deref(), folder.as_deref()),
            Some(IssuerChoice::Command { command, timeout }) => {
                let (program, arguments) = command
                    .split_first()
                    .ok_or_else(|| Fatal::usage("`[issuer]` names an empty command"))?;
                Box::new(CommandIssuer::new(
                    program,
                    arguments,
                    run.job
                        .as_deref()
                        .and_then(Path::parent)
                        .unwrap_or(Path::new("")),
                    Duration::from_secs(*timeout),
                    job.variables().into_iter().map(Into::into).collect(),
                ))
            }
            Some(IssuerChoice::Exchange { folder }) => {
                can_be_resumed(run, token)?;
                Box::new(Exchange::new(folder))
            }
        };
        Ok(Self {
            issuer: Some(issuer),
            authority: None,
        })
    }
}

impl Authority {
    pub(super) fn save(&self) -> Result<(), Fatal> {
        output::save(self.pem.as_bytes(), &self.place)
    }
}

fn development(
    run: &Run,
    certificate: Option<&Path>,
    folder: Option<&Path>,
) -> Result<Asked, Fatal> {
    let validity = Validity::days_from(now(), DAYS);
    let ca = match folder {
        Some(folder) if !run.dry_run => DevCa::kept(folder, &mut SysRng, validity, DAYS),
        _ => DevCa::new(&mut SysRng, validity, DAYS),
    };
    let ca = ca.map_err(|error| Fatal::usage(error.to_string()))?;
    let pem = ca.certificate().to_pem();
    let pem = pem.map_err(|error| Fatal::usage(error.to_string()))?;
    Ok(Asked {
        issuer: Some(Box::new(ca)),
        authority: certificate.map(|place| Authority {
            place: place.to_owned(),
            pem,
        }),
    })
}

/// A run that waits ends, and another one goes on: with the same card, and knowing what was done.
fn can_be_resumed(run: &Run, token: &NamedToken) -> Result<(), Fatal> {
    let refused = |problem: &str, help: &str| {
        let problem = format!("the issuer answers later (`exchange`), and {problem}");
        Err(Fatal::of(Exit::Refused, &problem).help(help))
    };
    if run.dry_run {
        return Ok(());
    }
    if token.vanishes() {
        return refused(
            "the simulated card vanishes with the command",
            "keep it in an image: --token sim:card.img",
        );
    }
    if run.journal.is_none() && run.resume.is_none() && !run.resume_without_journal {
        return refused(
            "nothing would tell what was done until then",
            "use `perso run` with a journal: --journal FILE",
        );
    }
    Ok(())
}
