//! What pipelines read of this project, read as they do it: the hooks of pre-commit, the action and
//! the problem matcher of GitHub, the job of GitLab, and the reports for each of them.

use std::collections::HashSet;
use std::process::Command;

use regex::Regex;
use serde_json::Value as Json;

use crate::sandbox::Sandbox;

/// A description with an error, warnings and an information; its field names want escaping.
const DESCRIPTION: &str = "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nSerial=\nOne=\nOne=\n\
                           A<&\"'>%,:ä\u{1}\u{1b}[31m=\n[Description]\nPKCS11Library=m.dll\n\
                           iccsnfield=Serial\nFlavour=#x\nPIN=#1234\nSetPIN=perhaps\n";

/// Names that want escaping, too.
fn card() -> Sandbox {
    Sandbox::new()
        .file("cards/a & b, 100%/käse.dsc", DESCRIPTION)
        .file("cards/plain.dsc", DESCRIPTION)
}

fn read(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap()
}

fn yaml(text: &str) -> Json {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The first block of YAML below a heading of the page on pipelines.
fn snippet(heading: &str) -> Json {
    let page = read("docs/pipelines.md");
    let below = page.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let block = below.split("```yaml\n").nth(1).unwrap();
    yaml(block.split("```").next().unwrap())
}

fn text<'j>(value: &'j Json, key: &str) -> &'j str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key}: {value}"))
}

/// Runs a script as a pipeline does, with the perso of this build on the path.
fn script(sandbox: &Sandbox, shell: &[&str], script: &str, env: &[(&str, &str)]) -> (i32, String) {
    let built = assert_cmd::cargo::cargo_bin("perso");
    let path = format!("{}:/usr/bin:/bin", built.parent().unwrap().display());
    let output = Command::new(shell[0])
        .args(&shell[1..])
        .arg(script)
        .current_dir(sandbox.path(""))
        .env_clear()
        .env("PATH", path)
        .envs(env.iter().copied())
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), out + &err)
}

#[test]
fn the_hooks_are_hooks_and_run() {
    let hooks = yaml(&read(".pre-commit-hooks.yaml"));
    let mut ids = HashSet::new();
    for hook in hooks.as_array().unwrap() {
        for key in ["id", "name", "description", "entry", "language", "files"] {
            assert!(!text(hook, key).is_empty(), "{hook}");
        }
        assert!(ids.insert(text(hook, "id")));
        assert!(["rust", "system"].contains(&text(hook, "language")));
        let files = Regex::new(text(hook, "files")).unwrap();
        for (name, is_meant) in [
            ("a/b.dsc", true),
            ("b.cpf", true),
            ("b.dsc.txt", false),
            ("dsc", false),
        ] {
            assert_eq!(files.is_match(name), is_meant, "{hook}: {name}");
        }
        let entry: Vec<_> = text(hook, "entry").split(' ').collect();
        assert_eq!(entry[0], "perso");
        let sandbox = card().file("perso.toml", "");
        let mut arguments = entry[1..].to_vec();
        arguments.push("cards/plain.dsc");
        if files.is_match("perso.toml") {
            arguments.push("perso.toml");
        }
        let (code, out, err) = sandbox.run(&arguments);
        assert!(code == 1 || entry[1] == "fmt", "{out}{err}");
        let (code, _, err) = sandbox.run(&[&entry[1..], &["--help"]].concat());
        assert_eq!(code, 0, "{err}");
    }
    let check = &hooks[0];
    let files = Regex::new(text(check, "files")).unwrap();
    assert!(
        files.is_match("x.dsz")
            && files.is_match("x/perso.toml")
            && !files.is_match("myperso.toml")
    );
    let used = snippet("pre-commit");
    for hook in used["repos"][0]["hooks"].as_array().unwrap() {
        assert!(ids.contains(text(hook, "id")), "{hook}");
    }
}

