//! Layout changes no meaning: a description and its profile, written in any way that their languages
//! allow, have the same plan before and after. Places and digests of sources are no part of it.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value as Json;

use perso::check::{Language, Tree, join};
use perso::format;
use perso::lower::lower;
use perso::model::{Companion, ProjectFiles, Target};
use perso::source::{SourceFile, Sources};
use perso::stdlib;
use perso::syntax::cpf::{self, Lexeme, lexemes};
use perso::syntax::dsc::{self, LineKind};

/// A description and the profile that it names.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) profile: Option<String>,
}

impl Pair {
    fn map(&self, dsc: impl FnOnce(&str) -> String, cpf: impl FnOnce(&str) -> String) -> Self {
        Self {
            name: self.name.clone(),
            description: dsc(&self.description),
            profile: self.profile.as_deref().map(cpf),
        }
    }

    fn laid_out(&self) -> Self {
        self.map(
            |text| {
                let file = SourceFile::from_text("card.dsc", text);
                format::description(&file, &dsc::parse(text)).expect("a description")
            },
            |text| {
                let file = SourceFile::from_text("card.cpf", text);
                format::profile(&file, &cpf::parse(text)).expect("a profile")
            },
        )
    }

    /// The plan without places and digests, or what stands against one.
    pub(crate) fn plan(&self) -> Result<Json, Vec<String>> {
        let mut sources = Sources::default();
        let description = sources.add(SourceFile::from_text("card.dsc", &self.description));
        let mut trees = vec![(
            description,
            Tree::parse(Language::Dsc, sources[description].text()),
        )];
        let mut companions = ProjectFiles::new();
        if let Some(text) = &self.profile {
            let profile = sources.add(SourceFile::from_text("card.cpf", text));
            for (kind, _) in trees[0].1.companions(sources[description].text()) {
                companions.insert((description, kind), Companion::Found(profile));
            }
            trees.push((profile, Tree::parse(Language::Cpf, text)));
        }
        let trees: Vec<_> = trees.iter().collect();
        let target = Target::default();
        let project = join(&sources, &trees, &companions, &target);
        let plan = lower(&project, &project.encodings[0], &sources);
        let plan =
            plan.map_err(|findings| findings.into_iter().map(|found| found.message).collect());
        plan.map(|plan| without_places(serde_json::to_value(plan).unwrap()))
    }
}

fn without_places(mut json: Json) -> Json {
    match &mut json {
        Json::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "origin" | "digests" | "sha256"));
            for value in fields.values_mut() {
                *value = without_places(value.take());
            }
        }
        Json::Array(items) => {
            for item in items {
                *item = without_places(item.take());
            }
        }
        _ => {}
    }
    json
}

/// Descriptions of the project with their profiles, and every ready profile.
fn pairs() -> Vec<Pair> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pairs = Vec::new();
    for folder in ["examples", "src/lower/tests", "src/cli/new"] {
        for entry in ignore::Walk::new(root.join(folder)).flatten() {
            if entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "dsc")
            {
                pairs.extend(pairs_of(entry.path()));
            }
        }
    }
    // Not every description goes with every ready profile.
    pairs.retain(|pair| pair.plan().is_ok());
    pairs
}

fn pairs_of(path: &Path) -> Vec<Pair> {
    let description = std::fs::read_to_string(path).unwrap();
    let name = |of: &str| format!("{} with {of}", path.display());
    if description.contains("{profile}") {
        let ready = stdlib::profiles().iter().map(|ready| Pair {
            name: name(ready.name),
            description: description.replace("{profile}", ready.name),
            profile: Some(ready.text.to_owned()),
        });
        return ready.collect();
    }
    let profile = profile_of(path, &description);
    vec![Pair {
        name: name("its profile"),
        profile: profile.map(|path| std::fs::read_to_string(path).unwrap()),
        description,
    }]
}

fn profile_of(path: &Path, description: &str) -> Option<PathBuf> {
    let named = description
        .lines()
        .find_map(|line| line.strip_prefix("ChipProfile="))?;
    Some(path.with_file_name(named)).filter(|path| path.is_file())
}

/// Decisions one by one; when none are left, the text stays as its author wrote it.
struct Whim<'w>(std::slice::Iter<'w, u8>);

impl Whim<'_> {
    /// One of `others`, or `text` itself.
    fn pick<'a>(&mut self, text: &'a str, others: &[&'a str]) -> &'a str {
        let choice = usize::from(self.0.next().copied().unwrap_or(0)) % (2 * others.len() + 1);
        match choice {
            0 => text,
            more => others.get((more - 1) / 2).copied().unwrap_or(text),
        }
    }

    fn case(&mut self, word: &str) -> String {
        match self.0.next().copied().unwrap_or(0) % 4 {
            1 => word.to_ascii_uppercase(),
            2 => word.to_ascii_lowercase(),
            _ => word.to_owned(),
        }
    }
}

const BLANKS: &[&str] = &["", " ", "   ", "\t"];

