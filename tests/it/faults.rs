//! A module that goes wrong at one of its calls: what is said, what is left, what a resumed run makes
//! of it, and that no PIN is tried twice.
//!
//! The module is SoftHSM behind `tests/pkcs11_shim`, which counts the calls and spoils one of them.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use perso::operation::{Action, Capability, Role, Slot, UndoClass, Value};
use perso::plan::Plan;

use crate::resume::{card, certificates_fit, objects};
use crate::run::{Bench, JOB, PIN, PUK, field, login, operation, plan};

/// `CKU_SO` and `CKU_USER`, as the shim writes them down.
const USERS: [&str; 2] = ["0", "1"];

/// Calls that change a token, or try a PIN.
const WEIGHTY: [&str; 9] = [
    "C_InitToken",
    "C_InitPIN",
    "C_Login",
    "C_Logout",
    "C_GenerateKeyPair",
    "C_CreateObject",
    "C_SetAttributeValue",
    "C_SignInit",
    "C_Sign",
];

/// The shim, built once.
fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pkcs11_shim/Cargo.toml");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pkcs11_shim");
        let output = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--offline",
                "--locked",
                "--manifest-path",
            ])
            .arg(manifest)
            .arg("--target-dir")
            .arg(&target)
            .env_remove("CARGO_BUILD_TARGET")
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}");
        target.join("debug/libpkcs11_shim.so")
    })
}

/// An employee's token: two keys with certificates, a data object, a PKCS#12.
fn employee() -> Plan {
    let container = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/employee-card");
    let container = std::fs::read(container.join("encryption.p12")).unwrap();
    let import = Action::ImportPkcs12 {
        slot: Slot::Default,
        container: Value::bytes(&container),
        password: Value::text("archive-4711"),
        archived: false,
        label: "Encryption".to_owned(),
        login: login(),
    };
    let mut list = card().applications.list;
    list[0].operations.push(operation(
        "A.pkcs12",
        import,
        UndoClass::Reversible,
        &[Capability::ImportKey],
    ));
    plan(card().initialization, list)
}

/// A run through the shim.
struct Run {
    code: Option<i32>,
    said: String,
    /// Lines of the log: what was called, and what came back.
    log: Vec<String>,
}

impl Run {
    fn new(bench: &Bench, fault: &str, token: &str, more: &[&str]) -> Self {
        let log = bench.sandbox.path("calls.log");
        let _ = std::fs::remove_file(&log);
        let environment = [
            ("PKCS11_SHIM_MODULE", bench.module.to_str().unwrap()),
            ("PKCS11_SHIM_LOG", log.to_str().unwrap()),
            ("PKCS11_SHIM_FAULT", fault),
        ];
        let (code, out, err) = bench.run_through(shim(), token, PIN, more, &environment);
        let log = std::fs::read_to_string(log).unwrap_or_default();
        Self {
            code,
            said: format!("{out}{err}"),
            log: log.lines().map(str::to_owned).collect(),
        }
    }

    /// How often each function was called.
    fn calls(&self) -> BTreeMap<&str, usize> {
        let mut calls = BTreeMap::new();
        for line in &self.log {
            if let Some(call) = line.strip_prefix("> ") {
                let function = call.split(' ').next().unwrap();
                *calls.entry(function).or_default() += 1;
            }
        }
        calls
    }

    /// Each kind of user logs in once at most, and a token is initialised once.
    fn tries_each_pin_once(&self, case: &str) {
        for user in USERS {
            let logins = self.log.iter().filter(|line| {
                let mut words = line.split(' ');
                words.next() == Some(">")
                    && words.next() == Some("C_Login")
                    && words.nth(1) == Some(user)
            });
            assert!(logins.count() <= 1, "{case}: {:#?}", self.log);
        }
        let calls = self.calls();
        for function in ["C_InitToken", "C_InitPIN", "C_SetPIN"] {
            let count = calls.get(function).copied().unwrap_or_default();
            assert!(count <= 1, "{case}: {function} {count} times");
        }
    }

