//! Renderings, each beside the source it shows.

use insta::{Settings, assert_snapshot};

use super::*;
use crate::diagnostic::{Applicability, Edit, Fix, Label};
use crate::source::SourceFile;

/// The span of the first `part` in `text`.
fn span(text: &str, part: &str) -> Span {
    let start = u32::try_from(text.find(part).unwrap()).unwrap();
    Span::new(start, start + u32::try_from(part.len()).unwrap())
}

fn finding(severity: Severity, message: &str, primary: Label) -> Finding {
    Finding::new("some-rule", severity, message, primary)
}

fn rendered(report: &Report<'_>) -> String {
    let mut out = Vec::new();
    human(report, false, true, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn pretty_json(report: &Report<'_>) -> String {
    let mut out = Vec::new();
    json(report, &mut out).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

/// Source and rendering in one snapshot; of endless sources only the head.
fn snapshot(name: &str, report: &Report<'_>, rendering: &str) {
    let mut text = String::new();
    for (_, file) in report.sources.iter() {
        let shown: String = file.text().escape_debug().take(300).collect();
        let shown = shown.replace("\\n", "\n");
        text.push_str(&format!("## {}\n\n{shown}\n\n", file.name()));
    }
    text.push_str(&format!("## Rendering\n\n{rendering}"));
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/report");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| assert_snapshot!(name, text));
}

/// A report on one finding over `part` of one file.
fn one(name: &str, text: &str, label: Span) {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::from_text("card.dsc", text));
    let findings = [finding(
        Severity::Error,
        "`PIN` is wrong",
        Label::new(id, label, "this one"),
    )];
    let report = Report::new(&sources, &findings, 1);
    snapshot(name, &report, &rendered(&report));
}

#[test]
fn labels_across_two_files() {
    let description = "[Description]\nChipProfile=card.cpf\nProfileParameters=SEC_PIN1, LABEL\n";
    let profile = "CardModel SIEMENS50\n\nSEC_PIN1 = SECRANDOM(8)\nX = 1\nLABEL = \"x\"\n";
    let mut sources = Sources::default();
    let dsc = sources.add(SourceFile::from_text("card.dsc", description));
    let cpf = sources.add(SourceFile::from_text("profiles/card.cpf", profile));
    let fix = Fix {
        message: "delete the parameter".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit {
            source: dsc,
            span: span(description, "SEC_PIN1, "),
            text: String::new(),
        }],
    };
    let findings = [
        finding(
            Severity::Error,
            "`SEC_PIN1` is reserved",
            Label::new(dsc, span(description, "SEC_PIN1"), "set by the encoding"),
        )
        .because(Label::new(cpf, span(profile, "SEC_PIN1"), "assigned here"))
        .because(Label::new(cpf, span(profile, "LABEL"), "as is this"))
        .because(Label::new(
            dsc,
            span(description, "card.cpf"),
            "this profile",
        ))
        .help("choose another name,\nfor instance `PARAM_PIN`")
        .note("`SEC_*` names belong to the client")
        .fix(fix),
        finding(
            Severity::Warning,
            "`X` is not used",
            Label::new(cpf, span(profile, "X"), ""),
        ),
        finding(
            Severity::Info,
            "a note on `X`",
            Label::new(cpf, span(profile, "X = 1"), ""),
        ),
    ];
    let mut report = Report::new(&sources, &findings, 2);
    snapshot("labels_across_two_files", &report, &rendered(&report));
    report.pages = Some("https://example.org/rules/");
    snapshot("json", &report, &pretty_json(&report));
}

#[test]
fn json_keys_stand_in_the_documented_order() {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::from_text("a.dsc", "x"));
    let findings = [finding(
        Severity::Error,
        "m",
        Label::new(id, Span::new(0, 1), ""),
    )];
    let mut out = Vec::new();
    json(&Report::new(&sources, &findings, 1), &mut out).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        concat!(
            r#"{{"format_version":1,"tool":{{"name":"perso","version":"{}"}},"#,
            r#""diagnostics":[{{"rule":"some-rule","severity":"error","message":"m","#,
            r#""file":"a.dsc","start":{{"offset":0,"line":1,"column":1}},"#,
            r#""end":{{"offset":1,"line":1,"column":2}},"labels":[],"help":null,"note":null,"#,
            r#""url":null,"fixes":[],"suppressed":false,"suppression":null}}],"#,
            r#""summary":{{"files":1,"errors":1,"warnings":0,"infos":0,"suppressed":0}}}}"#,
            "\n"
        ),
        version
    );
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn tabs() {
    let text = "a\tb\tPIN\t= 1\n";
    one("tabs", text, span(text, "PIN"));
}

#[test]
fn wide_characters() {
    let text = "# 漢字かな PIN 漢字\n";
    one("wide_characters", text, span(text, "PIN"));
}

