//! Input that nobody wishes for: each gets an answer, in time, and none brings perso down.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use perso::check::{Configuration, Language, Tree, check_all};
use perso::model::{ProjectFiles, Target};
use perso::source::{SourceFile, Sources};

use crate::sandbox::Sandbox;

/// Generous for a loaded machine and a debug build, far too short for quadratic work.
const PATIENCE: Duration = Duration::from_secs(60);

/// Checks one file and returns the rules that spoke.
fn rules_on(name: &str, content: impl AsRef<[u8]>) -> Vec<String> {
    let sandbox = Sandbox::new().file(name, content);
    let start = Instant::now();
    let (code, report) = sandbox.report(&[name]);
    assert!(
        start.elapsed() < PATIENCE,
        "{name} took {:?}",
        start.elapsed()
    );
    assert!(code == 0 || code == 1, "exit code {code}");
    let mut rules: Vec<String> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap().to_owned())
        .collect();
    rules.dedup();
    rules
}

#[test]
fn binary_files_say_only_that() {
    let program: Vec<u8> = (0..200_000_u32)
        .map(|i| (i.wrapping_mul(31) >> 3) as u8)
        .collect();
    for name in ["a.dsc", "a.cpf"] {
        assert_eq!(rules_on(name, &program), ["binary-content"]);
        assert_eq!(rules_on(name, b"[\0F\0i\0e\0"), ["binary-content"]);
    }
}

#[test]
fn endless_lines_end() {
    let junk = "x".repeat(20 << 20);
    assert!(rules_on("a.dsc", &junk).contains(&"malformed-line".to_owned()));
    assert!(rules_on("a.cpf", &junk).contains(&"unknown-statement".to_owned()));
    let value = format!(
        "[Fields]\nA=\n[Description]\nPIN={}\n",
        "y".repeat(20 << 20)
    );
    assert!(rules_on("b.dsc", value).contains(&"undeclared-field".to_owned()));
}

#[test]
fn deep_nesting_is_told_and_survived() {
    let blocks = "CreateDf D id=0x4401\n".repeat(100_000);
    let rules = rules_on(
        "a.cpf",
        format!("CardModel 'SIEMENS50'\nMasterFile\n{blocks}"),
    );
    assert!(
        rules.contains(&"malformed-statement".to_owned()),
        "{rules:?}"
    );
    let calls = format!("A = {}", "F(".repeat(100_000));
    assert!(rules_on("b.cpf", calls).contains(&"malformed-statement".to_owned()));
}

#[test]
fn unclosed_hexadecimal_data_hides_nothing_behind_it() {
    let block = "File Static F\ndata = 0x{ 30 05\nEndfile\n";
    let rules = rules_on("a.cpf", format!("{}Bogus thing\n", block.repeat(20_000)));
    assert!(
        rules.contains(&"unterminated-literal".to_owned()),
        "{rules:?}"
    );
    assert!(rules.contains(&"unknown-statement".to_owned()), "{rules:?}");
}

#[test]
fn line_ends_and_marks_change_nothing() {
    let text = "[Encoding]\nType=2,Magstripe\nSubType=1\n[Fields]\nTrack=\n";
    for variant in [
        text.to_owned(),
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
        format!("\u{feff}{text}"),
        text.trim_end().to_owned(),
    ] {
        assert!(rules_on("a.dsc", &variant).is_empty(), "{variant:?}");
    }
}

#[test]
fn a_file_in_windows_1252_is_read_and_told_once() {
    let rules = rules_on(
        "a.dsc",
        b"[Encoding]\nType=2,Magstripe\nSubType=1\n# B\xFCro \x80 \xE9\n",
    );
    assert_eq!(rules, ["non-utf8-text"]);
}

#[test]
fn a_hundred_thousand_findings_are_told() {
    let text = "[Description]\n".to_owned() + &"junk\n".repeat(100_000);
    assert_eq!(
        rules_on("a.dsc", text)
            .iter()
            .filter(|rule| *rule == "malformed-line")
            .count(),
        1
    );
}

const FORMATS: [&str; 8] = [
    "human", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit",
];

