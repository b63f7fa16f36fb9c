//! Runs that are killed, and what becomes of the token when they are resumed: real processes, a real
//! module, SIGKILL at every writing operation.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use getrandom::SysRng;
use perso::issuer::{DevCa, IssueError, Issued, Issuer, Request};
use perso::operation::{
    Action, Algorithm, Capability, DataAttributes, Input, Role, Slot, UndoClass, Value,
};
use perso::pki::{UnixTime, Validity};
use perso::plan::Plan;
use perso::run::{Answers, Entry, FileJournal, Journal, Phase, Run, WriterLock};
use perso::secret::Secret;
use perso::token::pkcs11::Uri;
use perso::token::{
    Identity, ModuleToken, ObjectId, Outcome, Refusal, State, Step, Token, TokenError,
};

use crate::run::{Bench, JOB, PIN, PUK, application, field, initialise, login, operation, plan};

/// Tells a process of this test what befalls it: `begin N`, `answer N`, `done N`, `erased`.
const FATE: &str = "PERSO_TEST_FATE";
const FOLDER: &str = "PERSO_TEST_FOLDER";
const MODULE: &str = "PERSO_TEST_MODULE";
const TOKEN: &str = "PERSO_TEST_TOKEN";

pub(crate) fn card() -> Plan {
    let data = Action::WriteData {
        slot: Slot::Default,
        data: Value::bytes(b"data"),
        label: Some(Value::text("Data")),
        attributes: DataAttributes::default(),
        login: login(),
    };
    let mut last = application("B", "Second", Algorithm::P256);
    last.operations.push(operation(
        "B.data",
        data,
        UndoClass::Reversible,
        &[Capability::DataObjects],
    ));
    plan(
        vec![initialise()],
        vec![application("A", "First", Algorithm::P256), last],
    )
}

/// Writing operations of [`card`].
const WRITING: usize = 6;

fn killed() -> ! {
    let own = std::process::id().to_string();
    let _ = Command::new("kill").args(["-9", &own]).status();
    std::process::abort()
}

/// Ends the process behind the `at`-th line of one phase.
struct KillingJournal {
    inner: FileJournal,
    phase: Phase,
    at: usize,
    seen: usize,
}

impl Journal for KillingJournal {
    fn write(&mut self, entry: &Entry) -> std::io::Result<()> {
        self.inner.write(entry)?;
        if entry.phase == self.phase {
            self.seen += 1;
            if self.seen == self.at {
                killed();
            }
        }
        Ok(())
    }
}

/// Ends the process when the `at`-th writing operation is done and its answer is not read yet.
struct KillingToken {
    inner: ModuleToken,
    at: usize,
    seen: usize,
}

impl Token for KillingToken {
    fn identity(&mut self) -> Result<Identity, TokenError> {
        self.inner.identity()
    }

    fn capabilities(&mut self) -> Result<BTreeSet<Capability>, TokenError> {
        self.inner.capabilities()
    }

    fn preflight(&mut self, action: &Action<Option<Input>>) -> Result<Vec<Refusal>, TokenError> {
        self.inner.preflight(action)
    }

    fn probe(&mut self, step: &Step<'_>) -> Result<State, TokenError> {
        self.inner.probe(step)
    }

    fn holds(&mut self, ids: &BTreeSet<ObjectId>) -> Result<bool, TokenError> {
        self.inner.holds(ids)
    }

    fn apply(&mut self, step: &Step<'_>) -> Result<Outcome, TokenError> {
        let outcome = self.inner.apply(step)?;
        let reads = matches!(
            step.action,
            Action::SignRequest { .. } | Action::ReadSerial { .. }
        );
        if !reads {
            self.seen += 1;
            if self.seen == self.at {
                killed();
            }
        }
        Ok(outcome)
    }

    fn read_back(&mut self, step: &Step<'_>, outcome: &Outcome) -> Result<(), TokenError> {
        self.inner.read_back(step, outcome)
    }
}