    /// Whether something was written, as far as the module has said so.
    fn has_written(&self) -> bool {
        const WRITING: [&str; 4] = [
            "C_InitToken",
            "C_InitPIN",
            "C_GenerateKeyPair",
            "C_CreateObject",
        ];
        self.log.iter().any(|line| {
            let writes = WRITING
                .iter()
                .any(|function| line.starts_with(&format!("< {function} ")));
            writes && line.ends_with(" 0x0")
        })
    }
}

fn undisturbed() -> Option<(Run, Vec<String>)> {
    let bench = Bench::new(&employee(), JOB)?;
    let run = Run::new(&bench, "", "", &[]);
    assert_eq!(run.code, Some(0), "{}", run.said);
    run.tries_each_pin_once("undisturbed");
    Some((run, objects(&bench)))
}

/// Every call that counts, and the first and the last one of all others.
fn places(undisturbed: &Run) -> Vec<(String, usize)> {
    let mut places = Vec::new();
    for (function, count) in undisturbed.calls() {
        let numbers: Vec<usize> = match WEIGHTY.contains(&function) {
            true => (1..=count).collect(),
            false if count == 1 => vec![1],
            false => vec![1, count],
        };
        places.extend(
            numbers
                .into_iter()
                .map(|number| (function.to_owned(), number)),
        );
    }
    places
}

/// Does `check` for all cases, some at a time.
fn for_all<T: Sync>(cases: &[T], check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let failures = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let checked =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(case)));
                    if checked.is_err() {
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(failures.into_inner(), 0, "cases failed, as told above");
}

/// Continues what a fault has ended, and looks at the token.
fn resumed(bench: &Bench, case: &str, expected: &[String]) {
    let journal = std::fs::read_to_string(bench.sandbox.path("journal.jsonl"));
    let begun = journal.is_ok_and(|text| !text.is_empty());
    let more: &[&str] = match begun {
        true => &["--resume", "journal.jsonl"],
        false => &[],
    };
    let run = Run::new(bench, "", "", more);
    assert_eq!(run.code, Some(0), "{case}, resumed: {}", run.said);
    run.tries_each_pin_once(case);
    assert_eq!(objects(bench), expected, "{case}: {}", run.said);
    certificates_fit(bench);
}

/// The card is out of the reader, or nobody knows whether a PIN was counted. A search that cannot be
/// ended is told when the next one begins.
fn is_for_a_person(case: &str) -> bool {
    let removed = case.ends_with("0x32") && !case.starts_with("C_FindObjectsFinal");
    removed || case.starts_with("C_Login")
}

#[test]
fn every_call_may_fail_or_lose_its_answer() {
    let Some((whole, expected)) = undisturbed() else {
        return;
    };
    let mut cases = Vec::new();
    for (function, number) in places(&whole) {
        // CKR_DEVICE_ERROR, CKR_DEVICE_REMOVED, and an answer that does not arrive.
        for fault in ["error 0x30", "error 0x32", "lost"] {
            cases.push(format!("{function} {number} {fault}"));
        }
    }
    for_all(&cases, |case| {
        let bench = Bench::new(&employee(), JOB).unwrap();
        let run = Run::new(&bench, case, "", &["--journal", "journal.jsonl"]);
        run.tries_each_pin_once(case);
        let told = &run.said;
        assert!(!told.contains("panicked"), "{case}: {told}");
        match run.code {
            // What fails behind the last operation, or was asked for in vain, ends nothing.
            Some(0) => {
                assert_eq!(objects(&bench), expected, "{case}: {told}");
                return;
            }
            Some(4) => assert!(!is_for_a_person(case), "{case}: {told}"),
            Some(5) => assert!(is_for_a_person(case), "{case}: {told}"),
            Some(6) => assert!(!run.has_written(), "{case}: {told}"),
            code => panic!("{case}: exit code {code:?}: {told}"),
        }
        let function = case.split(' ').next().unwrap();
        let words = match function {
            // Its answer is lost on the way; the next search is refused for it.
            "C_FindObjectsFinal" => ["CKR_OPERATION_ACTIVE", "C_FindObjectsInit"],
            function if case.ends_with("0x32") => ["CKR_DEVICE_REMOVED", function],
            function => ["CKR_DEVICE_ERROR", function],
        };
        let all = words.iter().all(|word| told.contains(word));
        assert!(all, "{case}: {told}");
        resumed(&bench, case, &expected);
    });
}