fn rewritten_description(text: &str, whim: &mut Whim<'_>) -> String {
    let tree = dsc::parse(text);
    let mut new = String::new();
    for section in &tree.sections {
        let lines = section.lines.start as usize..section.lines.end as usize;
        let name = section.name.map_or("", |name| name.of(text));
        for line in &tree.lines[lines] {
            match line.kind {
                LineKind::Header { name } => {
                    let (word, suffix) = name.of(text).split_once('_').map_or_else(
                        || (name.of(text), String::new()),
                        |(word, suffix)| (word, format!("_{suffix}")),
                    );
                    let word = whim.case(word);
                    let (before, inside) = (whim.pick("", BLANKS), whim.pick("", BLANKS));
                    new.push_str(&format!("{before}[{inside}{word}{suffix}{inside}]\n"));
                }
                LineKind::Property { key, value } => {
                    let key = match name {
                        "Fields" => key.of(text).to_owned(),
                        _ => whim.case(key.of(text)),
                    };
                    let mut blank = || whim.pick("", BLANKS);
                    let (one, two, three, four) = (blank(), blank(), blank(), blank());
                    let value = value.of(text);
                    new.push_str(&format!("{one}{key}{two}={three}{value}{four}\n"));
                }
                _ => new.push_str(line.span.of(text)),
            }
            new.push_str(whim.pick("", &["\n", "\n\n\n", "# note\n", "   # note  \n\n"]));
        }
    }
    new
}

fn rewritten_profile(text: &str, whim: &mut Whim<'_>) -> String {
    let mut new = String::new();
    let pieces: Vec<_> = lexemes(text, 0, text.len()).collect();
    for (number, &(lexeme, start, end)) in pieces.iter().enumerate() {
        let piece = &text[start..end];
        let beside = |at: Option<usize>| at.and_then(|at| pieces.get(at)).map(|piece| piece.0);
        let inner = |beside: Option<Lexeme>| {
            !matches!(
                beside,
                None | Some(Lexeme::LineEnd | Lexeme::Comment | Lexeme::Continuation)
            )
        };
        let is_inner = inner(beside(number.checked_sub(1))) && inner(beside(Some(number + 1)));
        match lexeme {
            Lexeme::Blank if is_inner => {
                new.push_str(whim.pick(piece, &[" ", "    ", "\t", " \\\n", "\\ ; why\n   "]));
            }
            Lexeme::Blank => new.push_str(whim.pick(piece, &["   ", "\t", "        "])),
            Lexeme::LineEnd => new.push_str(whim.pick(
                piece,
                &[
                    "\n\n\n",
                    "   \n",
                    " ; note\n",
                    "\n; note\n",
                    "\n\n      ; note \n\n",
                ],
            )),
            Lexeme::Word if !piece.starts_with(|first: char| first.is_ascii_digit()) => {
                new.push_str(&whim.case(piece));
            }
            Lexeme::Bytes => rewrite_bytes(piece, whim, &mut new),
            Lexeme::Other | Lexeme::Open if piece != "." => {
                let (before, after) = (whim.pick("", BLANKS), whim.pick("", BLANKS));
                new.push_str(&format!("{before}{piece}{after}"));
            }
            _ => new.push_str(piece),
        }
    }
    new
}

/// Bytes keep their order; how they are grouped and commented is the author's choice.
fn rewrite_bytes(piece: &str, whim: &mut Whim<'_>, new: &mut String) {
    for line in piece.split_inclusive('\n') {
        let (code, comment) = line.split_at(line.find([';', '\n']).unwrap_or(line.len()));
        for part in code.split_inclusive(' ') {
            match part.strip_suffix(' ') {
                Some(part) => {
                    let gap = whim.pick(" ", &["  ", "\t", "\n", " ; note\n   ", "\n\n  "]);
                    new.push_str(&whim.case(part).replace("0X", "0x"));
                    new.push_str(gap);
                }
                None => new.push_str(part),
            }
        }
        new.push_str(comment);
    }
}

fn assert_same_plan(pair: &Pair) {
    let before = pair.plan();
    let written = || pair.profile.as_ref().unwrap_or(&pair.description);
    assert!(before.is_ok(), "{}: {before:?}\n{}", pair.name, written());
    let new = pair.laid_out();
    assert_eq!(new.plan(), before, "{}:\n{}", pair.name, written());
    let again = new.laid_out();
    assert_eq!(again.description, new.description, "{}", pair.name);
    assert_eq!(again.profile, new.profile, "{}", pair.name);
}

#[test]
fn our_own_files_mean_the_same_when_laid_out() {
    let pairs = pairs();
    assert!(pairs.len() >= 15, "{}", pairs.len());
    for pair in &pairs {
        assert_same_plan(pair);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_spelling_means_the_same_when_laid_out(
        pair in proptest::sample::select(pairs()),
        whim in proptest::collection::vec(any::<u8>(), 0..4000),
        line_end in proptest::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let mut whim = Whim(whim.iter());
        let description = rewritten_description(&pair.description, &mut whim);
        let profile = pair.profile.as_ref().map(|text| rewritten_profile(text, &mut whim));
        let ended = |text: String| text.replace('\n', line_end);
        assert_same_plan(&Pair {
            name: pair.name.clone(),
            description: ended(description),
            profile: profile.map(ended),
        });
    }
}
