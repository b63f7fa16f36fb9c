//! Certificates from outside: a command, and a folder in which the answer comes later. The authority
//! is `openssl`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use perso::operation::Algorithm;

use crate::run::{Bench, PIN, application, initialise, plan};
use crate::sandbox::Sandbox;

const DESCRIPTION: &str = "\
[Encoding]
Type=1024,Chip
Devices=8711

[Fields]
UserPin=
UserPuk=
Note=

[Description]
PKCS11Library=cvP11.dll
InitToken=true
InitialLabel=#Lab card
InitialPUK=UserPuk
PIN=UserPin
ApplicationList=LDS

[Application_L]
KeySize=256
KeyType=EC
CertTempl=Login

[Application_D]
DataObject=Note
LabelExpressionDataObject=Remark

[Application_S]
KeySize=256
KeyType=EC
CertTempl=Mail
";

const JOB: &str = "\
[fields]
UserPin = { env = \"USER_PIN\" }
UserPuk = { env = \"USER_PUK\" }
Note = \"bm90ZQ==\"
[job]
id = \"lab/1\"
[issuer]
";

const COMMAND: &str = "kind = \"command\"\ncommand = [\"./ca.sh\", \"-days\", \"30\"]\n";
pub(crate) const EXCHANGE: &str = "kind = \"exchange\"\nfolder = \"exchange\"\n";

/// Answers with the certificate and the one above it, and tells how it was called.
const CA: &str = "#!/bin/sh\nenv > environment.txt\n\
    openssl x509 -req -CA ca.pem -CAkey ca-key.pem -set_serial 7 \"$@\" && cat ca.pem\n";

/// A description, a job with this issuer, and an authority.
pub(crate) fn desk(issuer: &str) -> Sandbox {
    let here = Sandbox::new()
        .file("card.dsc", DESCRIPTION)
        .file("job.toml", format!("{JOB}{issuer}"))
        .file("exchange/.keep", "");
    authority(&here.path(""));
    here
}

fn authority(folder: &Path) {
    let request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
                   -keyout ca-key.pem -out ca.pem -subj /CN=Authority";
    openssl(folder, request);
}

fn openssl(folder: &Path, arguments: &str) -> String {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {words}");
    words
}

/// The authority signs what lies in the exchange folder.
fn certify(folder: &Path, name: &str, answer: &str) {
    let sign = format!(
        "x509 -req -in exchange/{name}.csr -CA ca.pem -CAkey ca-key.pem -set_serial 9 -days 30 \
         -out {answer}"
    );
    openssl(folder, &sign);
    openssl(folder, &format!("verify -CAfile ca.pem {answer}"));
}

/// A program of the test, in the folder.
#[cfg(unix)]
fn script(here: Sandbox, text: &str) -> Sandbox {
    use std::os::unix::fs::PermissionsExt as _;
    let here = here.file("ca.sh", text);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(here.path("ca.sh"), mode).unwrap();
    here
}

const RUN: [&str; 6] = [
    "run",
    "card.dsc",
    "--job",
    "job.toml",
    "--token",
    "sim:card.img",
];
pub(crate) const JOURNAL: [&str; 2] = ["--journal", "journal.jsonl"];
pub(crate) const RESUME: [&str; 2] = ["--resume", "journal.jsonl"];

pub(crate) fn run(here: &Sandbox, more: &[&str]) -> (i32, String, String) {
    run_with(here, "246810", more)
}

fn run_with(here: &Sandbox, pin: &str, more: &[&str]) -> (i32, String, String) {
    let output = here
        .perso(&[&RUN[..], more].concat())
        .env("USER_PIN", pin)
        .env("USER_PUK", "13579135")
        .env("PERSO_OF_OURS", "ours")
        .env("HARMLESS", "harmless")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

pub(crate) fn tree(here: &Sandbox) -> String {
    here.run(&["card", "tree", "card.img"]).1
}

#[test]
#[cfg(unix)]
fn a_command_issues_the_certificates() {
    let here = script(desk(COMMAND), CA);
    let (code, out, err) = run(&here, &[]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(tree(&here).matches("· certificate \"").count(), 2);
    let environment = std::fs::read_to_string(here.path("environment.txt")).unwrap();
    assert!(environment.contains("HARMLESS=harmless"), "{environment}");
    for secret in ["246810", "13579135", "PERSO_OF_OURS"] {
        assert!(!environment.contains(secret), "{environment}");
    }
}

#[test]
#[cfg(unix)]
fn what_a_command_gives_instead_of_a_certificate_is_told() {
    let quick = format!("{COMMAND}timeout = 2\n");
    for (text, expected_code, expected) in [
        (
            "printf 'no \\033[31mred\\n' >&2; exit 3",
            4,
            "it said: no ␛[31mred",
        ),
        ("cat > /dev/null", 4, "wrote nothing"),
        ("echo '<html>'", 4, "no certificate in PEM or DER"),
        ("cat", 4, "holds CERTIFICATE REQUEST in PEM"),
        ("exec yes", 4, "more than 1048576 bytes"),
        ("cat ca.pem", 5, "for another key"),
        ("(sleep 3; touch late) & sleep 60", 4, "after 2 s"),
        ("sleep 60 & exit 0", 4, "after 2 s"),
        ("exec yes no >&2", 4, "it said: …"),
    ] {
        let here = script(desk(&quick), &format!("#!/bin/sh\n{text}\n"));
        let begun = Instant::now();
        let (code, out, err) = run(&here, &[]);
        // One line, however wide the terminal is.
        let words = err.replace("\n  │", "");
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(code, expected_code, "{text}: {out}{err}");
        assert!(words.contains(expected), "{text}: {err}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{text}");
        assert!(err.contains("CertTempl=Login"), "{text}: {err}");
        assert!(!tree(&here).contains("certificate \""), "{text}");
        if text.contains("late") {
            std::thread::sleep(Duration::from_secs(2));
            assert!(!here.path("late").exists(), "the group was not ended");
        }
    }
}

#[test]
fn a_command_that_is_not_there_is_told_before_anything_is_written() {
    for command in ["./ca.sh", "perso-test-no-such-program"] {
        let here = desk(&COMMAND.replace("./ca.sh", command));
        let (code, out, err) = run(&here, &[]);
        assert_eq!(code, 6, "{out}{err}");
        assert!(err.contains("is not there"), "{err}");
        assert!(!here.path("card.img").exists());
    }
}

#[test]
#[cfg(unix)]
fn killed_while_the_command_runs_and_resumed() {
    let slow = "#!/bin/sh\ntest -e ready || { touch started; exec sleep 3; }\n".to_owned();
    let here = script(desk(COMMAND), &slow);
    let mut killed = Command::new(assert_cmd::cargo::cargo_bin("perso"))
        .args(RUN.iter().chain(&JOURNAL))
        .current_dir(here.path(""))
        .env("USER_PIN", "246810")
        .env("USER_PUK", "13579135")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !here.path("started").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let keys = |tree: &str| tree.matches("private key \"").count();
    assert_eq!(keys(&tree(&here)), 1);

    let here = script(here.file("ready", ""), CA);
    let (code, out, err) = run(&here, &RESUME);
    assert_eq!(code, 0, "{out}{err}");
    let line = out.lines().find(|line| line.contains("L.key")).unwrap();
    assert!(line.ends_with("done before"), "{out}");
    let tree = tree(&here);
    assert_eq!(keys(&tree), 2, "{tree}");
    assert_eq!(tree.matches("· certificate \"").count(), 2, "{tree}");
}

const FIRST: &str = "lab%2F1-L.obtain";
const SECOND: &str = "lab%2F1-S.obtain";

/// All requests in one go; then one answer, a wrong one, half a one, the right one.
#[test]
fn certificates_come_through_a_folder() {
    let here = desk(EXCHANGE);
    let (code, out, err) = run(&here, &JOURNAL);
    assert_eq!(code, 7, "{out}{err}");
    for expected in [
        "waiting for the issuer: 2 certificates",
        "lab%2F1-L.obtain.csr",
        "lab%2F1-S.obtain.cer (or .crt, .pem, .p7b)",
        "then: perso run card.dsc --job job.toml --token sim:card.img --resume journal.jsonl\n",
    ] {
        assert!(err.contains(expected), "{expected}: {err}");
    }
    let done = tree(&here);
    assert_eq!(done.matches("private key \"").count(), 2, "{done}");
    assert!(done.contains("data \"Remark\""), "{done}");
    let request = |name: &str| std::fs::read(here.path(format!("exchange/{name}.csr"))).unwrap();
    let image = || std::fs::read(here.path("card.img")).unwrap();
    let (requests, before) = ([request(FIRST), request(SECOND)], image());

    // Nobody logs in: the wrong PIN does no harm.
    let (code, out, err) = run_with(&here, "999999", &RESUME);
    assert_eq!(code, 7, "{out}{err}");
    assert_eq!(requests, [request(FIRST), request(SECOND)]);
    assert!(before == image(), "the card was written to");

    let folder = here.path("");
    certify(&folder, FIRST, "first.pem");
    openssl(
        &folder,
        &format!("x509 -in first.pem -outform der -out exchange/{FIRST}.cer"),
    );
    let (code, out, err) = run(&here, &RESUME);
    assert_eq!(code, 7, "{out}{err}");
    assert!(
        err.contains("waiting for the issuer: a certificate"),
        "{err}"
    );
    assert!(!err.contains(FIRST), "{err}");
    assert_eq!(tree(&here).matches("· certificate \"").count(), 1);
    assert_eq!(requests, [request(FIRST), request(SECOND)]);

    let (code, out, err) = run_with(&here, "999999", &RESUME);
    assert_eq!(code, 7, "{out}{err}");

    let before = image();
    let answer = here.path(format!("exchange/{SECOND}.crt"));
    std::fs::copy(here.path("first.pem"), &answer).unwrap();
    let (code, out, err) = run_with(&here, "999999", &RESUME);
    assert_eq!(code, 5, "{out}{err}");
    assert!(err.contains("for another key"), "{err}");
    let text = std::fs::read(&answer).unwrap();
    std::fs::write(&answer, text.split_at(90).0).unwrap();
    let (code, out, err) = run_with(&here, "999999", &RESUME);
    assert_eq!(code, 7, "{out}{err}");
    assert!(err.contains("cut off or damaged"), "{err}");
    assert!(before == image(), "the card was written to");
    std::fs::remove_file(&answer).unwrap();

    certify(&folder, SECOND, "second.pem");
    let bag = format!(
        "crl2pkcs7 -nocrl -certfile ca.pem -certfile second.pem -out exchange/{SECOND}.p7b"
    );
    openssl(&folder, &bag);
    let (code, out, err) = run(&here, &RESUME);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(tree(&here).matches("· certificate \"").count(), 2);
    let (code, out, err) = run(&here, &RESUME);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn a_run_that_could_not_go_on_is_refused() {
    let refused = |here: &Sandbox, more: &[&str], expected: &str| {
        let (code, out, err) = run(here, more);
        assert_eq!(code, 6, "{out}{err}");
        assert!(err.contains(expected), "{err}");
        assert!(!here.path("card.img").exists());
    };
    let here = desk(EXCHANGE);
    refused(&here, &[], "--journal");
    let arguments = [
        "run", "card.dsc", "--job", "job.toml", JOURNAL[0], JOURNAL[1],
    ];
    let output = here
        .perso(&arguments)
        .env("USER_PIN", "246810")
        .env("USER_PUK", "13579135")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let here = here.file(&format!("exchange/{FIRST}.pem"), "anything");
    refused(&here, &JOURNAL, "answers a request of this job already");
    let here = desk(&EXCHANGE.replace("folder = \"exchange\"", "folder = \"elsewhere\""));
    refused(&here, &JOURNAL, "is not there");
}

/// The same behind a module, where the certificates are read back by other programs; the journal
/// gets lost on the way.
#[test]
fn certificates_of_a_module_come_through_a_folder() {
    let applications = [("A", "First"), ("B", "Second")];
    let list = applications.map(|(name, label)| application(name, label, Algorithm::P256));
    let plan = plan(vec![initialise()], list.into());
    let job = crate::run::JOB.replace("kind = 'dev-ca'", "kind = 'exchange'\nfolder = 'exchange'");
    let Some(bench) = Bench::new(&plan, &job) else {
        return;
    };
    let folder = bench.sandbox.path("");
    std::fs::create_dir(folder.join("exchange")).unwrap();
    authority(&folder);
    let (code, out, err) = bench.run("", PIN, &JOURNAL);
    assert_eq!(code, 7, "{out}{err}");
    // The wrong PIN would be counted, if anybody tried it.
    let (code, out, err) = bench.run("", "9999", &RESUME);
    assert_eq!(code, 7, "{out}{err}");
    for (name, label) in applications {
        let request = format!("2026-000417-{name}.obtain");
        certify(&folder, &request, &format!("exchange/{request}.pem"));
        let (code, out, err) = match name {
            "A" => bench.run("", PIN, &RESUME),
            _ => bench.run("token=Ada", PIN, &["--resume-without-journal"]),
        };
        assert_eq!(code, if name == "A" { 7 } else { 0 }, "{out}{err}");
        for (class, file) in [("cert", "card.der"), ("pubkey", "key.der")] {
            bench.pkcs11_tool(&["-r", "--type", class, "--label", label, "-o", file]);
        }
        openssl(&folder, "x509 -inform der -in card.der -out card.pem");
        openssl(&folder, "verify -CAfile ca.pem card.pem");
        openssl(&folder, "x509 -in card.pem -pubkey -noout -out a.pem");
        openssl(
            &folder,
            "pkey -pubin -inform der -in key.der -pubout -out b.pem",
        );
        assert_eq!(bench.read("a.pem"), bench.read("b.pem"));
    }
    let objects = bench.pkcs11_tool(&["--login", "--pin", "env:CARD_PIN", "-O"]);
    assert_eq!(
        objects.matches("Private Key Object").count(),
        2,
        "{objects}"
    );
}