#[test]
fn a_module_that_crashes_leaves_a_run_that_can_be_resumed() {
    let Some((whole, expected)) = undisturbed() else {
        return;
    };
    let mut cases = Vec::new();
    for (function, number) in places(&whole) {
        if WEIGHTY.contains(&function.as_str()) {
            for fault in ["crash", "crash-after"] {
                cases.push(format!("{function} {number} {fault}"));
            }
        }
    }
    for_all(&cases, |case| {
        let bench = Bench::new(&employee(), JOB).unwrap();
        let run = Run::new(&bench, case, "", &["--journal", "journal.jsonl"]);
        assert_eq!(run.code, None, "{case}: {}", run.said);
        run.tries_each_pin_once(case);
        resumed(&bench, case, &expected);
    });
}

#[test]
fn a_pin_that_is_refused_is_tried_once() {
    let Some((whole, expected)) = undisturbed() else {
        return;
    };
    let logins = whole.calls()["C_Login"];
    for number in 1..=logins {
        for (code, words) in [("0xa0", "CKR_PIN_INCORRECT"), ("0xa4", "CKR_PIN_LOCKED")] {
            let bench = Bench::new(&employee(), JOB).unwrap();
            let case = format!("C_Login {number} error {code}");
            let run = Run::new(&bench, &case, "", &["--journal", "journal.jsonl"]);
            assert_eq!(run.code, Some(5), "{case}: {}", run.said);
            assert!(run.said.contains(words), "{case}: {}", run.said);
            assert_eq!(run.calls()["C_Login"], number, "{case}");
            resumed(&bench, &case, &expected);
        }
    }
}

/// The new PIN is the PUK: both are in the job.
#[test]
fn a_change_whose_answer_is_lost_waits_for_a_person() {
    let undo = UndoClass::Irreversible;
    let change = Action::ChangePin {
        role: Role::User,
        old: field("PIN"),
        new: field("PUK"),
    };
    let change = operation("change-pin", change, undo, &[Capability::ChangePin]);
    let change = plan(vec![change], Vec::new()).to_text().unwrap();
    for (fault, holds) in [
        ("lost", "new"),
        ("error 0x5", "old"),
        ("crash-after", "new"),
    ] {
        let Some(bench) = Bench::new(&employee(), JOB) else {
            return;
        };
        assert_eq!(bench.run("", PIN, &[]).0, 0);
        std::fs::write(bench.sandbox.path("plan.json"), &change).unwrap();
        let case = format!("C_SetPIN 1 {fault}");
        let run = Run::new(&bench, &case, "token=Ada", &["--journal", "journal.jsonl"]);
        let expected = (!fault.starts_with("crash")).then_some(5);
        assert_eq!(run.code, expected, "{case}: {}", run.said);
        run.tries_each_pin_once(&case);
        let resume = ["--resume", "journal.jsonl"];
        let run = Run::new(&bench, "", "token=Ada", &resume);
        assert_eq!(run.code, Some(5), "{case}: {}", run.said);
        assert!(run.said.contains("--pin-state"), "{case}: {}", run.said);
        assert!(!run.calls().contains_key("C_SetPIN"), "{case}");
        let told = ["--resume", "journal.jsonl", "--pin-state", holds];
        let run = Run::new(&bench, "", "token=Ada", &told);
        assert_eq!(run.code, Some(0), "{case}: {}", run.said);
        run.tries_each_pin_once(&case);
        let login = ["--login", "--pin", PUK, "-O"];
        assert!(bench.pkcs11_tool(&login).contains("Private Key Object"));
    }
}

#[test]
fn a_slow_module_is_waited_for() {
    let Some((_, expected)) = undisturbed() else {
        return;
    };
    let bench = Bench::new(&employee(), JOB).unwrap();
    let run = Run::new(&bench, "C_GenerateKeyPair 1 delay 300", "", &[]);
    assert_eq!(run.code, Some(0), "{}", run.said);
    assert_eq!(objects(&bench), expected);
}
