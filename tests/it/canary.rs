//! No secret leaves a run: not in what it says, not in its files, not in what other programs see of
//! the process, whether it succeeds or fails.
//!
//! Every secret of the examples is given by a file; then all that the run says and leaves is searched
//! for it, as text, in hexadecimal and in Base64.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;

use crate::sandbox::Sandbox;
use crate::softhsm::softhsm;

/// The secrets, by the names that the jobs of the examples have for them.
const SECRETS: [(&str, &str); 7] = [
    ("USER_PIN", "Kq7xWz1"),
    ("USER_PUK", "Kq7xWz-2"),
    ("NEW_PIN", "Kq7xWz3"),
    ("SIGNATURE_PIN", "Kq7xWz4"),
    ("OPERATOR_PIN", "Kq7xWz-5"),
    ("ENCRYPTION_PASSWORD", "archive-4711"),
    ("LETTER_PASSWORD", "letters-0815"),
];

/// What may hold secrets: their own files, the file of secret outputs, the card.
const HOLDERS: [&str; 3] = ["secrets", "secret.json", "card.img"];

/// A copy of the examples with jobs that take secrets from files.
struct Desk {
    here: Sandbox,
    /// The arguments that name the token.
    token: Vec<String>,
}

impl Desk {
    fn new(token: &[&str]) -> Self {
        let mut here = Sandbox::new()
            .file("tokens/.keep", "")
            .file("tmp/.keep", "")
            .file("runtime/.keep", "");
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        for folder in std::fs::read_dir(examples).unwrap().flatten() {
            let Ok(files) = std::fs::read_dir(folder.path()) else {
                continue;
            };
            for file in files.flatten() {
                let mut content = std::fs::read(file.path()).unwrap();
                if file.path().extension().is_some_and(|end| end == "toml") {
                    let text = String::from_utf8(content).unwrap();
                    content = text
                        .replace("env = \"", "file = \"../secrets/")
                        .into_bytes();
                }
                let name = Path::new(&folder.file_name()).join(file.file_name());
                here = here.file(name.to_str().unwrap(), content);
            }
        }
        let store = format!(
            "directories.tokendir = {}\nlog.level = ERROR\n",
            here.path("tokens").display()
        );
        let here = here.file("softhsm2.conf", store);
        let desk = Self {
            here,
            token: token.iter().map(|word| (*word).to_owned()).collect(),
        };
        for (name, secret) in SECRETS {
            desk.give(name, secret);
        }
        desk
    }

