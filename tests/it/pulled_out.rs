//! A card that is pulled out in the middle: the run is resumed on it, and the card is the one that an
//! undisturbed run makes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use getrandom::SysRng;
use perso::card::tree::Picture;
use perso::card::{Channel, ChannelError, Command, Response, Sw};
use perso::issuer::DevCa;
use perso::pki::{UnixTime, Validity};
use perso::plan::Plan;
use perso::run::{Answers, FileJournal, Past, Report, Run, WriterLock};
use perso::secret::Secret;
use perso::token::card::{CardToken, Line, SimulatedCard, SimulatorUri};
use perso::token::{Kind, Retry, TokenError};

const JOB: &str = "pulled-out";

/// What befalls a card after so many commands.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    PulledOut,
    /// One command is refused: there is no room.
    Full,
}

/// The line to a card that serves so many commands.
struct ShortLine {
    inner: SimulatedCard,
    left: usize,
    fate: Fate,
}

impl Channel for ShortLine {
    fn transmit(&mut self, command: &Command) -> Result<Response, ChannelError> {
        match (self.left.checked_sub(1), self.fate) {
            (Some(left), _) => {
                self.left = left;
                self.inner.transmit(command)
            }
            (None, Fate::PulledOut) => Err(ChannelError::Lost {
                reason: "pulled out".to_owned(),
            }),
            (None, Fate::Full) => {
                self.left = usize::MAX;
                Ok(Response::new(Vec::new(), Sw::NO_ROOM))
            }
        }
    }
}

impl Line for ShortLine {
    fn kind(&self) -> Kind {
        self.inner.kind()
    }

    fn atr(&self) -> Vec<u8> {
        self.inner.atr()
    }

    fn keep(&mut self) -> Result<(), TokenError> {
        self.inner.keep()
    }

    fn picture(&self) -> Option<Picture> {
        self.inner.picture()
    }
}

