//! Workspaces opened from folders made for the purpose.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn embedded(name: &str) -> Option<&'static str> {
    (name == "pkcs15.cpf").then_some("CardModel ISO7816\n")
}

fn open(here: &Path, paths: &[&str]) -> Result<Workspace, OpenError> {
    Workspace::open(Request {
        here: here.canonicalize().unwrap(),
        paths: paths.iter().map(Into::into).collect(),
        stdin_filename: None,
        configuration: None,
        stdin: &mut std::io::empty(),
        archives: true,
        embedded,
    })
}

fn names(workspace: &Workspace) -> Vec<&str> {
    let files = workspace.projects.iter().flat_map(|project| &project.files);
    files
        .map(|file| workspace.sources[file.source].name())
        .collect()
}

#[test]
fn a_walk_takes_descriptions_and_profiles_in_order() {
    let here = folder(&[
        ("b.dsc", ""),
        ("a/z.CPF", ""),
        ("a/y.Dsc", ""),
        ("a/readme.txt", ""),
        (".hidden/x.dsc", ""),
        ("build/x.dsc", ""),
        (".gitignore", "build/\n"),
    ]);
    let workspace = open(here.path(), &[".", "b.dsc", "./a/../b.dsc"]).unwrap();
    assert_eq!(names(&workspace), ["a/y.Dsc", "a/z.CPF", "b.dsc"]);
    assert_eq!(workspace.asked, 3);
}

#[test]
fn files_belong_to_the_configuration_above_them() {
    let here = folder(&[
        ("perso.toml", "[rules]\nx = \"off\"\n"),
        ("a.dsc", ""),
        ("sub/perso.toml", ""),
        ("sub/deep/b.dsc", ""),
    ]);
    let workspace = open(here.path(), &["."]).unwrap();
    assert_eq!(workspace.projects.len(), 2);
    assert_eq!(workspace.projects[0].configuration.rules.len(), 1);
    let second = &workspace.projects[1];
    let source = second.configuration.source.unwrap();
    assert_eq!(workspace.sources[source].name(), "sub/perso.toml");
    assert_eq!(
        workspace.sources[second.files[0].source].name(),
        "sub/deep/b.dsc"
    );
}

#[test]
fn a_call_that_cannot_be_followed_says_why() {
    let here = folder(&[
        ("a.txt", ""),
        ("b/perso.toml", "x"),
        ("b/a.dsc", ""),
        ("c/x", ""),
    ]);
    let refused = |path: &str| open(here.path(), &[path]).err().unwrap();
    assert!(matches!(refused("a.txt"), OpenError::UnknownKind { name } if name == "a.txt"));
    assert!(
        matches!(refused("b/a.dsc"), OpenError::Configuration(error) if error.name == "b/perso.toml")
    );
    assert!(matches!(refused("c"), OpenError::NoInput));
    assert!(matches!(refused("-"), OpenError::NamelessStdin));
}

#[test]
fn a_companion_is_found_beside_and_then_in_the_profiles() {
    let here = folder(&[
        ("perso.toml", "[paths]\nprofiles = [\"profiles\"]\n"),
        ("dsc/a.dsc", ""),
        ("dsc/b.dsc", ""),
        ("dsc/Own.cpf", "own"),
        ("profiles/shared.cpf", "shared"),
        ("profiles/own.cpf", "other"),
    ]);
    let mut workspace = open(here.path(), &["dsc/a.dsc", "dsc/b.dsc"]).unwrap();
    let [a, b] = [0, 1].map(|file| workspace.projects[0].files[file].source);
    let Companion::Loaded(own) = workspace.resolve_companion(a, "own.CPF") else {
        panic!("letter case is accepted");
    };
    assert_eq!(workspace.sources[own].name(), "dsc/Own.cpf");
    let shared = workspace.resolve_companion(a, "shared.cpf");
    assert!(matches!(shared, Companion::Loaded(_)));
    assert_eq!(workspace.resolve_companion(b, "shared.cpf"), shared);
    let near = workspace.resolve_companion(a, "shard.cpf");
    let missing = |near: Option<&str>, reason| Companion::Missing {
        near: near.map(str::to_owned),
        reason,
    };
    assert_eq!(near, missing(Some("shared.cpf"), Absence::NoSuchFile));
    assert_eq!(workspace.sibling_descriptions(own), [a, b]);
    assert_eq!(workspace.sibling_descriptions(a), [b]);
}

#[test]
fn an_input_is_its_own_companion() {
    let here = folder(&[("a.dsc", ""), ("p.cpf", "")]);
    let mut workspace = open(here.path(), &["."]).unwrap();
    let [a, p] = [0, 1].map(|file| workspace.projects[0].files[file].source);
    assert_eq!(
        workspace.resolve_companion(a, "p.cpf"),
        Companion::Loaded(p)
    );
    assert_eq!(workspace.sources.len(), 2);
}

#[test]
fn a_companion_name_leads_nowhere_else() {
    let here = folder(&[
        ("in/a.dsc", ""),
        ("out.cpf", "secret"),
        ("in/sub/x.cpf", ""),
    ]);
    let mut workspace = open(here.path(), &["in/a.dsc"]).unwrap();
    let a = workspace.projects[0].files[0].source;
    let absolute = here.path().join("out.cpf");
    let paths = [
        "../out.cpf",
        "..\\out.cpf",
        "sub/x.cpf",
        "..",
        ".",
        "",
        "C:x",
        "a\0",
    ];
    for name in paths.into_iter().chain(absolute.to_str()) {
        let companion = workspace.resolve_companion(a, name);
        let expected = Companion::Missing {
            near: None,
            reason: Absence::NotAFileName,
        };
        assert_eq!(companion, expected, "{name}");
    }
    let folder = workspace.resolve_companion(a, "sub");
    let reason = Reason::Folder;
    assert_eq!(folder, Companion::Unreadable { reason });
}

#[test]
fn profiles_that_ship_with_perso_are_shared() {
    let here = folder(&[("a.dsc", ""), ("b.dsc", "")]);
    let mut workspace = open(here.path(), &["."]).unwrap();
    let [a, b] = [0, 1].map(|file| workspace.projects[0].files[file].source);
    let first = workspace.resolve_companion(a, "<pkcs15.cpf>");
    let Companion::Loaded(source) = first else {
        panic!("it ships");
    };
    assert_eq!(workspace.sources[source].name(), "<pkcs15.cpf>");
    assert_eq!(workspace.resolve_companion(b, "<pkcs15.cpf>"), first);
    let unknown = Companion::Missing {
        near: None,
        reason: Absence::NotEmbedded,
    };
    assert_eq!(workspace.resolve_companion(a, "<other.cpf>"), unknown);
}