/// Takes the token away while it is asked.
struct ErasingIssuer {
    inner: DevCa,
    tokens: Option<PathBuf>,
}

impl Issuer for ErasingIssuer {
    fn issue(&mut self, request: &Request) -> Result<Issued, IssueError> {
        if let Some(tokens) = self.tokens.take() {
            std::fs::remove_dir_all(tokens).unwrap();
        }
        self.inner.issue(request)
    }
}

fn now() -> UnixTime {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime::from_seconds(since_epoch.unwrap().as_secs())
}

/// Not a test by itself: the process that the tests below start and that does not live long.
#[test]
fn child() {
    let Ok(fate) = std::env::var(FATE) else {
        return;
    };
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let (what, at) = fate.split_once(' ').unwrap_or((&fate, "0"));
    let at: usize = at.parse().unwrap();
    let plan =
        Plan::from_text(&std::fs::read_to_string(folder.join("plan.json")).unwrap()).unwrap();
    let secret = |text: &str| Secret::from(text.to_owned());
    let fields = BTreeMap::from([
        ("PIN".to_owned(), secret(PIN)),
        ("PUK".to_owned(), secret(PUK)),
    ]);
    let token = std::env::var(TOKEN).unwrap();
    let uri = format!(
        "pkcs11:{token}?module-path={}",
        std::env::var(MODULE).unwrap()
    );
    let mut token = KillingToken {
        inner: ModuleToken::open(&Uri::parse(&uri).unwrap(), None).unwrap(),
        at: if what == "answer" { at } else { 0 },
        seen: 0,
    };
    let mut journal = KillingJournal {
        inner: FileJournal::open(&folder.join("journal.jsonl")).unwrap(),
        phase: if what == "done" {
            Phase::Done
        } else {
            Phase::Begin
        },
        at: if what == "answer" { 0 } else { at },
        seen: 0,
    };
    let mut issuer = ErasingIssuer {
        inner: DevCa::new(&mut SysRng, Validity::days_from(now(), 30), 30).unwrap(),
        tokens: (what == "erased").then(|| folder.join("tokens")),
    };
    let answers = Answers::default();
    let skip = BTreeSet::new();
    let mut run = Run {
        plan: &plan,
        job: "2026-000417",
        serial: None,
        fields: &fields,
        answers: &answers,
        skip: &skip,
        token: &mut token,
        issuer: Some(&mut issuer),
        encrypt_pins: None,
        decrypt_pins: None,
        takes_secret_outputs: false,
        irreversible: false,
        resume: None,
        pin_state: None,
        lock: &mut WriterLock::new(folder.join("locks"), "module"),
        random: &mut |_| Ok(()),
        now: &now,
        journal: &mut journal,
        progress: &mut |_, _, _| {},
    };
    assert_eq!(run.preflight().unwrap().problems, []);
    let report = run.execute().unwrap();
    let failure = report.failure.expect("something befell the run");
    assert_eq!(what, "erased", "{failure:?}");
    assert_eq!(failure.operation.0, "A.certificate");
    assert_eq!(failure.origin.line, 7);
    assert!(failure.has_written);
    eprintln!("{} {:?}", failure.problem, failure.causes);
}

fn start_child(bench: &Bench, fate: &str) -> std::process::Output {
    start_child_on(bench, "", fate)
}

fn start_child_on(bench: &Bench, token: &str, fate: &str) -> std::process::Output {
    let folder = bench.sandbox.path("");
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "resume::child", "--nocapture"])
        .env(FATE, fate)
        .env(TOKEN, token)
        .env(FOLDER, folder)
        .env(MODULE, &bench.module)
        .env("SOFTHSM2_CONF", bench.sandbox.path("softhsm2.conf"))
        .output()
        .unwrap()
}

