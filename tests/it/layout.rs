//! What holds for every text, and how texts look before and after.

use std::path::Path;

use proptest::prelude::*;

use perso::check::{self, Configuration, Language, Tree};
use perso::format::{Refusal, description, profile};
use perso::model::{ProjectFiles, Target};
use perso::source::{SourceFile, Sources};
use perso::syntax::{cpf, dsc};

fn laid_out(language: Language, text: &str) -> Result<String, Refusal> {
    let file = SourceFile::from_text("x", text);
    match language {
        Language::Dsc => description(&file, &dsc::parse(text)),
        Language::Cpf => profile(&file, &cpf::parse(text)),
    }
}

/// The rules that speak about a text, each as often as it does.
fn findings(language: Language, text: &str) -> Vec<&'static str> {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::from_text("x", text));
    let trees = [(id, Tree::parse(language, text))];
    let none = ProjectFiles::new();
    let levels = Configuration::default();
    let checked = check::check_all(&sources, &trees, &none, &Target::default(), &levels);
    let mut rules: Vec<_> = checked.findings.iter().map(|it| it.rule).collect();
    rules.sort_unstable();
    rules
}

fn comments(language: Language, text: &str) -> Vec<String> {
    let trimmed = |span: perso::source::Span| span.of(text).trim().to_owned();
    match Tree::parse(language, text) {
        Tree::Cpf(tree) => tree.comments.iter().map(|span| trimmed(*span)).collect(),
        Tree::Dsc(tree) => {
            let lines = tree.lines.iter();
            let comments = lines.filter(|line| line.kind == dsc::LineKind::Comment);
            comments.map(|line| trimmed(line.span)).collect()
        }
    }
}

/// Layout is done in one go, and says what the author said.
fn check(language: Language, text: &str) {
    let once = match laid_out(language, text) {
        Ok(once) => once,
        Err(refusal) => return assert_ne!(refusal, Refusal::Unfaithful, "{text:?}"),
    };
    let twice = laid_out(language, &once);
    assert_eq!(twice.as_deref(), Ok(once.as_str()), "of {text:?}");
    assert_eq!(comments(language, &once), comments(language, text));
    assert_eq!(
        findings(language, &once),
        findings(language, text),
        "{text:?} became {once:?}"
    );
}

const DSC: &[&str] = &[
    "[Fields]\n",
    "[ description ]\n",
    "[application_b]\n",
    "[Description\n",
    "[] x\n",
    "[Odd]\n",
    "PIN",
    "=",
    " = ",
    "pin = PIN_FIELD \n",
    "InitialLabel= #a  b  \n",
    "# note\n",
    "  # note \n",
    "; odd\n",
    "^3fA7=\n",
    " ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\0",
    "\u{c}",
    "é",
    "CARD\n",
];

const CPF: &[&str] = &[
    "MasterFile\n",
    "masterfile ; root\n",
    "CreateDf D id=1 \\\n aid=0x{41}\n",
    "EndDF\n",
    "Endfile\n",
    "createef EF  id=0x5031  maxsize=AUTO read=always\n",
    "CreateEf LONGER id=2 update = PIN1 | puk ; c\n",
    "CreateEf E sfi=1 id=3 ; d\n",
    "File Static EF\n",
    "file dynamic EF ; x\n",
    "data= 0x{\n",
    "data = X\n",
    "30 0A ; seq\n",
    "   04 01\t01 ; id\n",
    "\t05 ; tab\n",
    "      ; alone\n",
    "44 }\n",
    "}\n",
    "}",
    "0x{",
    "A=1\n",
    "B = 'a; b' ; c\n",
    "persinfo_put_sec( SEC_PIN1 )\n",
    "F( 8 ,\n 'A' ; in\n\n ) ; out\n",
    "C = 0x{01}+X\n",
    "; note\n",
    "                ; more\n",
    "\\\n",
    " \\ ; why\n",
    "(",
    ")",
    ",",
    "'",
    "\"",
    "...",
    "id=1",
    "=",
    "ec-p256",
    " ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\0",
    "\u{c}",
    "é",
    "zz\n",
];

fn text(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(pieces), 0..24)
        .prop_map(|pieces| pieces.concat())
}

/// Blocks as an author writes them, in any spelling and with any blanks.
fn blocks() -> impl Strategy<Value = String> {
    let blank = || proptest::sample::select(vec!["", " ", "   ", "\t"]);
    let note = || proptest::sample::select(vec!["", " ; a", "     ; b", ";c", "\n  ; alone", "\n"]);
    let ef = ("E[A-Z]{1,6}", blank(), note(), 1_u32..9).prop_map(|(name, blank, note, id)| {
        format!(
            "{blank}createEF {name}{blank} id=0x500{id} {blank}maxsize={id}0 read = Always{note}\n"
        )
    });
    let row = (blank(), "([0-9A-F]{2} ?){1,6}", note())
        .prop_map(|(blank, bytes, note)| format!("{blank}{blank}{bytes}{note}\n"));
    (
        proptest::collection::vec(ef, 0..5),
        proptest::collection::vec(row, 1..6),
        note(),
    )
        .prop_map(|(files, rows, note)| {
            let (files, rows) = (files.concat(), rows.concat());
            format!("MASTERFILE{note}\n{files}Endfile\nFile static EF\nDATA=0x{{{note}\n{rows}}}\nEndfile\n")
        })
}