#[test]
fn a_thousand_findings_are_told_in_order_in_every_form() {
    let lines = (0..1000).map(|number| format!("junk{number}\n"));
    let text = "[Description]\nPKCS11Library=m.dll\n".to_owned() + &lines.collect::<String>();
    let here = Sandbox::new().file("a.dsc", text);
    let (code, report) = here.report(&["a.dsc"]);
    let findings = report["diagnostics"].as_array().unwrap().iter();
    let found: Vec<_> = findings
        .filter(|it| it["rule"] == "malformed-line")
        .map(|it| it["start"]["line"].as_u64().unwrap())
        .collect();
    assert_eq!((code, found), (1, (3..1003).collect()));
    for format in FORMATS {
        let (code, out, err) = here.run(&["check", "--format", format]);
        assert_eq!((code, err.as_str()), (1, ""), "{format}");
        let places = match format {
            "human" => "a.dsc:1002:1",
            "json" | "jsonl" | "sarif" | "gitlab" => "1002",
            "github" => "line=1002",
            _ => "a.dsc:1002:1: ",
        };
        assert!(out.contains(places), "{format}: {out}");
    }
}

/// Line, column and end column of the first finding of a rule.
fn place(name: &str, text: &str, rule: &str) -> [u64; 3] {
    let here = Sandbox::new().file(name, text);
    let (_, report) = here.report(&[name]);
    for format in FORMATS {
        let (code, out, err) = here.run(&["check", "--format", format]);
        assert!(code == 0 || code == 1, "{format}: {err}");
        assert!(!out.is_empty(), "{format}");
    }
    let mut findings = report["diagnostics"].as_array().unwrap().iter();
    let found = findings.find(|it| it["rule"] == rule);
    let found = found.unwrap_or_else(|| panic!("{rule}: {report:#}"));
    [
        &found["start"]["line"],
        &found["start"]["column"],
        &found["end"]["column"],
    ]
    .map(|number| number.as_u64().unwrap())
}

#[test]
fn findings_at_both_ends_of_a_file_have_a_place() {
    assert_eq!(place("a.dsc", "x", "malformed-line"), [1, 1, 2]);
    assert_eq!(place("a.dsc", "[", "malformed-line"), [1, 1, 2]);
    assert_eq!(place("a.cpf", "x", "unknown-statement"), [1, 1, 2]);
    assert_eq!(place("a.cpf", "A =", "malformed-statement"), [1, 4, 4]);
    assert_eq!(
        place("a.cpf", "A = 0x{41", "unterminated-literal"),
        [1, 5, 8]
    );
    let open = "CardModel 'SIEMENS50'\n  MasterFile";
    assert_eq!(place("a.cpf", open, "unbalanced-block"), [2, 3, 13]);
    let last = "[Encoding]\nType=2,Magstripe\nSubType=1\n[Fields]\nA";
    assert_eq!(place("a.dsc", last, "malformed-line"), [5, 1, 2]);
}

/// Columns count Unicode scalar values, whatever their width.
#[test]
fn tabs_wide_characters_and_accents_keep_columns_true() {
    let line = |line: &str| format!("[Encoding]\nType=2,Magstripe\nSubType=1\n[Fields]\n{line}\n");
    for (text, columns) in [
        ("\tA", [2, 3]),
        ("\t\tA\tB\t", [3, 6]),
        ("漢字 かな", [1, 6]),
        ("e\u{301}a\u{308}\u{323}", [1, 6]),
        ("\u{301}A", [1, 3]),
        ("👩\u{200D}💻 x", [1, 6]),
        ("\u{202E}gnp.A", [1, 7]),
        ("A\u{A0}", [1, 3]),
    ] {
        let [start, end] = columns;
        assert_eq!(
            place("a.dsc", &line(text), "malformed-line"),
            [5, start, end],
            "{text:?}"
        );
    }
    let behind = "B = '漢e\u{301}' ...";
    assert_eq!(place("a.cpf", behind, "malformed-statement"), [1, 11, 12]);
}

#[test]
fn fifty_megabytes_are_read_and_laid_out() {
    let comments = format!("# {}  \n", "long ".repeat(400)).repeat(25_000);
    let text = format!("{comments}[Encoding]\nType=2,Magstripe\nSubType=1\n[Fields]\nA\n");
    assert!(text.len() > 50_000_000);
    let here = Sandbox::new().file("a.dsc", &text);
    let start = Instant::now();
    let (code, report) = here.report(&["a.dsc"]);
    let found = &report["diagnostics"][0];
    assert_eq!((code, &found["rule"]), (1, &"malformed-line".into()));
    assert_eq!(found["start"]["line"], 25_005);
    let (code, _, err) = here.run(&["fmt"]);
    assert_eq!((code, err.as_str()), (0, "1 file laid out\n"));
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}