/// Class, label and identifier of everything on the token: the identifiers are the same in every run
/// of a job, the keys are not.
pub(crate) fn objects(bench: &Bench) -> Vec<String> {
    let listed = bench.pkcs11_tool(&["--login", "--pin", "env:CARD_PIN", "-O"]);
    let mut objects: Vec<String> = Vec::new();
    for line in listed.lines() {
        let line = line.trim_end();
        if line.contains(" Object; ") || line.starts_with("Data object") {
            let class = line.split([';', ' ']).take(2).collect::<Vec<_>>().join(" ");
            objects.push(class);
        } else if ["label:", "ID:"]
            .iter()
            .any(|it| line.trim_start().starts_with(it))
            && let Some(object) = objects.last_mut()
        {
            object.push_str(line);
        }
    }
    objects.sort();
    objects
}

/// The certificates on the token are for the keys beside them.
pub(crate) fn certificates_fit(bench: &Bench) {
    for label in ["First", "Second"] {
        for (class, file) in [("cert", "card.der"), ("pubkey", "key.der")] {
            bench.pkcs11_tool(&["-r", "--type", class, "--label", label, "-o", file]);
        }
        let x509 = "x509 -inform der -in card.der -pubkey -noout -out a.pem";
        let pkey = "pkey -pubin -inform der -in key.der -pubout -out b.pem";
        for arguments in [x509, pkey] {
            bench.tool("openssl", &arguments.split(' ').collect::<Vec<_>>());
        }
        assert_eq!(bench.read("a.pem"), bench.read("b.pem"));
    }
}

fn undisturbed() -> Option<Vec<String>> {
    let bench = Bench::new(&card(), JOB)?;
    let (code, out, err) = bench.run("", PIN, &[]);
    assert_eq!(code, 0, "{out}{err}");
    let objects = objects(&bench);
    assert_eq!(objects.len(), 7, "{objects:#?}");
    Some(objects)
}

#[test]
#[cfg(unix)]
fn killed_anywhere_and_resumed_it_is_the_same_card() {
    let Some(expected) = undisturbed() else {
        return;
    };
    for fate in ["begin", "answer", "done"] {
        for at in 1..=WRITING {
            // Behind the last line nothing is left to do.
            let fate = format!("{fate} {at}");
            let bench = Bench::new(&card(), JOB).unwrap();
            let child = start_child(&bench, &fate);
            let words = String::from_utf8_lossy(&child.stderr);
            assert!(child.status.code().is_none(), "{fate}: {words}");
            let (code, out, err) = bench.run("", PIN, &["--resume", "journal.jsonl"]);
            assert_eq!(code, 0, "{fate}: {out}{err}");
            assert_eq!(objects(&bench), expected, "{fate}: {out}");
            certificates_fit(&bench);
        }
    }
}

#[test]
#[cfg(unix)]
fn with_the_journal_lost_the_token_tells() {
    let Some(expected) = undisturbed() else {
        return;
    };
    for fate in ["begin 2", "answer 2", "done 3", "answer 6"] {
        let bench = Bench::new(&card(), JOB).unwrap();
        assert!(start_child(&bench, fate).status.code().is_none());
        let (code, out, err) = bench.run("token=Ada", PIN, &["--resume-without-journal"]);
        assert_eq!(code, 0, "{fate}: {out}{err}");
        assert_eq!(objects(&bench), expected, "{fate}: {out}");
    }
}

