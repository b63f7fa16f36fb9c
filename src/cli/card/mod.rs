//! `perso card`: simulated cards in image files.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tempfile::TempPath;

use super::options::Compiling;
use super::run::{self, Run};
use super::{Display, Exit, Fatal, output, plan};
use crate::card::image::{DiskError, ImageLock};
use crate::card::simulator::{Card as SimulatedCard, Options, Personality};
use crate::card::tree::Picture;
use crate::card::{dump, image};
use crate::operation::Action;
use crate::plan::Plan;

mod serve;

/// Make, show and read simulated cards.
#[derive(Args)]
pub(super) struct Card {
    #[command(subcommand)]
    command: CardCommand,
}

#[derive(Subcommand)]
enum CardCommand {
    New(New),
    Tree(Tree),
    Dump(Dump),
    Serve(serve::Serve),
}

/// Make a new card, blank or personalised.
#[derive(Args)]
struct New {
    /// The file to make.
    image: PathBuf,
    /// The card to play.
    #[arg(long, value_name = "NAME", default_value_t = Personality::default().name().to_owned())]
    model: String,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
    /// Personalise it by this description or plan.
    #[arg(long, value_name = "DSC|PLAN")]
    from: Option<PathBuf>,
    /// The values for this card.
    #[arg(long, value_name = "FILE", requires = "from")]
    job: Option<PathBuf>,
    /// A value for a field that is not secret, over what the job says.
    #[arg(long, value_name = "NAME=VALUE", requires = "from")]
    field: Vec<String>,
    /// Add EF.DIR and EF.TokenInfo to a profile with a PKCS#15 directory that lacks them.
    #[arg(long, requires = "from")]
    synthesize_pkcs15: bool,
}

/// Show the file system of a card: files, sizes, access rules, what the directories say.
#[derive(Args)]
struct Tree {
    /// The card.
    image: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// As a drawing.
    #[arg(long, conflicts_with = "json")]
    svg: bool,
    /// Add the names that a profile gives to the files: a plan, or a description that names it.
    #[arg(long, value_name = "DSC|PLAN")]
    from: Option<PathBuf>,
    #[command(flatten)]
    compiling: Box<Compiling>,
}

/// Print the contents of a card's files.
#[derive(Args)]
struct Dump {
    /// The card.
    image: PathBuf,
}

/// Runs the command.
pub(super) fn run(card: &Card, display: &Display) -> Result<Exit, Fatal> {
    match &card.command {
        CardCommand::New(new) => make(new, display),
        CardCommand::Tree(tree) => show(tree, display),
        CardCommand::Serve(card) => serve::run(card, display),
        CardCommand::Dump(file) => {
            output::print(dump(&read(&file.image)?).as_bytes(), display)?;
            Ok(Exit::Done)
        }
    }
}

/// The image is there whole or not at all: a card that a run did not finish is of no use.
fn make(new: &New, display: &Display) -> Result<Exit, Fatal> {
    let personality = Personality::from_name(&new.model).ok_or_else(|| {
        Fatal::usage(format!("there is no card model `{}`", new.model))
            .help(format!("known are {}", Personality::names()))
    })?;
    let _lock = hold(&new.image, "perso card new")?;
    if new.image.exists() && !new.force {
        let name = new.image.display();
        return Err(Fatal::usage(format!("`{name}` is there already"))
            .help("name another file, or replace it with --force"));
    }
    let card = SimulatedCard::new(Options::of(personality), UnwrapErr(SysRng));
    let Some(from) = &new.from else {
        image::write(&new.image, &card).map_err(|error| Fatal::usage(error.to_string()))?;
        return Ok(Exit::Done);
    };
    let unfinished = unfinished(&new.image)?;
    image::write(&unfinished, &card).map_err(|error| Fatal::usage(error.to_string()))?;
    let run = Run::on_image(
        from.clone(),
        new.job.clone(),
        new.field.clone(),
        &unfinished,
        new.synthesize_pkcs15,
    );
    let exit = run::run(&run, display)?;
    if exit == Exit::Done {
        unfinished.persist(&new.image).map_err(|error| {
            let name = new.image.display();
            Fatal::usage(format!("cannot write the card image `{name}`: {error}"))
        })?;
    }
    Ok(exit)
}

/// A file beside the image, removed unless it takes its place.
fn unfinished(image: &Path) -> Result<TempPath, Fatal> {
    let folder = match image.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let file = tempfile::Builder::new()
        .prefix(".perso-card-")
        .tempfile_in(folder);
    file.map(tempfile::NamedTempFile::into_temp_path)
        .map_err(|error| {
            let name = image.display();
            Fatal::usage(format!("cannot write the card image `{name}`: {error}"))
        })
}

fn show(tree: &Tree, display: &Display) -> Result<Exit, Fatal> {
    let mut picture = Picture::of(&read(&tree.image)?);
    if let Some(from) = &tree.from {
        let Some(plan) = plan::load(from, &tree.compiling, display)? else {
            return Ok(Exit::Findings);
        };
        picture = named(picture, &plan, from)?;
    }
    let text = match (tree.json, tree.svg) {
        (true, _) => serde_json::to_string_pretty(&picture)
            .map_err(|error| Fatal::usage(format!("cannot write the tree: {error}")))?,
        (_, true) => picture.svg(),
        _ => picture.to_string(),
    };
    output::print(format!("{}\n", text.trim_end()).as_bytes(), display)?;
    Ok(Exit::Done)
}

fn named(picture: Picture, plan: &Plan, from: &Path) -> Result<Picture, Fatal> {
    let programs = plan
        .operations()
        .filter_map(|operation| match &operation.action {
            Action::Initialise { program, .. } => program.as_ref(),
            _ => None,
        });
    let program = programs.chain(&plan.fallback_program).next();
    let program = program.ok_or_else(|| {
        let name = from.display();
        Fatal::usage(format!("`{name}` lays out no card, so it names no files"))
            .help("name a description with `InitToken` and `ChipProfile`")
    })?;
    Ok(picture.declared_by(program))
}

/// Keeps other processes off the image.
fn hold(image: &Path, holder: &str) -> Result<ImageLock, Fatal> {
    ImageLock::take(image, holder).map_err(|error| match error {
        DiskError::InUse { .. } => {
            Fatal::of(Exit::Refused, &error.to_string()).help("wait until it has ended, or end it")
        }
        _ => Fatal::usage(error.to_string()),
    })
}

fn read(image: &Path) -> Result<SimulatedCard, Fatal> {
    image::read(image, UnwrapErr(SysRng)).map_err(|error| {
        Fatal::usage(error.to_string()).help("make a card with `perso card new IMAGE`")
    })
}