#[test]
fn combining_accents() {
    let text = "# e\u{301}e\u{301}e\u{301} PIN\n";
    one("combining_accents", text, span(text, "PIN"));
    one("lone_accent", text, span(text, "\u{301} "));
}

#[test]
fn first_character() {
    one("first_character", "PIN=1\n", Span::new(0, 3));
}

#[test]
fn empty_file() {
    one("empty_file", "", Span::empty(0));
}

#[test]
fn end_of_file_without_line_end() {
    one("end_of_file", "[Fields]\nPIN", Span::empty(12));
}

#[test]
fn end_of_file_with_line_end() {
    one("end_of_file_line_end", "[Fields]\nPIN=\n", Span::empty(14));
}

#[test]
fn several_lines() {
    let text = "SEC_X = 0x{\n  00 01\n  02 03\n  04\n}\nMasterFile\n";
    one("several_lines", text, Span::new(8, 34));
    let long = "00 01\n".repeat(40);
    one("many_lines", &long, Span::new(3, 200));
}

#[test]
fn endless_line() {
    let text = format!("{}PIN={}\n", "x".repeat(500_000), "y".repeat(500_000));
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::from_text("card.cpf", text.as_str()));
    let whole = Span::new(0, 1_000_000);
    let findings = [
        finding(
            Severity::Error,
            "`PIN` is wrong",
            Label::new(id, span(&text, "PIN"), "this one"),
        )
        .because(Label::new(id, Span::new(2, 3), "because of this")),
        finding(
            Severity::Warning,
            "the line is long",
            Label::new(id, whole, "all of it"),
        ),
    ];
    let report = Report::new(&sources, &findings, 1);
    let rendering = rendered(&report);
    assert!(rendering.len() < 3000);
    snapshot("endless_line", &report, &rendering);
}

#[test]
fn escape_characters() {
    let text = "a\x1B[31m\0\x7F\u{9B}31m\u{202E}PIN=\x1B]0;title\x07\n";
    let mut sources = Sources::default();
    let name = "ca\x1Brd.dsc";
    let id = sources.add(SourceFile::from_text(name, text));
    let findings = [finding(
        Severity::Error,
        "\x1B[2J is wrong",
        Label::new(id, span(text, "PIN"), "this\x1B[0m"),
    )
    .help("no\x1Bt this")
    .note("nor\x07 that")];
    let report = Report::new(&sources, &findings, 1);
    let rendering = rendered(&report);
    assert!(!rendering.contains(|c: char| c.is_control() && c != '\n'));
    snapshot("escape_characters", &report, &rendering);
}

#[test]
fn secrets_are_masked() {
    let text = "[Description]\nPIN=#1234\nPUK=#99999999\n";
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::from_text("card.dsc", text));
    let fix = Fix {
        message: "take a field".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit {
            source: id,
            span: span(text, "#1234"),
            text: "PIN_FIELD".to_owned(),
        }],
    };
    let findings = [finding(
        Severity::Warning,
        "the PIN is in the source",
        Label::new(id, span(text, "#1234"), "this one"),
    )
    .because(Label::new(id, span(text, "99"), "also here"))
    .fix(fix)];
    let secrets = [(id, span(text, "#1234")), (id, span(text, "#99999999"))];
    let mut report = Report::new(&sources, &findings, 1);
    report.secrets = &secrets;
    let rendering = rendered(&report);
    assert!(!rendering.contains("1234") && !rendering.contains("99"));
    snapshot("secrets_are_masked", &report, &rendering);
}

#[test]
fn offsets_behind_a_mark_and_in_windows_1252() {
    let mut sources = Sources::default();
    let marked = sources.add(SourceFile::from_bytes(
        "marked.dsc",
        b"\xEF\xBB\xBFPIN=1".to_vec(),
    ));
    let latin = sources.add(SourceFile::from_bytes(
        "latin.dsc",
        b"# \xE4\xF6\xFC\nL=\xDF PIN".to_vec(),
    ));
    let text = sources[latin].text().to_owned();
    let findings = [
        finding(
            Severity::Error,
            "behind a mark",
            Label::new(marked, Span::new(0, 3), ""),
        ),
        finding(
            Severity::Error,
            "behind umlauts",
            Label::new(latin, span(&text, "PIN"), ""),
        ),
    ];
    let report = Report::new(&sources, &findings, 2);
    let both = format!("{}\n{}", rendered(&report), pretty_json(&report));
    snapshot("original_offsets", &report, &both);
}

#[test]
fn colour_is_ours_alone() {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::from_text("a.dsc", "\x1B[31mPIN\n"));
    let findings = [finding(
        Severity::Info,
        "note this",
        Label::new(id, Span::new(5, 8), "x"),
    )];
    let report = Report::new(&sources, &findings, 1);
    let mut out = Vec::new();
    human(&report, true, true, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.contains("info[some-rule]") && text.contains("note this"),
        "{text:?}"
    );
    let plain = anstream::adapter::strip_str(&text).to_string();
    assert_eq!(plain, rendered(&report));
}

