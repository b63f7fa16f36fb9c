//! From a call to texts: inputs read in parallel, grouped by the configuration above them.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rayon::prelude::*;

use super::configuration::{self, Configuration, ConfigurationError};
use super::discovery::{CONFIGURATION, Input, Kind, discover};
use super::naming::{absolute, name};
use super::reading::{self, Reason, unreadable};
use crate::diagnostic::Finding;
use crate::source::{SourceFile, SourceId, Sources};

/// What to open.
pub struct Request<'a> {
    /// The working directory: paths start here, names are relative to it.
    pub here: PathBuf,
    /// Files and folders; `-` is the standard input.
    pub paths: Vec<PathBuf>,
    /// The name that the standard input goes by; its ending also tells the kind of named files
    /// that have none of their own.
    pub stdin_filename: Option<PathBuf>,
    /// The configuration to use for everything, instead of the one found upwards.
    pub configuration: Option<PathBuf>,
    /// Where `-` is read from.
    pub stdin: &'a mut dyn Read,
    /// The profiles that ship with perso, by file name.
    pub embedded: fn(&str) -> Option<&'static str>,
}

/// Why a call cannot be followed at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A named file is neither description nor profile by its name.
    #[error("cannot tell whether `{name}` is a description or a profile")]
    UnknownKind {
        /// The file.
        name: String,
    },
    /// `-` without a name for it.
    #[error("the standard input needs a name")]
    NamelessStdin,
    /// A `perso.toml` that cannot be read.
    #[error("cannot read the configuration `{name}`: {reason}")]
    UnreadableConfiguration {
        /// The file.
        name: String,
        /// What the system says.
        reason: Reason,
    },
    /// A `perso.toml` that is wrong.
    #[error(transparent)]
    Configuration(#[from] Box<ConfigurationError>),
    /// Nothing to look at.
    #[error("no description and no profile found")]
    NoInput,
}

/// Everything that was opened.
pub struct Workspace {
    /// All texts: inputs, configurations, companions.
    pub sources: Sources,
    /// The inputs, grouped by the configuration that holds for them.
    pub projects: Vec<Project>,
    /// Inputs that cannot be read.
    pub findings: Vec<Finding>,
    /// How many files were asked for, the unreadable ones included.
    pub asked: usize,
    pub(super) here: PathBuf,
    pub(super) places: HashMap<SourceId, Place>,
    /// Where the inputs lie that were read from disk.
    pub(super) on_disk: HashMap<SourceId, PathBuf>,
    pub(super) known: HashMap<PathBuf, Result<SourceId, Reason>>,
    pub(super) listings: HashMap<PathBuf, Vec<String>>,
    pub(super) embedded: fn(&str) -> Option<&'static str>,
}

/// Files under one configuration.
#[derive(Default)]
pub struct Project {
    /// The configuration; empty where there is none.
    pub configuration: Configuration,
    /// The readable inputs, sorted by path. Companions are not among them.
    pub files: Vec<File>,
    /// The folder of the configuration.
    pub(super) folder: Option<PathBuf>,
}

/// One input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct File {
    /// Its text.
    pub source: SourceId,
    /// What it holds: a description or a profile.
    pub kind: Kind,
}

/// Where a source lies: companions are looked for from here.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) project: usize,
}

impl Workspace {
    /// Finds and reads all that `request` means.
    ///
    /// # Errors
    ///
    /// The call is wrong, a configuration is wrong, or nothing matches. A file that cannot be read
    /// is no error but a finding.
    pub fn open(request: Request<'_>) -> Result<Self, OpenError> {
        let mut request = request;
        let mut inputs = inputs(&request)?;
        let piped = piped(&mut request)?;
        if let Some((input, _)) = &piped {
            inputs.retain(|other| other.path != input.path);
        }
        if inputs.is_empty() && piped.is_none() {
            return Err(OpenError::NoInput);
        }
        let texts: Vec<_> = inputs
            .into_par_iter()
            .map(|input| read(&request.here, input))
            .collect();
        let mut workspace = Self::empty(&request);
        let mut configurations = Configurations::new(&request);
        let not_on_disk = piped.as_ref().map(|(input, _)| input.path.clone());
        for (input, text) in piped.into_iter().chain(texts) {
            workspace.take(input, text, &mut configurations)?;
        }
        workspace
            .on_disk
            .retain(|_, path| not_on_disk.as_ref() != Some(path));
        Ok(workspace)
    }

    /// Where an input lies, unless it is the standard input.
    #[must_use]
    pub fn path(&self, input: SourceId) -> Option<&Path> {
        self.on_disk.get(&input).map(PathBuf::as_path)
    }

    fn empty(request: &Request<'_>) -> Self {
        Self {
            sources: Sources::default(),
            projects: Vec::new(),
            findings: Vec::new(),
            asked: 0,
            here: request.here.clone(),
            places: HashMap::new(),
            on_disk: HashMap::new(),
            known: HashMap::new(),
            listings: HashMap::new(),
            embedded: request.embedded,
        }
    }

