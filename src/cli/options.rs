//! Options that several commands share.

use std::path::PathBuf;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};

use super::{Fatal, rulebook};
use crate::diagnostic::{Level, Severity, nearest};
use crate::lower::Additions;
use crate::model;
use crate::workspace::configuration::Target;

/// How to speak.
#[derive(Args)]
pub(super) struct Display {
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
    /// Say no more than the findings.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say what is looked at.
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Colour {
    /// On a terminal, unless the environment objects.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Display {
    /// Whether `stream` gets colour: decided here, once, for all that is written to it.
    pub(super) fn colour(&self, stream: &impl RawStream) -> ColorChoice {
        match self.color {
            Colour::Auto => AutoStream::choice(stream),
            Colour::Always => ColorChoice::Always,
            Colour::Never => ColorChoice::Never,
        }
    }

    /// Whether a file gets colour: only on demand.
    pub(super) fn colour_in_files(&self) -> bool {
        matches!(self.color, Colour::Always)
    }
}

/// How to judge.
#[derive(Args, Default)]
pub(super) struct Judging {
    /// Use this configuration instead of the `perso.toml` found upwards from each input.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Report findings of this rule as errors.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    error: Vec<String>,
    /// Report findings of this rule as warnings.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    warn: Vec<String>,
    /// Do not run this rule.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    allow: Vec<String>,
    /// Let warnings fail the command like errors.
    #[arg(long)]
    pub(super) deny_warnings: bool,
    /// Say what the descriptions are written for, like `[target]` in `perso.toml`.
    #[arg(long, value_name = "KEY=VALUE")]
    target: Vec<String>,
    /// The name that the standard input goes by.
    #[arg(long, value_name = "FILE")]
    pub(super) stdin_filename: Option<PathBuf>,
}

/// How to compile.
#[derive(Args, Default)]
pub(super) struct Compiling {
    /// Add EF.DIR and EF.TokenInfo to a profile with a PKCS#15 directory that lacks them.
    #[arg(long)]
    pub(super) synthesize_pkcs15: bool,
    #[command(flatten)]
    pub(super) judging: Judging,
}

impl Compiling {
    /// What is added to the profile.
    pub(super) fn additions(&self) -> Additions {
        Additions {
            pkcs15: self.synthesize_pkcs15,
        }
    }
}

impl Judging {
    /// The levels given on the command line, which win over `perso.toml`.
    ///
    /// # Errors
    ///
    /// A rule is not known, or is given two levels.
    pub(super) fn levels(&self) -> Result<Vec<(&'static str, Level)>, Fatal> {
        let given = [
            (&self.error, Level::On(Severity::Error)),
            (&self.warn, Level::On(Severity::Warning)),
            (&self.allow, Level::Off),
        ];
        let mut levels = Vec::new();
        for (names, level) in given {
            for name in names {
                let rule = rulebook::rule(name)?.name;
                if levels
                    .iter()
                    .any(|(known, other)| *known == rule && *other != level)
                {
                    let message = format!("the rule `{rule}` is given two levels");
                    return Err(Fatal::usage(message));
                }
                levels.push((rule, level));
            }
        }
        Ok(levels)
    }

    /// Sets what the command line says about the target, over what `perso.toml` says.
    ///
    /// # Errors
    ///
    /// Not `KEY=VALUE`, an unknown key or name, or an unreadable version.
    pub(super) fn set_target(&self, target: &mut Target) -> Result<(), Fatal> {
        for given in &self.target {
            let Some((key, value)) = given.split_once('=') else {
                let message = format!("`--target {given}` has no value");
                return Err(Fatal::usage(message).help("write --target KEY=VALUE"));
            };
            target
                .set(key.trim(), value.trim(), None)
                .map_err(|error| {
                    Fatal::usage(format!("`--target {given}`: {error}")).help(error.help())
                })?;
            refuse_unknown_name(key.trim(), value.trim())?;
        }
        Ok(())
    }
}

/// A name in `perso.toml` that is not known is a finding; on the command line it is a slip.
fn refuse_unknown_name(key: &str, value: &str) -> Result<(), Fatal> {
    let mut target = model::Target::default();
    let _ = target.set(key, value, None);
    let Some(unknown) = target.unknown.pop() else {
        return Ok(());
    };
    let names = model::Target::names(key);
    let help = match nearest(&unknown.name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", names.join(", ")),
    };
    let message = format!("`--target {key}={value}`: perso knows no such {key}");
    Err(Fatal::usage(message).help(help))
}
