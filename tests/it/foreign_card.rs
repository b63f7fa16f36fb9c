//! Cards in a reader that are no simulation: they do not say so, and what is not public about them is
//! refused before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use getrandom::SysRng;
use perso::card::apdu::ins;
use perso::card::simulator::{Personality, objects};
use perso::card::{Channel, ChannelError, Command, Response, Sw};
use perso::issuer::DevCa;
use perso::pki::{UnixTime, Validity};
use perso::plan::Plan;
use perso::run::{Answers, NoJournal, Preflight, Report, Run, WriterLock};
use perso::secret::Secret;
use perso::token::card::{CardToken, Line, SimulatedCard, SimulatorUri};
use perso::token::{Kind, TokenError};

/// What perso alone knows of a simulated card.
const OURS: std::ops::RangeInclusive<u16> = objects::IDENTIFICATION..=objects::OPTIONS;

/// The line to a card that does not know our own objects.
struct Chip {
    inner: SimulatedCard,
    /// Whether it takes our PIN objects all the same.
    takes_pins: bool,
    commands: Arc<Mutex<Vec<u8>>>,
}

impl Chip {
    fn knows(&self, command: &Command) -> bool {
        let object = u16::from_be_bytes([command.p1, command.p2]);
        match command.ins {
            ins::GET_DATA => !OURS.contains(&object),
            ins::PUT_DATA => self.takes_pins || !OURS.contains(&object),
            _ => true,
        }
    }
}

impl Channel for Chip {
    fn transmit(&mut self, command: &Command) -> Result<Response, ChannelError> {
        self.commands.lock().unwrap().push(command.ins);
        match self.knows(command) {
            true => self.inner.transmit(command),
            false => Ok(Response::new(Vec::new(), Sw::NO_REFERENCE)),
        }
    }
}

impl Line for Chip {
    fn kind(&self) -> Kind {
        Kind::Card
    }

    fn atr(&self) -> Vec<u8> {
        self.inner.atr()
    }

    fn keep(&mut self) -> Result<(), TokenError> {
        Ok(())
    }
}

/// A chip, and the instructions that it was given.
fn chip(model: Personality) -> (Chip, Arc<Mutex<Vec<u8>>>) {
    let uri = SimulatorUri {
        image: None,
        model: Some(model),
    };
    let commands = Arc::new(Mutex::new(Vec::new()));
    let chip = Chip {
        inner: SimulatedCard::open(&uri, "a test").unwrap(),
        takes_pins: model != Personality::CardOs44,
        commands: Arc::clone(&commands),
    };
    (chip, commands)
}

fn example(plan: &str) -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(plan);
    Plan::from_text(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Pre-flight, and the run if nothing speaks against it.
fn run(token: &mut CardToken, plan: &Plan, fields: &[(&str, &str)]) -> (Preflight, Option<Report>) {
    let folder = tempfile::tempdir().unwrap();
    let validity = Validity::days_from(UnixTime::from_seconds(1_800_000_000), 30);
    let mut issuer = DevCa::new(&mut SysRng, validity, 30).unwrap();
    let mut lock = WriterLock::new(folder.path(), "reader");
    let fields: BTreeMap<String, Secret> = fields
        .iter()
        .map(|(field, text)| ((*field).to_owned(), Secret::from((*text).to_owned())))
        .collect();
    let answers = Answers::default();
    let skip = BTreeSet::new();
    let mut run = Run {
        plan,
        job: "foreign",
        serial: None,
        fields: &fields,
        answers: &answers,
        skip: &skip,
        token,
        issuer: Some(&mut issuer),
        encrypt_pins: None,
        decrypt_pins: None,
        takes_secret_outputs: false,
        irreversible: true,
        resume: None,
        pin_state: None,
        lock: &mut lock,
        random: &mut |buffer| getrandom::fill(buffer).map_err(std::io::Error::other),
        now: &|| UnixTime::from_seconds(1_800_000_100),
        journal: &mut NoJournal,
        progress: &mut |_, _, _| {},
    };
    let preflight = run.preflight().unwrap();
    let report = preflight
        .problems
        .is_empty()
        .then(|| run.execute().unwrap());
    (preflight, report)
}

const BADGE: [(&str, &str); 4] = [
    ("UserPin", "246810"),
    ("UserPuk", "13579135"),
    ("costCentre", "NDcxMQ=="),
    ("building", "SGFsbCA3"),
];

fn problems(preflight: &Preflight) -> String {
    let lines = preflight.problems.iter().map(|it| {
        let help = it.help.as_deref().unwrap_or_default();
        format!("{}: {help}\n", it.problem)
    });
    lines.collect()
}

fn writes(commands: &Mutex<Vec<u8>>) -> bool {
    let writing = [
        ins::CREATE,
        ins::UPDATE_BINARY,
        ins::PUT_DATA,
        ins::GENERATE_KEY_PAIR,
        ins::ACTIVATE,
    ];
    let commands = commands.lock().unwrap();
    commands.iter().any(|ins| writing.contains(ins))
}

#[test]
fn a_card_whose_commands_are_not_public_is_laid_out_by_force_alone() {
    let plan = example("profile-variables/badge.plan.json");
    let (card, commands) = chip(Personality::CardOs50);
    let mut token = CardToken::new(Box::new(card));
    let (preflight, report) = run(&mut token, &plan, &BADGE);
    let told = problems(&preflight);
    assert!(
        told.contains("how this card creates files is not public"),
        "{told}"
    );
    assert!(told.contains("--force-iso"), "{told}");
    assert!(report.is_none() && !writes(&commands));

    let (card, commands) = chip(Personality::CardOs50);
    let mut token = CardToken::new(Box::new(card)).forcing_iso(true);
    let (preflight, report) = run(&mut token, &plan, &BADGE);
    assert_eq!(problems(&preflight), "");
    assert_eq!(report.unwrap().failure, None);
    assert!(writes(&commands));
}

/// Its layout has a public form; the keys and files that perso adds later do not have it yet.
#[test]
fn nothing_is_added_to_a_cardos_4_4_that_is_no_simulation() {
    let plan = example("employee-card/employee.plan.json");
    let fields = [
        ("Applications", "LE"),
        ("BadgeNumber", "B-004711"),
        ("UserPin", "246810"),
        ("UserPuk", "13579135"),
        ("OperatorPin", "97531975"),
        ("EncryptionKey", "bm90IHJlYWQ="),
        ("EncryptionPassword", "archive-4711"),
    ];
    let (card, commands) = chip(Personality::CardOs44);
    let mut token = CardToken::new(Box::new(card));
    let (preflight, report) = run(&mut token, &plan, &fields);
    let told = problems(&preflight);
    let reason = "adds keys, certificates and data to a CardOS 4.4 in its simulation only";
    assert!(told.contains(reason), "{told}");
    assert!(report.is_none() && !writes(&commands));

    let uri = SimulatorUri {
        image: None,
        model: Some(Personality::CardOs44),
    };
    let simulated = SimulatedCard::open(&uri, "a test").unwrap();
    let (preflight, _) = run(&mut CardToken::new(Box::new(simulated)), &plan, &fields);
    assert!(!problems(&preflight).contains(reason));
}