proptest! {
    #[test]
    fn descriptions_are_laid_out_once_and_faithfully(text in text(DSC)) {
        check(Language::Dsc, &text);
    }

    #[test]
    fn profiles_are_laid_out_once_and_faithfully(text in text(CPF)) {
        check(Language::Cpf, &text);
    }

    #[test]
    fn blocks_are_laid_out_once_and_faithfully(text in blocks()) {
        check(Language::Cpf, &text);
    }

    #[test]
    fn nothing_around_encrypted_lines_changes(before in text(DSC), after in text(DSC)) {
        let before = before.replace("ields", "ield").replace('\0', "");
        let text = format!("[Encoding]\n{before}\n^AB  \n[ Fields ]\n A = \n^cd \n B =\n[X]\n{after}");
        let text = text.replace('\0', "");
        if after.contains("ields") {
            return Ok(());
        }
        let new = laid_out(Language::Dsc, &text);
        let expected = text.replace("\n A = \n", "\nA=\n");
        prop_assert_eq!(new.as_deref(), Ok(expected.as_str()));
    }
}

/// Every profile and description of the project.
#[test]
fn our_own_files_are_laid_out_once_and_faithfully() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut read = 0;
    for folder in ["examples", "stdlib", "tests", "src"] {
        for entry in ignore::Walk::new(root.join(folder)).flatten() {
            let Some(language) = Language::of_name(&entry.path().to_string_lossy()) else {
                continue;
            };
            check(language, &std::fs::read_to_string(entry.path()).unwrap());
            read += 1;
        }
    }
    assert!(read >= 15, "{read}");
}

#[test]
fn what_is_no_text_is_refused() {
    assert_eq!(laid_out(Language::Cpf, "A=\0"), Err(Refusal::Binary));
    assert_eq!(
        laid_out(Language::Cpf, "A=1\rB=2\n"),
        Err(Refusal::MixedLineEnds)
    );
    let latin = SourceFile::from_bytes("x", b"; \xE9".to_vec());
    assert_eq!(
        profile(&latin, &cpf::parse(latin.text())),
        Err(Refusal::NotUtf8)
    );
}

#[test]
fn blanks_behind_a_constant_stay() {
    let new = laid_out(
        Language::Dsc,
        "[description]\ninitiallabel = #a \nsetpin=true \n",
    );
    assert_eq!(
        new.as_deref(),
        Ok("[Description]\nInitialLabel=#a \nSetPIN=true\n")
    );
}

fn snapshot(name: &str, language: Language, before: &str) {
    let after = laid_out(language, before).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/format"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!(
            name,
            format!("{before}\n======== becomes ========\n{after}")
        );
    });
}

#[test]
fn a_description_before_and_after() {
    snapshot(
        "description",
        Language::Dsc,
        "# a card\n[encoding]\n\n TYPE = 1024,Chip\nDEVICES=8711 \n[fields]\nPin = \nnot a field\n\n\n# what\n\
         # it does\n[ Description ]\npkcs11library=cvP11.dll\n\n\nsetpin = true\nPIN=!FROM_USER_DIALOG_3_FIELD\n\
         InitialLabel= #Card \n  # the end\n=broken   \n[application_a]\nKeySize = 2048\n\n",
    );
}

#[test]
fn a_profile_before_and_after() {
    snapshot(
        "profile",
        Language::Cpf,
        "; a card\nMAKECARDERASEABLE( )\ncardmodel 'SIEMENS50'\nPROFILENAME='x'   ; its name\n\
         SEC_PIN1=secrandom(6,'0123')     ; drawn\n                                 ; by the card\n\n\n\n\
         masterfile\n  CREATEDF DF id=0x5015 maxsize=AUTO \\\n    aid=0x{A0 00}\n\
         CreateEf EFODF id = 0x5031 maxsize=128 READ=Always update=pin1 | puk ; list\n; between\n\
         CreateEf EFTOKENINFO id=0x5032 maxsize=auto read=always ; label\nCreateEf BROKEN   id==1 read=always\n\
         EndDF\nEndfile\nFILE static EFODF\ndata= 0x{\nA8 0A          ; one\n   30 08       ; two\n\
         \t\t04 06\n         3F 00 5015   ; three\n\n   44 01}   ; last\nEndfile\nCREATEFILES()\nburnfuse()\n",
    );
}
