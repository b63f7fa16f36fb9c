//! Rooms import only from the rooms that `docs/architecture.md` allows them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The table of rooms: what each may use; `None` for all.
fn allowed() -> BTreeMap<String, Option<BTreeSet<String>>> {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).expect("the page");
    let table = text
        .split("| room | owns | may use |")
        .nth(1)
        .expect("the table of rooms");
    table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let rooms = cells[2]
                .split(',')
                .map(str::trim)
                .filter(|room| !room.is_empty());
            let uses = (cells[2] != "all").then(|| rooms.map(str::to_owned).collect());
            (cells[0].trim_matches('`').to_owned(), uses)
        })
        .collect()
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("a folder of src")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The rooms that a file names with `crate::room`, in imports and in code. Tests may use anything.
fn named_rooms(text: &str) -> BTreeSet<String> {
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let line = code[..at]
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .trim_start();
        if line.starts_with("//") || code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let first = |text: &str| -> String {
            text.trim_start()
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect()
        };
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut start = 0;
            for (index, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth > 0 => depth -= 1,
                    ',' | '}' if depth == 0 => {
                        rooms.insert(first(&group[start..index]));
                        start = index + 1;
                        if c == '}' {
                            break;
                        }
                    }
                    _ => {}
                }
            }
        } else {
            rooms.insert(first(rest));
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

#[test]
fn arrows_point_down() {
    let allowed = allowed();
    let src = root().join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).expect("inside src");
        let room = inside
            .iter()
            .next()
            .expect("a room")
            .to_string_lossy()
            .into_owned();
        if room.ends_with(".rs") || inside.components().any(|part| part.as_os_str() == "tests") {
            continue;
        }
        let Some(uses) = allowed.get(&room) else {
            wrong.push(format!(
                "{room} is not in the table of docs/architecture.md"
            ));
            continue;
        };
        let text = std::fs::read_to_string(&file).expect("a source file");
        for named in named_rooms(&text) {
            let fine = named == room || uses.as_ref().is_none_or(|uses| uses.contains(&named));
            if !fine {
                wrong.push(format!("{} uses `{named}`", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_names_only_rooms_that_exist() {
    for (room, uses) in allowed() {
        assert!(
            root().join("src").join(&room).is_dir(),
            "there is no room {room}"
        );
        for used in uses.into_iter().flatten() {
            assert!(
                root().join("src").join(&used).is_dir(),
                "{room} may use {used}, which is not"
            );
        }
    }
}

#[test]
fn no_file_is_long_and_none_is_a_drawer() {
    let mut files = Vec::new();
    for folder in ["src", "build", "tests", "benches"] {
        let folder = root().join(folder);
        if folder.is_dir() {
            rust_files(&folder, &mut files);
        }
    }
    for file in files {
        let lines = std::fs::read_to_string(&file)
            .expect("a source file")
            .lines()
            .count();
        assert!(lines <= 800, "{} has {lines} lines", file.display());
        let stem = file
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        assert!(
            !["utils", "common", "helpers", "misc"].contains(&stem.as_str()),
            "{stem}"
        );
    }
}

/// Every module says what it owns.
#[test]
fn modules_begin_with_their_purpose() {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        // The page of a rule is its purpose.
        let is_rule = text.contains("\nrule! {");
        assert!(is_rule || text.starts_with("//!"), "{}", file.display());
    }
}

#[test]
fn named_rooms_are_found_in_every_form() {
    let text = "use crate::source::Span;\nuse crate::{model::Encoding, stdlib::{self, Key}};\n\
                // crate::cli\nfn f() { crate::der::x() }\n#[cfg(test)]\nmod tests { use crate::cli; }";
    let rooms: Vec<_> = named_rooms(text).into_iter().collect();
    assert_eq!(rooms, ["der", "model", "source", "stdlib"]);
}