#[test]
#[cfg(unix)]
fn half_a_key_pair_is_made_whole() {
    let Some(expected) = undisturbed() else {
        return;
    };
    let bench = Bench::new(&card(), JOB).unwrap();
    assert!(start_child(&bench, "answer 2").status.code().is_none());
    bench.pkcs11_tool(&[
        "--login",
        "--pin",
        "env:CARD_PIN",
        "--delete-object",
        "--type",
        "privkey",
        "--label",
        "First",
    ]);
    let (code, out, err) = bench.run("", PIN, &["--resume", "journal.jsonl"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(objects(&bench), expected);
    certificates_fit(&bench);
}

#[test]
fn a_journal_of_another_plan_is_refused() {
    let Some(bench) = Bench::new(&card(), JOB) else {
        return;
    };
    let (code, out, err) = bench.run("", PIN, &["--journal", "journal.jsonl"]);
    assert_eq!(code, 0, "{out}{err}");
    let other = plan(vec![initialise()], Vec::new()).to_text().unwrap();
    std::fs::write(bench.sandbox.path("plan.json"), other).unwrap();
    let (code, _, err) = bench.run("", PIN, &["--resume", "journal.jsonl"]);
    assert_eq!(code, 6, "{err}");
    assert!(err.contains("of another plan"), "{err}");
}

#[test]
fn a_token_that_goes_away_is_told_at_its_line() {
    let Some(bench) = Bench::new(&card(), JOB) else {
        return;
    };
    let child = start_child(&bench, "erased");
    let words = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{words}");
    assert!(words.contains("the token is gone"), "{words}");
    // The token is gone: a resumed run says so, and makes no other one.
    let tokens: &Path = &bench.sandbox.path("tokens");
    std::fs::create_dir_all(tokens).unwrap();
    let (code, out, err) = bench.run("token=Ada", PIN, &["--resume", "journal.jsonl"]);
    assert_eq!(code, 6, "{out}{err}");
}

/// Whether a PIN was changed is nothing to find out by trying.
#[test]
#[cfg(unix)]
fn a_change_of_a_pin_waits_for_a_person() {
    let change = Action::ChangePin {
        role: Role::User,
        old: field("PIN"),
        new: field("PUK"),
    };
    let undo = UndoClass::Irreversible;
    let change = operation("change-pin", change, undo, &[Capability::ChangePin]);
    for (fate, holds) in [("begin 1", "old"), ("answer 1", "new")] {
        let Some(bench) = Bench::new(&card(), JOB) else {
            return;
        };
        assert_eq!(bench.run("", PIN, &[]).0, 0);
        let changing = plan(vec![change.clone()], Vec::new()).to_text().unwrap();
        std::fs::write(bench.sandbox.path("plan.json"), changing).unwrap();
        let child = start_child_on(&bench, "token=Ada", fate);
        assert!(child.status.code().is_none(), "{child:?}");
        let resume = ["--resume", "journal.jsonl"];
        let (code, out, err) = bench.run("token=Ada", PIN, &resume);
        assert_eq!(code, 5, "{out}{err}");
        assert!(err.contains("--pin-state"), "{err}");
        let told = ["--resume", "journal.jsonl", "--pin-state", holds];
        let (code, out, err) = bench.run("token=Ada", PIN, &told);
        assert_eq!(code, 0, "{fate}: {out}{err}");
        let (code, out, err) = bench.run("token=Ada", PIN, &resume);
        assert_eq!(code, 0, "{fate}: {out}{err}");
        assert!(out.contains("done before"), "{out}");
        // The new PIN holds.
        let check = plan(Vec::new(), vec![application("C", "Third", Algorithm::P256)]);
        std::fs::write(bench.sandbox.path("plan.json"), check.to_text().unwrap()).unwrap();
        let (code, out, err) = bench.run("token=Ada", PUK, &[]);
        assert_eq!(code, 0, "{fate}: {out}{err}");
    }
}

#[test]
fn a_token_has_one_writer() {
    let Some(bench) = Bench::new(&card(), JOB) else {
        return;
    };
    let module = bench.module.canonicalize().unwrap();
    let folder = bench.sandbox.path("runtime").join("perso");
    let mut other = WriterLock::new(folder, module.display().to_string());
    other.hold("").unwrap();
    let (code, out, err) = bench.run("", PIN, &[]);
    assert_eq!(code, 6, "{out}{err}");
    assert!(err.contains("another run writes to this token"), "{err}");
    drop(other);
    let (code, out, err) = bench.run("", PIN, &[]);
    assert_eq!(code, 0, "{out}{err}");
}