fn plan() -> Plan {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/employee-card/employee.plan.json");
    Plan::from_text(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn fields() -> BTreeMap<String, Secret> {
    let container =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/employee-card/encryption.p12");
    let container = std::fs::read(container).unwrap();
    let container = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(container)
    };
    [
        ("Applications", "LE"),
        ("BadgeNumber", "B-004711"),
        ("UserPin", "246810"),
        ("UserPuk", "13579135"),
        ("OperatorPin", "97531975"),
        ("EncryptionKey", &container),
        ("EncryptionPassword", "archive-4711"),
    ]
    .into_iter()
    .map(|(field, text)| (field.to_owned(), Secret::from(text.to_owned())))
    .collect()
}

struct Desk {
    folder: tempfile::TempDir,
    plan: Plan,
    fields: BTreeMap<String, Secret>,
    issuer: DevCa,
}

impl Desk {
    fn new() -> Self {
        let validity = Validity::days_from(UnixTime::from_seconds(1_800_000_000), 30);
        Self {
            folder: tempfile::tempdir().unwrap(),
            plan: plan(),
            fields: fields(),
            issuer: DevCa::new(&mut SysRng, validity, 30).unwrap(),
        }
    }

    fn card(&self) -> SimulatedCard {
        let image = Some(self.folder.path().join("card.img"));
        SimulatedCard::open(&SimulatorUri { image, model: None }, "a test").unwrap()
    }

    /// Runs the plan on the card, which stays for so many commands; gives how many it got as well.
    fn run(&mut self, commands: usize, past: Option<&Past>) -> Result<Report, TokenError> {
        self.run_until(commands, Fate::PulledOut, past)
    }

    fn run_until(
        &mut self,
        commands: usize,
        fate: Fate,
        past: Option<&Past>,
    ) -> Result<Report, TokenError> {
        let line = ShortLine {
            inner: self.card(),
            left: commands,
            fate,
        };
        let mut token = CardToken::new(Box::new(line));
        let mut journal = FileJournal::open(&self.folder.path().join("journal.jsonl")).unwrap();
        let mut lock = WriterLock::new(self.folder.path().join("locks"), "card.img");
        let answers = Answers::default();
        let skip = BTreeSet::new();
        let mut run = Run {
            plan: &self.plan,
            job: JOB,
            serial: None,
            fields: &self.fields,
            answers: &answers,
            skip: &skip,
            token: &mut token,
            issuer: Some(&mut self.issuer),
            encrypt_pins: None,
            decrypt_pins: None,
            takes_secret_outputs: false,
            irreversible: false,
            resume: past,
            pin_state: None,
            lock: &mut lock,
            random: &mut |buffer| getrandom::fill(buffer).map_err(std::io::Error::other),
            now: &|| UnixTime::from_seconds(1_800_000_100),
            journal: &mut journal,
            progress: &mut |_, _, _| {},
        };
        let preflight = run.preflight()?;
        assert_eq!(preflight.problems, [], "{commands} commands, {past:?}");
        let outcome = run.execute();
        self.holds_no_secret(&format!("{outcome:?}"));
        if let Ok(report) = &outcome {
            self.holds_no_secret(&serde_json::to_string(report).unwrap());
        }
        let journal = self.folder.path().join("journal.jsonl");
        self.holds_no_secret(&std::fs::read_to_string(journal).unwrap());
        outcome
    }

    fn holds_no_secret(&self, text: &str) {
        for input in self.plan.inputs.iter().filter(|input| input.secret) {
            let secret = self.fields[&input.field].expose_text().unwrap();
            assert!(!text.contains(secret), "{} is in {text}", input.field);
        }
    }

    /// What an undisturbed run and a resumed one must agree on: all but the lengths of certificates,
    /// whose serial numbers and signatures are random, and the identifiers of files.
    fn tree(&self) -> Vec<String> {
        let tree = Picture::of(self.card().card()).to_string();
        let mut lines: Vec<String> = tree
            .lines()
            .filter(|line| !line.contains("bytes"))
            .map(|line| {
                let end = line.find(", at 3F00/5015/7").unwrap_or(line.len());
                line[..end]
                    .trim_matches(|it: char| !it.is_alphanumeric())
                    .to_owned()
            })
            .collect();
        lines.sort();
        lines
    }
}

#[test]
fn wherever_a_card_is_pulled_out_the_resumed_run_makes_the_same_card() {
    let mut desk = Desk::new();
    let whole = desk.run(usize::MAX, None).unwrap();
    assert_eq!(whole.failure, None);
    let expected = desk.tree();
    assert!(
        expected.iter().any(|line| line.contains("EmployeeLogin")),
        "{expected:#?}"
    );
    let mut cut = 0;
    // Every fourth command is enough to meet all kinds of them.
    for commands in (1..).step_by(4) {
        let mut desk = Desk::new();
        let failure = match desk.run(commands, None) {
            Ok(Report { failure: None, .. }) => break,
            Ok(Report {
                failure: Some(failure),
                ..
            }) => Some(failure),
            // The card was gone before anything was done.
            Err(_) => None,
        };
        cut += 1;
        if let Some(failure) = &failure {
            let told = format!("{} {:?}", failure.problem, failure.causes);
            assert_eq!(failure.retry, Retry::LookFirst, "{told}");
            assert!(told.contains("pulled out"), "{told}");
        }
        let journal = std::fs::read_to_string(desk.folder.path().join("journal.jsonl")).unwrap();
        let past = match Past::read(&journal, Some(JOB), &desk.plan.digests.content) {
            Ok((_, past)) => Some(past),
            Err(_) => None,
        };
        let resumed = desk.run(usize::MAX, past.as_ref()).unwrap();
        assert_eq!(resumed.failure, None, "{commands} commands");
        assert_eq!(desk.tree(), expected, "{commands} commands");
        assert_eq!(resumed.outputs["CardNumber"], "B-004711");
    }
    assert!(cut > 20, "the card was pulled out {cut} times only");
}

#[test]
fn a_command_that_the_card_refuses_is_told_at_its_line_of_the_profile() {
    let mut whole = Desk::new();
    assert_eq!(whole.run(usize::MAX, None).unwrap().failure, None);
    let expected = whole.tree();
    let mut at_the_profile = 0;
    for commands in 8..60 {
        let mut desk = Desk::new();
        let Ok(report) = desk.run_until(commands, Fate::Full, None) else {
            continue;
        };
        let Some(failure) = report.failure else {
            continue;
        };
        if failure.origin.source != "employee.cpf" {
            continue;
        }
        at_the_profile += 1;
        assert!(failure.operation.0.starts_with("profile."), "{failure:?}");
        assert!(failure.problem.contains("6A84"), "{failure:?}");
        assert!(failure.problem.contains("no room"), "{failure:?}");
        assert_ne!(failure.origin.text, "", "{failure:?}");
        // Laid out once more, nothing is there twice.
        assert_eq!(desk.run(usize::MAX, None).unwrap().failure, None);
        assert_eq!(desk.tree(), expected, "{commands} commands");
    }
    assert!(
        at_the_profile > 10,
        "{at_the_profile} commands of the profile were refused"
    );
}