/// The action with these inputs, by the steps of `action.yml`; the one that builds perso is only
/// looked at.
fn act(sandbox: &Sandbox, given: &[(&str, &str)]) -> (i32, String) {
    let action = yaml(&read("action.yml"));
    assert!(!text(&action, "name").is_empty() && !text(&action, "description").is_empty());
    let inputs = action["inputs"].as_object().unwrap();
    for (name, _) in given {
        assert!(inputs.contains_key(*name), "{name}");
    }
    let input = |name: &str| {
        let given = given.iter().find(|(key, _)| *key == name);
        let default = || text(&inputs[name], "default").to_owned();
        given.map_or_else(default, |(_, value)| (*value).to_owned())
    };
    assert_eq!(action["runs"]["using"], "composite");
    let steps = action["runs"]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| text(step, "shell") == "bash"));
    let [build, check] = &steps[..] else {
        panic!("{steps:?}")
    };
    let (code, out) = script(sandbox, &["bash", "-nc"], text(build, "run"), &[]);
    assert_eq!(code, 0, "{out}");
    assert!(text(build, "run").contains("--path \"$GITHUB_ACTION_PATH\""));
    assert!(
        !text(check, "run").contains("${{"),
        "a value would be run as a command"
    );
    let expression = Regex::new(r"^\$\{\{ inputs\.([a-z]+) \}\}$").unwrap();
    let env = check["env"].as_object().unwrap().iter();
    let env: Vec<_> = env
        .map(|(name, value)| {
            let found = expression.captures(value.as_str().unwrap()).unwrap();
            (name.as_str(), input(&found[1]))
        })
        .collect();
    let env: Vec<_> = env
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    // The shell of a step (documentation of GitHub Actions, `jobs.<job_id>.steps[*].shell`).
    let shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"];
    script(sandbox, &shell, text(check, "run"), &env)
}

#[test]
fn the_action_checks_and_annotates() {
    let (code, out) = act(&card(), &[]);
    assert_eq!(code, 1, "{out}");
    let command = Regex::new(
        r"^::(error|warning|notice) file=[^,:]+,line=\d+(,endLine=\d+,col=\d+,endColumn=\d+)?,title=[a-z0-9-]+::.+$",
    )
    .unwrap();
    let (commands, others): (Vec<_>, Vec<_>) = out.lines().partition(|line| line.starts_with("::"));
    assert!(commands.iter().all(|line| command.is_match(line)), "{out}");
    assert_eq!(others.len(), 1, "{out}");
    for part in [
        "::error file=cards/a & b%2C 100%25/käse.dsc,line=",
        "::notice file=cards/plain.dsc",
    ] {
        assert!(commands.iter().any(|line| line.starts_with(part)), "{out}");
    }
}

#[test]
fn the_action_takes_its_inputs() {
    let sandbox = card();
    let (code, out) = act(
        &sandbox,
        &[
            ("paths", "cards/plain.dsc cards"),
            ("format", "sarif"),
            ("output", "a report.sarif"),
            ("arguments", "--exit-zero --allow unused-field"),
        ],
    );
    assert_eq!((code, out.as_str()), (0, ""));
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(sandbox.path("a report.sarif")).unwrap())
            .unwrap();
    assert_eq!(report["version"], "2.1.0");
}

#[test]
fn the_action_runs_nothing_that_stands_in_its_inputs() {
    let sandbox = card();
    let evil = "$(touch evil) `touch evil` ;touch evil *";
    for name in ["paths", "output", "arguments", "format"] {
        let (code, _) = act(&sandbox, &[(name, evil)]);
        assert!(name == "output" || code != 0, "{name}");
        assert!(!sandbox.path("evil").exists(), "{name}");
    }
}