    fn take(
        &mut self,
        input: Input,
        text: Result<SourceFile, Reason>,
        configurations: &mut Configurations,
    ) -> Result<(), OpenError> {
        self.asked += 1;
        let folder = parent(&input.path);
        let project = match input.kind {
            Kind::Configuration => configurations.load(self, Some(input.path.clone()))?,
            _ => configurations.above(self, &folder)?,
        };
        if input.kind == Kind::Configuration {
            return Ok(());
        }
        match text {
            Ok(text) => {
                let source = self.add(text, Place { folder, project });
                self.on_disk.insert(source, input.path.clone());
                self.known.insert(input.path, Ok(source));
                let kind = input.kind;
                self.projects[project].files.push(File { source, kind });
            }
            Err(reason) => {
                let name = name(&self.here, &input.path);
                let source = SourceFile::from_text(name.as_str(), "");
                let source = self.add(source, Place { folder, project });
                self.findings.push(unreadable(source, &name, &reason));
                self.known.insert(input.path, Err(reason));
            }
        }
        Ok(())
    }

    pub(super) fn add(&mut self, text: SourceFile, place: Place) -> SourceId {
        let source = self.sources.add(text);
        self.places.insert(source, place);
        source
    }
}

pub(super) fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(path).to_owned()
}

fn is_stdin(path: &Path) -> bool {
    path == "-"
}

fn inputs(request: &Request<'_>) -> Result<Vec<Input>, OpenError> {
    let fallback = request.stdin_filename.as_deref().and_then(Kind::of);
    let on_disk = request.paths.iter().filter(|path| !is_stdin(path));
    let on_disk: Vec<PathBuf> = on_disk.cloned().collect();
    discover(&request.here, &on_disk, fallback)
}

type Piped = (Input, Result<SourceFile, Reason>);

/// The standard input, if it is asked for. It stands for the file whose name it goes by.
fn piped(request: &mut Request<'_>) -> Result<Option<Piped>, OpenError> {
    if !request.paths.iter().any(|path| is_stdin(path)) {
        return Ok(None);
    }
    let Some(filename) = &request.stdin_filename else {
        return Err(OpenError::NamelessStdin);
    };
    let path = absolute(&request.here, filename);
    let name = name(&request.here, &path);
    let Some(kind @ (Kind::Description | Kind::Profile)) = Kind::of(&path) else {
        return Err(OpenError::UnknownKind { name });
    };
    let bytes = reading::read_bounded(&mut *request.stdin, 0)
        .and_then(|read| read.map_err(|error| Reason::Other(error.to_string())));
    let text = bytes.map(|bytes| SourceFile::from_bytes(name, bytes));
    let input = Input {
        path,
        kind,
        refused: None,
    };
    Ok(Some((input, text)))
}

fn read(here: &Path, mut input: Input) -> Piped {
    let bytes = match input.refused.take() {
        Some(reason) => Err(reason),
        None if input.kind == Kind::Configuration => Ok(Vec::new()),
        None => reading::read(&input.path),
    };
    let text = bytes.map(|bytes| SourceFile::from_bytes(name(here, &input.path), bytes));
    (input, text)
}

/// The configurations of a run, each read once.
struct Configurations {
    fixed: Option<PathBuf>,
    above: HashMap<PathBuf, Option<PathBuf>>,
    projects: IndexMap<Option<PathBuf>, usize>,
}

impl Configurations {
    fn new(request: &Request<'_>) -> Self {
        let fixed = request.configuration.as_deref();
        Self {
            fixed: fixed.map(|path| absolute(&request.here, path)),
            above: HashMap::new(),
            projects: IndexMap::new(),
        }
    }

    /// The project of the files in `folder`.
    fn above(&mut self, workspace: &mut Workspace, folder: &Path) -> Result<usize, OpenError> {
        let path = match &self.fixed {
            Some(path) => Some(path.clone()),
            None => self.find(folder),
        };
        self.load(workspace, path)
    }

    /// The nearest `perso.toml` in `folder` or above.
    fn find(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(found) = self.above.get(folder) {
            return found.clone();
        }
        let here = folder.join(CONFIGURATION);
        let found = if here.is_file() {
            Some(here)
        } else {
            folder.parent().and_then(|parent| self.find(parent))
        };
        self.above.insert(folder.to_owned(), found.clone());
        found
    }

    fn load(
        &mut self,
        workspace: &mut Workspace,
        path: Option<PathBuf>,
    ) -> Result<usize, OpenError> {
        if let Some(project) = self.projects.get(&path) {
            return Ok(*project);
        }
        let number = workspace.projects.len();
        let mut project = Project::default();
        if let Some(path) = &path {
            project.folder = Some(parent(path));
            project.configuration = read_configuration(workspace, path, number)?;
        }
        workspace.projects.push(project);
        self.projects.insert(path, number);
        Ok(number)
    }
}

fn read_configuration(
    workspace: &mut Workspace,
    path: &Path,
    project: usize,
) -> Result<Configuration, OpenError> {
    let name = name(&workspace.here, path);
    let bytes = match reading::read(path) {
        Ok(bytes) => bytes,
        Err(reason) => return Err(OpenError::UnreadableConfiguration { name, reason }),
    };
    let folder = parent(path);
    let place = Place { folder, project };
    let source = workspace.add(SourceFile::from_bytes(name, bytes), place);
    let file = &workspace.sources[source];
    Ok(configuration::read(source, file).map_err(Box::new)?)
}
