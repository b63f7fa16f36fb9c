//! `perso plan show --apdu`: scripts of commands, read line by line and executed.

use base64::Engine as _;
use insta::assert_snapshot;
use perso::card::simulator::{Card, Options};
use perso::card::{Command, Response, Sw};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::sandbox::Sandbox;

const DESCRIPTION: &str = include_str!("../data/apdu/badge.dsc");
const PROFILE: &str = include_str!("../data/apdu/badge.cpf");
const JOB: &str = r#"
[fields]
NewPin = { env = "BADGE_PIN" }
NewPuk = { env = "BADGE_PUK" }
certificate = { file = "id.b64" }
"#;
const PIN: &str = "271828";
const PUK: &str = "31415926";

fn certificate() -> Vec<u8> {
    (1..=817_u32).map(|n| (n % 251) as u8 + 1).collect()
}

fn project() -> Sandbox {
    let certificate = base64::engine::general_purpose::STANDARD.encode(certificate());
    Sandbox::new()
        .file("badge.dsc", DESCRIPTION)
        .file("badge.cpf", PROFILE)
        .file("job.toml", JOB)
        .file("id.b64", certificate)
}

/// One line of a script with the comment before it.
struct Line {
    comment: String,
    command: Option<Command>,
}

/// Every line is a comment, or a command behind the comment that tells its status word.
fn parse(script: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for line in script.lines() {
        assert!(!line.to_ascii_lowercase().contains("exit"), "{line}");
        if let Some(comment) = line.strip_prefix("# ") {
            lines.push(Line {
                comment: comment.to_owned(),
                command: None,
            });
            continue;
        }
        assert!(
            line.bytes().all(|byte| b"0123456789ABCDEF".contains(&byte)),
            "{line}"
        );
        let (pairs, rest) = line.as_bytes().as_chunks::<2>();
        assert!(rest.is_empty(), "{line}");
        let digits = pairs.iter().map(|pair| std::str::from_utf8(pair).unwrap());
        let bytes: Vec<_> = digits
            .map(|it| u8::from_str_radix(it, 16).unwrap())
            .collect();
        let before = lines.last_mut().unwrap();
        assert!(
            before.comment.starts_with("9000 badge."),
            "{}",
            before.comment
        );
        assert!(before.command.is_none());
        before.command = Some(Command::parse(&bytes).unwrap());
    }
    let announced = lines.iter().filter(|it| it.comment.starts_with("9000 "));
    assert!(announced.clone().all(|it| it.command.is_some()));
    lines
}

fn snapshot(name: &str, script: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/plan");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| assert_snapshot!(name, script));
}

#[test]
fn without_a_job_the_fields_are_named() {
    let (code, script, told) = project().run(&["plan", "show", "--apdu", "badge.dsc"]);
    assert_eq!(code, 0, "{told}");
    let lines = parse(&script);
    let needs = |name: &str| lines.iter().filter(|it| it.comment.contains(name)).count();
    assert_eq!(needs("needs certificate: "), 1);
    assert_eq!(needs("needs NewPin: "), 1);
    snapshot("apdu", &script);
}

#[test]
fn a_job_fills_in_what_is_not_secret() {
    let sandbox = project();
    let (code, script, told) =
        sandbox.run(&["plan", "show", "--apdu", "badge.dsc", "--job", "job.toml"]);
    assert_eq!(code, 0, "{told}");
    let lines = parse(&script);
    assert!(
        !lines
            .iter()
            .any(|it| it.comment.contains("needs certificate"))
    );
    assert!(
        lines
            .iter()
            .any(|it| it.comment.starts_with("needs NewPuk: "))
    );
    let digits = PIN
        .bytes()
        .map(|it| format!("{it:02X}"))
        .collect::<String>();
    assert!(!script.contains(&digits));
}

#[test]
fn with_secrets_the_script_lays_out_a_card() {
    let sandbox = project();
    let show = ["plan", "show", "--apdu", "badge.dsc", "--job", "job.toml"];
    let secrets = [&show[..], &["--with-secrets"]].concat();
    let (code, ..) = sandbox.run(&secrets);
    assert_eq!(code, 2, "secrets go to a file only");
    let to_file = [&secrets[..], &["-o", "badge.apdu"]].concat();
    let output = sandbox
        .perso(&to_file)
        .env("BADGE_PIN", PIN)
        .env("BADGE_PUK", PUK)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(output.stdout.is_empty());
    let file = sandbox.path("badge.apdu");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let mut card = Card::new(Options::default(), ChaCha8Rng::seed_from_u64(7));
    let lines = parse(&std::fs::read_to_string(&file).unwrap());
    let unknown = lines.iter().filter(|it| it.comment.starts_with("needs "));
    let unknown: Vec<_> = unknown.map(|it| it.comment.as_str()).collect();
    assert_eq!(unknown.len(), 2, "the random PIN and the blob: {unknown:?}");
    for line in &lines {
        let Some(command) = &line.command else {
            continue;
        };
        let answer = Response::parse(&card.transmit(&command.encode())).unwrap();
        assert_eq!(answer.sw, Sw::OK, "{}", line.comment);
    }
    assert!(card.is_fused());
    let sent = [
        &[0x00, 0xA4, 0x08, 0x0C, 4, 0x50, 0x15, 0x45, 0x41][..],
        &[0x00, 0xB0, 0x00, 0x00, 0x00, 0x03, 0x31],
        &[&[0x00, 0x20, 0x00, 0x01, 6][..], PIN.as_bytes()].concat(),
        &[&[0x00, 0x20, 0x00, 0x04, 8][..], PUK.as_bytes()].concat(),
    ];
    let answers = sent.map(|command| card.transmit(command));
    assert_eq!(answers[1], [&certificate()[..], &[0x90, 0x00]].concat());
    assert_eq!(answers[2], [0x90, 0x00]);
    assert_eq!(answers[3], [0x90, 0x00]);
}

#[test]
fn a_plan_without_a_card_program_has_no_commands() {
    let sandbox = project().file("plain.dsc", DESCRIPTION.replace("InitToken=true\n", ""));
    let (code, _, told) = sandbox.run(&["plan", "show", "--apdu", "plain.dsc"]);
    assert_ne!(code, 0);
    assert!(!told.is_empty());
}

#[test]
fn a_rule_for_a_pin_that_is_not_made_is_told() {
    let profile = PROFILE.replace("update=PIN1|SO", "update=PIN3");
    let sandbox = project().file("badge.cpf", profile);
    let (code, out, told) = sandbox.run(&["plan", "show", "--apdu", "badge.dsc"]);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!((code, out.as_str()), (1, ""), "{told}");
    assert!(
        told.contains("`update` of `EFCERT1` asks for PIN3"),
        "{told}"
    );
}