#[test]
fn the_job_of_gitlab_writes_a_report_that_gitlab_takes() {
    let job = &snippet("GitLab")["perso"];
    let sandbox = card();
    for command in job["script"].as_array().unwrap() {
        let (code, out) = script(&sandbox, &["sh", "-c"], command.as_str().unwrap(), &[]);
        assert_eq!((code, out.as_str()), (1, ""));
    }
    assert_eq!(job["artifacts"]["when"], "always");
    let file = text(&job["artifacts"]["reports"], "codequality");
    let report = std::fs::read_to_string(sandbox.path(file)).unwrap();
    assert!(!report.starts_with('\u{FEFF}'));
    let issues: Vec<Json> = serde_json::from_str(&report).unwrap();
    assert!(issues.len() > 8);
    let mut seen = HashSet::new();
    for issue in &issues {
        assert!(!text(issue, "description").is_empty());
        assert!(perso::rules::find(text(issue, "check_name")).is_some());
        assert!(seen.insert(text(issue, "fingerprint")), "{issue}");
        let severities = ["info", "minor", "major", "critical", "blocker"];
        assert!(severities.contains(&text(issue, "severity")));
        assert_path(&sandbox, text(&issue["location"], "path"));
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
    }
}

/// Relative, with forward slashes, and there.
fn assert_path(sandbox: &Sandbox, path: &str) {
    assert!(path.starts_with("cards/") && !path.contains('\\'), "{path}");
    assert!(sandbox.path(path).exists(), "{path}");
}

/// What the first matching matcher of a list captures: severity, file, line, column, code, message.
fn matched(matchers: &Json, line: &str) -> Option<[String; 6]> {
    matchers.as_array().unwrap().iter().find_map(|matcher| {
        let [pattern] = &matcher["pattern"].as_array().unwrap()[..] else {
            panic!("{matcher}")
        };
        let captures = Regex::new(text(pattern, "regexp"))
            .unwrap()
            .captures(line)?;
        let group = |key: &str| {
            let number = usize::try_from(pattern[key].as_u64()?).ok()?;
            Some(captures[number].to_owned())
        };
        let severity = group("severity").unwrap_or_else(|| text(matcher, "severity").to_owned());
        let rest = ["file", "line", "column", "code", "message"].map(|key| group(key).unwrap());
        let [file, line, column, code, message] = rest;
        Some([severity, file, line, column, code, message])
    })
}

#[test]
fn the_problem_matcher_takes_every_line_apart() {
    let matcher: Json = serde_json::from_str(&read("docs/problem-matcher.json")).unwrap();
    let matchers = &matcher["problemMatcher"];
    let owners: HashSet<_> = matchers
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(one, "owner"))
        .collect();
    assert_eq!(owners.len(), matchers.as_array().unwrap().len());
    let (_, out, _) = card().run(&["check", "--format", "concise"]);
    let lines: Vec<_> = out.lines().collect();
    let (summary, lines) = lines.split_last().unwrap();
    assert_eq!(matched(matchers, summary), None);
    let (_, report) = card().report(&[]);
    let findings = report["diagnostics"].as_array().unwrap();
    assert_eq!(findings.len(), lines.len());
    for (line, finding) in lines.iter().zip(findings) {
        let [severity, file, row, column, code, message] = matched(matchers, line).unwrap();
        // The words that GitHub knows.
        let expected = text(finding, "severity").replace("info", "notice");
        assert_eq!(severity, expected, "{line}");
        assert_eq!(file, text(finding, "file"));
        assert_eq!(row, finding["start"]["line"].to_string());
        assert_eq!(column, finding["start"]["column"].to_string());
        assert_eq!(code, text(finding, "rule"));
        assert!(
            !message.is_empty() && !message.contains(char::is_control),
            "{message}"
        );
    }
    let severities: HashSet<_> = findings.iter().map(|one| text(one, "severity")).collect();
    assert_eq!(severities.len(), 3, "{severities:?}");
}

#[test]
fn the_matcher_leaves_other_lines_alone() {
    let matcher: Json = serde_json::from_str(&read("docs/problem-matcher.json")).unwrap();
    let (_, out, _) = card().run(&["check"]);
    for line in out.lines() {
        assert_eq!(matched(&matcher["problemMatcher"], line), None, "{line}");
    }
    let windows = "C:\\cards\\a b.dsc:3:14: error[some-rule]: `a[0]: b` is wrong: see x:1:2";
    let [_, file, row, column, code, message] =
        matched(&matcher["problemMatcher"], windows).unwrap();
    assert_eq!(file, "C:\\cards\\a b.dsc");
    assert_eq!(
        (row.as_str(), column.as_str(), code.as_str()),
        ("3", "14", "some-rule")
    );
    assert_eq!(message, "`a[0]: b` is wrong: see x:1:2");
}