    /// Puts a secret into its file.
    fn give(&self, name: &str, secret: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.here.path("secrets").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("{secret}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Runs a description as `perso run` does and searches everything; the exit code and what was
    /// said.
    fn run(&self, description: &str, more: &[&str]) -> (i32, String) {
        let job = description.replace(".dsc", ".job.toml");
        let token: Vec<&str> = self.token.iter().map(String::as_str).collect();
        let always = [
            "run",
            description,
            "--job",
            &job,
            "--report",
            "report.json",
            "--journal",
            "journal.jsonl",
            "--secret-outputs",
            "secret.json",
        ];
        self.perso(&[&always[..], &token, more].concat())
    }

    /// Runs `perso` and searches everything.
    fn perso(&self, arguments: &[&str]) -> (i32, String) {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("perso"))
            .args(arguments)
            .current_dir(self.here.path(""))
            .env_clear()
            .env("SOFTHSM2_CONF", self.here.path("softhsm2.conf"))
            .env("XDG_RUNTIME_DIR", self.here.path("runtime"))
            .env("TMPDIR", self.here.path("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // What other programs see of the process and its children while it lasts.
        while child.try_wait().unwrap().is_none() {
            for process in family(child.id()) {
                for file in ["cmdline", "environ"] {
                    let seen = std::fs::read(process.join(file)).unwrap_or_default();
                    assert_clean(&seen, &format!("{arguments:?}: {file}"));
                }
            }
        }
        let output = child.wait_with_output().unwrap();
        assert_clean(&output.stdout, &format!("{arguments:?}: standard output"));
        assert_clean(&output.stderr, &format!("{arguments:?}: error output"));
        self.search();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    }

    /// Every file that was left, but those that are there to hold secrets.
    fn search(&self) {
        for path in files(&self.here.path("")) {
            let name = path.strip_prefix(self.here.path("")).unwrap();
            if !HOLDERS.iter().any(|holder| name.starts_with(holder)) {
                assert_clean(&std::fs::read(&path).unwrap(), &name.display().to_string());
            }
        }
    }

    fn done(&self, description: &str, more: &[&str]) {
        let (code, said) = self.run(description, more);
        assert_eq!(code, 0, "{description}: {said}");
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.here.path(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name}: {text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }
}

/// A process and its children, in `/proc`.
fn family(id: u32) -> Vec<PathBuf> {
    let own = PathBuf::from(format!("/proc/{id}"));
    let children = own.join(format!("task/{id}/children"));
    let children = std::fs::read_to_string(children).unwrap_or_default();
    let children = children
        .split_whitespace()
        .map(|id| Path::new("/proc").join(id));
    children.chain([own.clone()]).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files(&path)),
            path => found.push(path),
        }
    }
    found
}

/// A secret in the forms in which it could slip out.
fn forms(secret: &str) -> [Vec<u8>; 4] {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret);
    [
        secret.as_bytes().to_vec(),
        hex.to_ascii_uppercase().into_bytes(),
        hex.into_bytes(),
        // The last character depends on what follows.
        base64.as_bytes()[..base64.len() - 1].to_vec(),
    ]
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn assert_clean(text: &[u8], place: &str) {
    // The common beginning, so that PINs of faults are found, too.
    let secrets = SECRETS.iter().map(|(_, secret)| *secret);
    for secret in secrets.chain(["Kq7xWz"]) {
        for form in forms(secret) {
            assert!(
                !contains(text, &form),
                "`{secret}` is in {place}: {}",
                String::from_utf8_lossy(text)
            );
        }
    }
}

const SOFTHSM_SKIP: [&str; 2] = ["--skip", "card-profile,serial-number"];

fn simulated() -> Desk {
    Desk::new(&["--token", "sim:card.img"])
}

fn module() -> Option<(Desk, String)> {
    let Some(module) = softhsm() else {
        assert!(std::env::var_os("CI").is_none(), "CI needs SoftHSM");
        return None;
    };
    let module = module.display().to_string();
    Some((Desk::new(&[]), module))
}

#[test]
fn a_card_that_is_made_changed_unblocked_and_returned() {
    let desk = simulated();
    desk.done("employee-card/employee.dsc", &[]);
    desk.done("pin-change/pin-change.dsc", &[]);
    desk.done("unblock/unblock.dsc", &[]);
    desk.done("delete-profile/return.dsc", &[]);
    desk.done("signature-slot/qualified.dsc", &[]);
    // A password opens what is brought to the card and is nothing that the card must hold.
    let card = std::fs::read(desk.here.path("card.img")).unwrap();
    assert!(!contains(&card, b"archive-4711"));
    for description in ["employee-card/employee", "signature-slot/qualified"] {
        let source = format!("{description}.dsc");
        let plan = format!("{description}.plan.json");
        let (code, said) = desk.perso(&["compile", &source, "-o", &plan]);
        assert_eq!(code, 0, "{said}");
        for command in ["show", "graph"] {
            let (code, said) = desk.perso(&["plan", command, &plan]);
            assert_eq!(code, 0, "{said}");
        }
    }
}

#[test]
fn pins_that_a_profile_draws_reach_the_secret_outputs_alone() {
    let desk = simulated();
    desk.done("encrypted-pins/prepare.dsc", &[]);
    desk.done("encrypted-pins/read-pins.dsc", &[]);
    let secret = std::fs::read(desk.here.path("secret.json")).unwrap();
    let secret: serde_json::Value = serde_json::from_slice(&secret).unwrap();
    let pin = secret["outputs"]["LetterPin"].as_str().unwrap();
    let (_, said) = desk.perso(&["card", "tree", "card.img"]);
    let mut left = vec![("card tree".to_owned(), said.into_bytes())];
    for path in files(&desk.here.path("")) {
        let name = path.strip_prefix(desk.here.path("")).unwrap();
        if !HOLDERS.iter().any(|holder| name.starts_with(holder)) {
            left.push((name.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    for (name, text) in left {
        // A few digits can stand in a digest by chance.
        let words = text.split(|byte| !byte.is_ascii_alphanumeric());
        let stands = words.into_iter().any(|word| word == pin.as_bytes());
        assert!(!stands, "the PIN is in {name}");
    }
}

#[test]
fn a_card_that_refuses_and_a_job_that_is_wrong() {
    let desk = simulated();
    let employee = "employee-card/employee.dsc";
    desk.done(employee, &[]);
    desk.give("USER_PIN", "Kq7xWz9");
    let (code, said) = desk.run("pin-change/pin-change.dsc", &[]);
    assert_eq!(code, 5, "{said}");
    desk.give("ENCRYPTION_PASSWORD", "Kq7xWz-wrong");
    let (code, said) = desk.run(employee, &[]);
    assert_eq!(code, 6, "{said}");
    desk.give("USER_PIN", "Kq7xWz-is-far-too-long-for-a-card");
    let (code, said) = desk.run(employee, &[]);
    assert_eq!(code, 6, "{said}");
    std::fs::remove_file(desk.here.path("secrets/USER_PUK")).unwrap();
    let (code, said) = desk.run(employee, &[]);
    assert_eq!(code, 2, "{said}");
    for broken in ["missing.so", "employee-card/employee.cpf", "/dev/null"] {
        let uri = format!("pkcs11:?module-path={broken}");
        let arguments = ["run", "pin-change/pin-change.dsc", "--job"];
        let job = "pin-change/pin-change.job.toml";
        let (code, said) = desk.perso(&[&arguments[..], &[job, "--token", &uri]].concat());
        assert_eq!(code, 6, "{said}");
    }
}

/// The secret stands in the job itself, where it is accepted with a warning.
#[test]
fn a_job_with_a_secret_in_it_is_not_repeated() {
    let desk = simulated();
    let name = "employee-card/employee.job.toml";
    let whole = std::fs::read_to_string(desk.here.path(name)).unwrap();
    let sourced = "UserPin = { file = \"../secrets/USER_PIN\" }";
    for (written, expected) in [
        ("UserPin = \"Kq7xWz1\"", 0),
        ("UserPin = \"Kq7xWz1", 2),
        ("UserPin = Kq7xWz1", 2),
        ("UserPin = { Kq7xWz1 }", 2),
        ("UserPin = [\"Kq7xWz1\"]", 2),
        ("UserPin = \"Kq7xWz1\"\nUserPin = \"Kq7xWz1\"", 2),
        ("UserPin = { pin = \"Kq7xWz1\" }", 2),
    ] {
        let outside = tempfile::tempdir().unwrap();
        let job = outside.path().join("job.toml");
        let text = whole
            .replace(sourced, written)
            .replace(
                "../secrets",
                &desk.here.path("secrets").display().to_string(),
            )
            .replace(
                "encryption.p12",
                &desk
                    .here
                    .path("employee-card/encryption.p12")
                    .display()
                    .to_string(),
            );
        std::fs::write(&job, text).unwrap();
        let job = job.display().to_string();
        let arguments = ["run", "employee-card/employee.dsc", "--job", &job];
        let (code, said) = desk.perso(&arguments);
        assert_eq!(code, expected, "{written}: {said}");
    }
}

#[test]
fn a_token_behind_a_module() {
    let Some((mut desk, module)) = module() else {
        return;
    };
    let place = |token: &str| {
        let uri = format!("pkcs11:{token}?module-path={module}");
        vec!["--token".to_owned(), uri]
    };
    desk.token = place("");
    desk.done("employee-card/employee.dsc", &SOFTHSM_SKIP);
    desk.token = place("token=Employee%20card");
    desk.done("pin-change/pin-change.dsc", &[]);
    let (code, said) = desk.run("pin-change/pin-change.dsc", &[]);
    assert_eq!(code, 5, "{said}");
    desk.give("USER_PUK", "Kq7xWz-8");
    let (code, said) = desk.run("unblock/unblock.dsc", &[]);
    assert_eq!(code, 5, "{said}");
    desk.give("ENCRYPTION_PASSWORD", "Kq7xWz-wrong");
    let (code, said) = desk.run("employee-card/employee.dsc", &SOFTHSM_SKIP);
    assert_eq!(code, 6, "{said}");
    // A container is damaged, and the token is gone.
    desk.edit(
        "employee-card/employee.job.toml",
        "encryption.p12",
        "employee.cpf",
    );
    let (code, said) = desk.run("employee-card/employee.dsc", &SOFTHSM_SKIP);
    assert!(code == 2 || code == 6, "{said}");
    std::fs::remove_dir_all(desk.here.path("tokens")).unwrap();
    let (code, said) = desk.run("pin-change/pin-change.dsc", &[]);
    assert_eq!(code, 6, "{said}");
}

/// While it runs, the process has neither a core file nor memory that others read.
#[test]
fn the_memory_of_a_run_is_sealed() {
    let desk = simulated();
    // A run that waits: its job is a pipe that nobody has written to yet.
    let pipe = desk.here.path("job.toml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("perso"))
        .args(["run", "pin-change/pin-change.dsc", "--job", "job.toml"])
        .current_dir(desk.here.path(""))
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Opening it waits until the run has come to read its job.
    let writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let own = PathBuf::from(format!("/proc/{}", child.id()));
    let limits = std::fs::read_to_string(own.join("limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core.unwrap().split_whitespace().skip(4).take(2).collect();
    assert_eq!(words, ["0", "0"], "{limits}");
    // The files of a process that cannot be dumped belong to root (proc(5)).
    use std::os::unix::fs::MetadataExt as _;
    assert_eq!(std::fs::metadata(own.join("environ")).unwrap().uid(), 0);
    drop(writer);
    child.wait().unwrap();
}
