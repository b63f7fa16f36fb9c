//! Files of an example, checked together in memory as a project on disk would be.

use perso::check::{Configuration, Language, Tree, check_all, check_settings};
use perso::diagnostic::Finding;
use perso::model::{Binding, Companion, Located, Mapping, ProjectFiles, Target};
use perso::rules::{Example, Level, SettingsContext, UnknownName};
use perso::source::{SourceFile, SourceId, Sources, Span};

/// The files of an example and what was found in them.
pub struct Checked {
    pub sources: Sources,
    pub findings: Vec<Finding>,
}

/// Checks an example with `raised` rules as errors and all others as they are.
pub fn check(example: &Example, raised: &[&str]) -> Checked {
    let mut sources = Sources::default();
    let mut target = Target::default();
    let mut mapping = None;
    let (mut trees, mut settings) = (Vec::new(), Vec::new());
    for file in &example.files {
        if file.name == "perso.toml" {
            let id = sources.add(SourceFile::from_text(&file.name, &file.text));
            set_target(&mut target, id, &file.text);
            mapping = read_mapping(id, &file.text);
            settings.push(id);
            continue;
        }
        let source = SourceFile::from_bytes(&file.name, file.bytes());
        let tree =
            Language::of_name(&file.name).map(|language| Tree::parse(language, source.text()));
        let id = sources.add(source);
        trees.extend(tree.map(|tree| (id, tree)));
    }
    let companions = companions(&sources, &trees);
    let mut configuration = Configuration::default();
    configuration.mapping = mapping;
    for name in raised {
        configuration.set(name, Level::ERROR).expect("a rule");
    }
    let checked = check_all(&sources, &trees, &companions, &target, &configuration);
    let mut findings = checked.findings;
    for id in settings {
        findings.extend(said_of_settings(&sources, id, &configuration));
    }
    Checked { sources, findings }
}

/// What is found in a `perso.toml`.
fn said_of_settings(sources: &Sources, source: SourceId, levels: &Configuration) -> Vec<Finding> {
    let read = perso::workspace::configuration::read(source, &sources[source]).expect("settings");
    let unknown: Vec<_> = read
        .unknown
        .iter()
        .map(|key| UnknownName {
            table: key.table,
            name: key.name.span.expect("its place"),
            key: key.key,
            known: key.known.clone(),
            taken: key.taken.clone(),
        })
        .collect();
    let rules: Vec<_> = read
        .rules
        .iter()
        .filter_map(|rule| rule.rule.span)
        .collect();
    let context = SettingsContext {
        source,
        text: sources[source].text(),
        unknown: &unknown,
        rules: &rules,
    };
    check_settings(&context, levels)
}

fn set_target(target: &mut Target, source: SourceId, text: &str) {
    let table: toml::Table = text.parse().expect("a perso.toml");
    let target_table = table.get("target").and_then(toml::Value::as_table);
    for (key, value) in target_table.into_iter().flatten() {
        let value = value.as_str().expect("text");
        let start = text.find(value).expect("its place");
        let place = |at| u32::try_from(at).expect("a short text");
        let span = Span::new(place(start), place(start + value.len()));
        let place = Some((source, span));
        // A key that is not known is a finding.
        let _ = target.set(key, value, place);
    }
}

fn read_mapping(source: SourceId, text: &str) -> Option<Mapping> {
    let table: toml::Table = text.parse().expect("a perso.toml");
    let entries = table.get("mapping")?.as_table().expect("[mapping]");
    let mut bindings: Vec<_> = entries
        .iter()
        .map(|(field, entry)| {
            let start = text.find(&format!("{field} =")).expect("its place");
            let place = |at| u32::try_from(at).expect("a short text");
            let span = Span::new(place(start), place(start + field.len()));
            let flag = |key: &str| {
                let value = entry.get(key)?.as_bool().expect("a flag");
                Some(Located { value, place: None })
            };
            let to = entry.get("to").map(|to| to.as_str().expect("text"));
            Binding {
                field: field.clone(),
                place: (source, span),
                to: to.map(|to| Located {
                    value: to.to_owned(),
                    place: None,
                }),
                encrypted: flag("encrypted"),
                read: flag("read"),
            }
        })
        .collect();
    bindings.sort_by_key(|binding| binding.place.1);
    Some(Mapping { bindings })
}

/// A companion is the file of its name in the example, in any letter case.
fn companions(sources: &Sources, trees: &[(SourceId, Tree)]) -> ProjectFiles {
    let mut companions = ProjectFiles::new();
    for (id, tree) in trees {
        for (kind, name) in tree.companions(sources[*id].text()) {
            let found = sources
                .iter()
                .find(|(_, file)| file.name().eq_ignore_ascii_case(&name));
            let companion = match found {
                Some((source, _)) => Companion::Found(source),
                None => Companion::Missing {
                    near: near(sources, &name),
                    reason: "no file of this name".to_owned(),
                },
            };
            companions.insert((*id, kind), companion);
        }
    }
    companions
}

fn near(sources: &Sources, name: &str) -> Option<String> {
    let names = sources.iter().map(|(_, file)| file.name());
    perso::diagnostic::nearest(name, names).map(str::to_owned)
}
