//! From a call to texts: inputs read in parallel, grouped by the configuration above them.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rayon::prelude::*;

use super::archive::{Archive, Refused};
use super::configuration::{self, Configuration, ConfigurationError};
use super::discovery::{CONFIGURATION, Input, Kind, discover};
use super::naming::{absolute, member_name, name};
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
    /// Whether archives are opened. If not, a walk passes them over, and naming one is an error.
    pub archives: bool,
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
    /// An archive is named where none is opened.
    #[error("`{name}` is an archive")]
    Archive {
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
    /// The archives that were opened, by their paths. Their members lie below them.
    pub(super) archives: HashMap<PathBuf, Archive>,
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
            .collect::<Vec<_>>();
        let mut workspace = Self::empty(&request);
        let mut configurations = Configurations::new(&request);
        let not_on_disk = piped.as_ref().map(|(input, _)| input.path.clone());
        if let Some((input, text)) = piped {
            workspace.take(input, text, &mut configurations)?;
        }
        for (input, read) in texts {
            match read {
                Loaded::Text(text) => workspace.take(input, text, &mut configurations)?,
                Loaded::Archive(opened) => {
                    workspace.take_archive(input, *opened, &mut configurations)?;
                }
            }
        }
        workspace
            .on_disk
            .retain(|_, path| not_on_disk.as_ref() != Some(path));
        Ok(workspace)
    }

    /// Where an input lies, unless it is the standard input or a member of an archive.
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
            archives: HashMap::new(),
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
                if self.archive_of(&input.path).is_none() {
                    self.on_disk.insert(source, input.path.clone());
                }
                self.known.insert(input.path, Ok(source));
                let kind = input.kind;
                self.projects[project].files.push(File { source, kind });
            }
            Err(reason) => {
                let name = self.name(&input.path);
                self.refuse(&name, &reason, Place { folder, project });
                self.known.insert(input.path, Err(reason));
            }
        }
        Ok(())
    }

    /// Takes the members of an archive in, each as if it were a file.
    fn take_archive(
        &mut self,
        input: Input,
        opened: Result<Opened, Reason>,
        configurations: &mut Configurations,
    ) -> Result<(), OpenError> {
        let opened = match opened {
            Ok(opened) => opened,
            Err(reason) => return self.take(input, Err(reason), configurations),
        };
        let folder = parent(&input.path);
        let project = configurations.above(self, &folder)?;
        let shown = name(&self.here, &input.path);
        self.archives.insert(input.path.clone(), opened.archive);
        for Refused { name, reason } in opened.refused {
            self.asked += 1;
            let place = Place {
                folder: folder.clone(),
                project,
            };
            self.refuse(&member_name(&shown, &name), &reason, place);
        }
        for (path, kind, bytes) in opened.members {
            let text = bytes.map(|bytes| SourceFile::from_bytes(member_name(&shown, &path), bytes));
            let input = Input {
                path: input.path.join(path),
                kind,
                refused: None,
            };
            self.take(input, text, configurations)?;
        }
        Ok(())
    }

    /// Tells that something cannot be read.
    fn refuse(&mut self, name: &str, reason: &Reason, place: Place) {
        let source = self.add(SourceFile::from_text(name, ""), place);
        self.findings.push(unreadable(source, name, reason));
    }

    /// The archive that a path leads into, and the path inside of it.
    pub(super) fn archive_of(&self, path: &Path) -> Option<(PathBuf, String)> {
        let mut above = path.ancestors();
        let root = above.find(|root| self.archives.contains_key(*root))?;
        let inside = path.strip_prefix(root).ok()?;
        Some((root.to_owned(), inside.to_string_lossy().into_owned()))
    }

    /// The name of a file or member in reports.
    pub(super) fn name(&self, path: &Path) -> String {
        match self.archive_of(path) {
            Some((root, inside)) => member_name(&name(&self.here, &root), &inside),
            None => name(&self.here, path),
        }
    }

    /// Whether a source is a member of an archive, which is never written to.
    #[must_use]
    pub fn is_member(&self, source: SourceId) -> bool {
        let place = self.places.get(&source);
        place.is_some_and(|place| self.archive_of(&place.folder).is_some())
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
    let fallback = fallback.filter(|kind| *kind != Kind::Archive);
    let on_disk = request.paths.iter().filter(|path| !is_stdin(path));
    let on_disk: Vec<PathBuf> = on_disk.cloned().collect();
    discover(&request.here, &on_disk, fallback, request.archives)
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

/// What an input holds.
enum Loaded {
    Text(Result<SourceFile, Reason>),
    Archive(Box<Result<Opened, Reason>>),
}

/// An archive with the descriptions and profiles in it.
struct Opened {
    archive: Archive,
    members: Vec<(String, Kind, Result<Vec<u8>, Reason>)>,
    refused: Vec<Refused>,
}

fn read(here: &Path, mut input: Input) -> (Input, Loaded) {
    if input.kind == Kind::Archive && input.refused.is_none() {
        let opened = reading::read(&input.path).and_then(unpack);
        return (input, Loaded::Archive(Box::new(opened)));
    }
    let bytes = match input.refused.take() {
        Some(reason) => Err(reason),
        None if input.kind == Kind::Configuration => Ok(Vec::new()),
        None => reading::read(&input.path),
    };
    let text = bytes.map(|bytes| SourceFile::from_bytes(name(here, &input.path), bytes));
    (input, Loaded::Text(text))
}

/// Opens an archive and reads the descriptions and profiles in it, up to one that grows too much.
fn unpack(bytes: Vec<u8>) -> Result<Opened, Reason> {
    let (mut archive, refused) = Archive::open(bytes)?;
    let kinds = archive.paths().filter_map(|path| {
        let kind = Kind::of(Path::new(path))?;
        let is_text = matches!(kind, Kind::Description | Kind::Profile);
        is_text.then(|| (path.to_owned(), kind))
    });
    let kinds: Vec<_> = kinds.collect();
    if refused.is_empty() && kinds.iter().all(|(_, kind)| *kind != Kind::Description) {
        return Err(Reason::NoDescription);
    }
    let mut members = Vec::new();
    for (path, kind) in kinds {
        let read = archive.read(&path);
        let is_bomb = read == Err(Reason::Bomb);
        members.push((path, kind, read));
        if is_bomb {
            break;
        }
    }
    Ok(Opened {
        archive,
        members,
        refused,
    })
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