/// Editors replace files while perso walks: whatever it meets, the answer is orderly.
#[test]
fn files_that_vanish_and_come_back_are_told_or_read() {
    let here = Sandbox::new().file("stays.dsc", "");
    let path = here.path("comes and goes.cpf");
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                std::fs::write(&path, "a=1\n").unwrap();
                std::fs::remove_file(&path).unwrap();
            }
        });
        for command in ["check", "fmt", "check", "fmt"].repeat(10) {
            let (code, out, err) = here.run(&[command, "."]);
            assert!(code == 0 || code == 1, "{code}: {out}{err}");
            assert!(!err.contains("bug"), "{err}");
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_file_that_is_gone_is_not_mended() {
    let here = Sandbox::new().file("a.dsc", "[Fields\n");
    let (code, _, err) = here.run(&["check", "--fix", "a.dsc", "gone.dsc"]);
    assert_eq!(code, 1, "{err}");
    assert!(
        here.run(&["check", "--fix", "gone.dsc"])
            .1
            .contains("cannot read `gone.dsc`")
    );
}

#[cfg(unix)]
/// 20,000 PKCS#15 directories that lack everything, behind as many assignments.
#[test]
fn many_pkcs15_directories_are_looked_into() {
    let mut text = String::from("CardModel 'ISO7816'\n");
    for number in 0..20_000 {
        _ = writeln!(text, "V{number} = 'x'");
    }
    text.push_str("MasterFile\n");
    for number in 0..20_000 {
        _ = writeln!(text, "CreateDf D{number} id=0x{:04X}", 0x1000 + number);
        text.push_str("aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35} create=never\nEndDF\n");
    }
    let text = text.replace("\naid", " aid") + "Endfile\nCreateFiles()\n";
    let rules = rules_on("a.cpf", text);
    assert!(rules.contains(&"incomplete-pkcs15-directory".to_owned()));
}

/// 20,000 files in one directory, each listed as a certificate that it does not hold.
#[test]
fn many_pkcs15_objects_are_looked_into() {
    let (mut declared, mut filled) = (String::new(), String::new());
    let mut add = |name: &str, id: u16, data: &str| {
        _ = writeln!(
            declared,
            "CreateEf {name} id=0x{id:04X} maxsize=auto read=always update=never"
        );
        _ = writeln!(filled, "File Static {name}\ndata = 0x{{ {data} }}\nEndfile");
    };
    let mut directories = String::new();
    for part in 0..20_u16 {
        let mut objects = String::new();
        for id in (0x6000..0x63E8).map(|id| id + part * 1000) {
            _ = write!(
                objects,
                "30 20 30 0B 0C 01 78 03 02 06 40 04 02 {0} 30 03 04 01 31 \
                 A1 0C 30 0A 30 08 04 06 3F 00 50 15 {0} ",
                format_args!("{:02X} {:02X}", id >> 8, id & 0xFF),
            );
            add(&format!("F{id}"), id, "01 02 03");
        }
        add(&format!("CDF{part}"), 0x4400 + part, &objects);
        _ = write!(directories, "A4 0A 30 08 04 06 3F 00 50 15 44 {part:02X} ");
    }
    add("ODF", 0x5031, &directories);
    let text = format!(
        "CardModel 'ISO7816'\nMasterFile\nCreateDf APP id=0x5015 create=never\n\
         {declared}EndDF\nEndfile\n{filled}CreateFiles()\n"
    );
    let rules = rules_on("a.cpf", text);
    for rule in ["blob-in-certificate-file", "undefined-auth-object"] {
        assert!(rules.contains(&rule.to_owned()), "{rule}");
    }
}

#[test]
fn a_companion_that_cannot_be_read_is_told_where_it_is_named() {
    let dsc = "[Encoding]\nType=1024,Chip\nDevices=8710\n[Fields]\nP=\n[Description]\n\
               PKCS11LibraryWindows32=personal.dll\nInitToken=true\nInitialPUK=P\nChipProfile=p.cpf\n";
    let cases: [fn(&std::path::Path); 3] = [
        |_| {},
        |path| std::os::unix::fs::symlink("p.cpf", path).unwrap(),
        |path| std::fs::create_dir(path).unwrap(),
    ];
    for make in cases {
        let sandbox = Sandbox::new().file("a.dsc", dsc);
        make(&sandbox.path("p.cpf"));
        let (code, report) = sandbox.report(&["a.dsc"]);
        let finding = report["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["rule"] == "unusable-companion-file")
            .unwrap_or_else(|| panic!("{report:#}"))
            .clone();
        assert_eq!((code, finding["start"]["line"].as_u64()), (1, Some(10)));
    }
}

fn check_texts(dsc: &[u8], cpf: &[u8]) {
    let mut sources = Sources::default();
    let mut trees = Vec::new();
    for (name, bytes, language) in [("a.dsc", dsc, Language::Dsc), ("p.cpf", cpf, Language::Cpf)] {
        let id = sources.add(SourceFile::from_bytes(name, bytes.to_vec()));
        trees.push((id, Tree::parse(language, sources[id].text())));
    }
    let mut companions = ProjectFiles::new();
    for (kind, _) in trees[0].1.companions(sources[trees[0].0].text()) {
        companions.insert(
            (trees[0].0, kind),
            perso::model::Companion::Found(trees[1].0),
        );
    }
    let (target, configuration) = (Target::default(), Configuration::default());
    let checked = check_all(&sources, &trees, &companions, &target, &configuration);
    for finding in checked.findings {
        for label in std::iter::once(&finding.primary).chain(&finding.secondary) {
            let text = sources[label.source].text();
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            assert!(text.get(start..end).is_some(), "{finding:?}");
        }
    }
}

/// Lines that mean something, in any order.
fn fragments(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(of), 0..40).prop_map(|parts| parts.concat())
}

const DSC: &[&str] = &[
    "[Encoding]\n",
    "[Fields]\n",
    "[Description]\n",
    "[Application_A]\n",
    "[Aplication_B]\n",
    "[",
    "Type=1024,Chip\n",
    "Type=2,x\n",
    "Devices=8710\n",
    "A=\n",
    "SEC_PUK=\n",
    "PIN=A\n",
    "PIN=#1\n",
    "PIN=!FROM_USER_DIALOG_3_FIELD\n",
    "InitToken=true\n",
    "InitialPUK=A\n",
    "ChipProfile=p.cpf\n",
    "ProfileParameters=A, SEC_PUK,,\n",
    "PKCS11LibraryWindows32=personal.dll\n",
    "^secret\n",
    "ApplicationList=AAB\n",
    "CertTempl=T\n",
    "KeySize=x\n",
    "LabelExpressionDataObject=!{A} !{\n",
    "AttributesDataObject=CKA_PRIVATE=yes,\n",
    "ObjectCriteria=CKO_X,\n",
    "\r",
    "=\n",
    "ü\n",
    " # x\n",
];
const CPF: &[&str] = &[
    "CardModel 'SIEMENS50'\n",
    "MasterFile\n",
    "CreateDf D id=0x5015 maxsize=10\n",
    "EndDF\n",
    "CreateEf E id=0x5031 maxsize=auto read=PIN1|ü\n",
    "Endfile\n",
    "File Static E\n",
    "File Dynamic",
    "data = A + 0x{30 0}\n",
    "data = ",
    "A = A\n",
    "SEC_PIN1 = SECRANDOM(6)\n",
    "SEC_PUK = ...\n",
    "PERSINFO_PUT_SEC(SEC_PIN1)\n",
    "PERSINFO_SEC()",
    "CreateFiles()\n",
    "BurnFuse()\n",
    "0x{",
    "}",
    "(",
    "\\\n",
    "'",
    "; c\n",
    "CreatePin P value=A retries=99\n",
    "...",
    "\n",
    "B = 0x{41 42}\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_checked(
        dsc in prop::collection::vec(any::<u8>(), 0..400),
        cpf in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        check_texts(&dsc, &cpf);
    }

    #[test]
    fn any_mixture_of_lines_is_checked(dsc in fragments(DSC), cpf in fragments(CPF)) {
        check_texts(dsc.as_bytes(), cpf.as_bytes());
    }
}

/// A credential whose line is broken is one all the same.
#[test]
fn credentials_on_broken_lines_are_not_shown() {
    let text = "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nA=\n[Description]\n\
                PKCS11Library=m.dll\nPIN=314159\nPUK #314159\nInitialPUK: 314159\nSignPIN=!314159\n\
                [Application_A]\nPIN=#314159\nP12PASSWORD=top 314159\n";
    let here = Sandbox::new().file("a.dsc", text);
    for format in FORMATS {
        let (code, out, err) = here.run(&["check", "--format", format]);
        assert_eq!(code, 1, "{format}: {err}");
        assert!(!out.contains("314159"), "{format}: {out}");
    }
    let (_, out, _) = here.run(&["check", "--diff", "--unsafe-fixes"]);
    assert!(!out.contains("314159"), "{out}");
    let (_, out, _) = here.run(&["fmt", "--diff"]);
    assert!(!out.contains("314159"), "{out}");
}