#[test]
fn junit_is_well_formed_and_counts_right() {
    let sandbox = card();
    for (arguments, least) in [
        (&["check", "--format", "junit"][..], 8),
        (&["check", "--format", "junit", "clean.dsc"], 1),
    ] {
        let clean = DESCRIPTION.split("One=").next().unwrap();
        let clean = format!("{clean}[Description]\nPKCS11Library=m.dll\niccsnfield=Serial\n");
        std::fs::write(sandbox.path("clean.dsc"), clean).unwrap();
        let (_, out, _) = sandbox.run(arguments);
        // This reader refuses characters that XML 1.0 does not have.
        let document =
            roxmltree::Document::parse(&out).unwrap_or_else(|error| panic!("{error}\n{out}"));
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        let number = |node: roxmltree::Node<'_, '_>, key: &str| {
            node.attribute(key).unwrap().parse::<usize>().unwrap()
        };
        let mut tests = 0;
        let mut failures = 0;
        for suite in root.children().filter(roxmltree::Node::is_element) {
            assert_eq!(suite.tag_name().name(), "testsuite");
            let cases: Vec<_> = suite
                .children()
                .filter(roxmltree::Node::is_element)
                .collect();
            assert_eq!(number(suite, "tests"), cases.len());
            let failed = |case: &&roxmltree::Node<'_, '_>| {
                case.children().any(|child| child.has_tag_name("failure"))
            };
            assert_eq!(
                number(suite, "failures"),
                cases.iter().filter(failed).count()
            );
            for case in &cases {
                assert!(case.attribute("name").is_some() && case.attribute("classname").is_some());
                if let Some(file) = case.attribute("file") {
                    assert_path(&sandbox, file);
                }
            }
            tests += cases.len();
            failures += number(suite, "failures");
        }
        assert!(tests >= least, "{out}");
        assert_eq!(
            (number(root, "tests"), number(root, "failures")),
            (tests, failures)
        );
    }
}

#[test]
fn sarif_has_what_code_scanning_wants() {
    let sandbox = card();
    let (_, out, _) = sandbox.run(&["check", "--format", "sarif"]);
    let log: Json = serde_json::from_str(&out).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for rule in rules {
        for key in ["shortDescription", "fullDescription"] {
            assert!(!text(&rule[key], "text").is_empty(), "{rule}");
        }
        assert!(
            !text(&rule["help"], "text").is_empty() && !text(&rule["help"], "markdown").is_empty()
        );
        assert!(!text(rule, "name").is_empty());
        let levels = ["none", "note", "warning", "error"];
        assert!(levels.contains(&text(&rule["defaultConfiguration"], "level")));
    }
    let mut seen = HashSet::new();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 8);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(text(&rules[index], "id"), text(result, "ruleId"));
        assert!(!text(&result["message"], "text").is_empty());
        let marks = result["partialFingerprints"].as_object().unwrap();
        assert!(
            marks
                .values()
                .all(|mark| seen.insert(mark.as_str().unwrap()))
        );
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        for location in result["locations"]
            .as_array()
            .unwrap()
            .iter()
            .chain(related)
        {
            assert_location(&sandbox, location);
        }
    }
}

/// A relative address below the root, and a region with characters in it.
fn assert_location(sandbox: &Sandbox, location: &Json) {
    let place = &location["physicalLocation"];
    let uri = text(&place["artifactLocation"], "uri");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()), "{uri}");
    assert_path(sandbox, &decoded(uri));
    let number = |key: &str| place["region"][key].as_u64();
    let start = (number("startLine").unwrap(), number("startColumn").unwrap());
    assert!(start.0 >= 1 && start.1 >= 1, "{place}");
    if let (Some(line), Some(column)) = (number("endLine"), number("endColumn")) {
        assert!((line, column) > start, "{place}");
    }
}

/// A path without percent encoding (RFC 3986, section 2.1).
fn decoded(uri: &str) -> String {
    let mut parts = uri.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).unwrap()
}