#[test]
fn places_outside_the_text_are_survived() {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::from_text("a.dsc", "é\r\nx\r\n"));
    for start in 0..9 {
        for end in 0..9 {
            let label = Label::new(id, Span { start, end }, "x");
            let findings = [finding(Severity::Error, "m", label.clone()).because(label)];
            let report = Report::new(&sources, &findings, 1);
            assert!(rendered(&report).contains("a.dsc:"));
        }
    }
}

#[test]
fn summaries_count() {
    let summary = |errors, warnings, infos, files| Summary {
        files,
        errors,
        warnings,
        infos,
        suppressed: 0,
    };
    assert_eq!(
        summary(2, 1, 0, 3).to_string(),
        "2 errors, 1 warning in 3 files"
    );
    assert_eq!(summary(0, 0, 1, 1).to_string(), "1 info in 1 file");
    assert_eq!(summary(0, 0, 0, 2).to_string(), "no findings in 2 files");
}

/// A description and a profile with findings of every severity, one of them suppressed, one at the
/// end of the text, one over two lines.
fn mixed(check: impl FnOnce(&Report<'_>)) {
    let description = "[Description]\nPIN=a, 50%\nPIN=b\n";
    let mut sources = Sources::default();
    let dsc = sources.add(SourceFile::from_text("cards/my card.dsc", description));
    let cpf = sources.add(SourceFile::from_text("/srv/a.cpf", "X = <1>\n"));
    let at = |part: &str| Label::new(dsc, span(description, part), "this one");
    let insert = Edit {
        source: dsc,
        span: Span::empty(14),
        text: "# \"note\"\n".to_owned(),
    };
    let mut silent = finding(Severity::Error, "`b` is wrong", at("b"));
    silent.suppression = Some(crate::diagnostic::Suppression::Inline);
    let findings = [
        finding(Severity::Info, "a note on `a`", at("a, 50%\nPIN")),
        finding(Severity::Error, "`50%` is <wrong> & \"bad\"", at("50%"))
            .because(Label::new(cpf, Span::new(0, 1), "because of `X`"))
            .help("write:\nPIN=a")
            .fix(Fix::safe("insert a line", [insert])),
        silent,
        finding(
            Severity::Warning,
            "it ends here",
            Label::new(dsc, Span::empty(31), ""),
        ),
        finding(
            Severity::Warning,
            "`X` is odd",
            Label::new(cpf, Span::new(0, 1), ""),
        ),
    ];
    let rules = [RulePage {
        name: "some-rule",
        level: Level::ERROR,
        summary: "What it finds.".to_owned(),
        page: "# What it finds\n\nWhat it finds.".to_owned(),
    }];
    let mut report = Report::new(&sources, &findings, 2);
    report.pages = Some("https://example.org/rules#");
    report.rules = &rules;
    check(&report);
}

type Format = fn(&Report<'_>, &mut dyn std::io::Write) -> std::io::Result<()>;

fn written(format: Format, report: &Report<'_>) -> String {
    let mut out = Vec::new();
    format(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn formats_for_programs() {
    let formats: [(&str, Format); 6] = [
        ("concise", |report, out| concise(report, true, out)),
        ("jsonl", jsonl),
        ("sarif", sarif),
        ("github", github),
        ("gitlab", gitlab),
        ("junit", junit),
    ];
    mixed(|report| {
        for (name, format) in formats {
            let text = written(format, report).replace(env!("CARGO_PKG_VERSION"), "[version]");
            snapshot(name, report, &text);
        }
        assert!(!rendered(report).contains("`b`"));
    });
}

#[test]
fn sarif_has_the_published_form() {
    let schema = include_str!("../../tests/data/sarif-2.1.0.schema.json");
    // The published pattern for languages, which perso does not write, has a stray bracket.
    let schema = schema.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "");
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let valid = |report: &Report<'_>| {
        let log: serde_json::Value = serde_json::from_str(&written(sarif, report)).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&log)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0]);
        log
    };
    let mut log = None;
    mixed(|report| log = Some(valid(report)));
    valid(&Report::new(&Sources::default(), &[], 0));
    let mut log = log.unwrap();
    log["runs"][0]["results"][0]["level"] = "grave".into();
    assert!(
        !validator.is_valid(&log),
        "the schema must see a wrong word"
    );
}

#[test]
fn nothing_found_is_a_valid_report_too() {
    let sources = Sources::default();
    let report = Report::new(&sources, &[], 1);
    assert_eq!(written(gitlab, &report), "[]\n");
    assert_eq!(written(jsonl, &report), "");
    assert!(written(junit, &report).contains("tests=\"1\" failures=\"0\""));
}
