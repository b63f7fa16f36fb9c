//! A card laid out by perso and by OpenSC's `pkcs15-init`, both in the form of CardOS 4.4 on the same
//! simulated card in a virtual reader: commands and bytes by the card's own log, time on the clock.
//!
//! perso's side is the published profile with its values filled in, and the same with EF.DIR and
//! EF.TokenInfo, which OpenSC needs; `scriptor` sends the commands of `perso plan show --apdu`. The
//! peer creates the structure and stores the same certificate; it has two more files (AODF and an
//! option file), and must look before it writes since it does not know the card's state.
//!
//! `cargo bench --bench card --features pcsc`; without readers single commands are not measured.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    dead_code,
    reason = "a measurement that cannot go on is none; the reader is shared with the tests"
)]

use std::fs;
use std::time::{Duration, Instant};

use perso::card::program::Dialect;

#[path = "../tests/it/vpcd/reader.rs"]
mod reader;
#[path = "../tests/it/sandbox.rs"]
mod sandbox;

use reader::Reader;
use sandbox::Sandbox;

const ROUNDS: usize = 7;
/// Bytes of the certificate of the published baseline.
const CERTIFICATE: usize = 817;
const PIN: &str = "12345678";
const PUK: &str = "87654321";

/// The published profile for a CardOS 4.4, its values filled in.
const PROFILE: &str = "\
CardModel 'SIEMENS44'
PROFILENAME = 'P15_Siemens'
MasterFile
;DIR CreateEf EFDIR id=0x2F00 maxsize=128 read=always update=always
CreateDf DFPKCS15 id=0x5015 maxsize=22000 update=always create=always \\
   aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
CreateEf EFODF     id=0x5031 maxsize=auto read=always update=always
;DIR CreateEf EFTOKENINFO id=0x5032 maxsize=128 read=always update=always
CreateEf EFCDF1    id=0x4441 maxsize=1700 read=always update=always
CreateEf EFCERT1   id=0x4541 maxsize=6000 read=always update=always
EndDF
Endfile

;DIR File Static EFDIR
;DIR data = 0x{61 21 4F 0C A0 00 00 00 63 50 4B 43 53 2D 31 35 50 0B 50 31 35 5F 53 69 65 6D 65 6E 73 51 04 3F 00 50 15}
;DIR Endfile

;DIR File Static EFTOKENINFO
;DIR data = 0x{30 14 02 01 00 80 0B 50 31 35 5F 53 69 65 6D 65 6E 73 03 02 04 10}
;DIR Endfile

File Static EFODF
data = 0x{A4 0A 30 08 04 06 3F 00 50 15 44 41}
Endfile

File Static EFCDF1
data = 0x{
30 2F 30 1A 0C 11 44 69 67 69 74 61 6C 20 53 69 67 6E 61 74 75 72 65 03 02 06 40 04 01 01
30 03 04 01 11 A1 0C 30 0A 30 08 04 06 3F 00 50 15 45 41
}
Endfile

File Static EFCERT1
data = 0x{CERTIFICATE}
Endfile

CreateFiles()
";

const DESCRIPTION: &str = "\
[Encoding]
Type=1024,Chip
Devices=8710

[Fields]
UserPin=
UserPuk=

[Description]
PKCS11LibraryWindows32=C:/Program Files (x86)/Personal/bin/personal.dll
InitToken=true
ChipProfile=card.cpf
InitialPUK=UserPuk
PIN=UserPin
ClearFields=UserPin,UserPuk
";

const JOB: &str = "\
[fields]
UserPin = { env = \"CARD_PIN\" }
UserPuk = { env = \"CARD_PUK\" }
[job]
id = \"bench\"
";

/// What perso lays out: with EF.DIR and EF.TokenInfo, with PIN and PUK.
const LAYOUTS: [(&str, bool, bool); 3] = [
    ("perso, the published profile", false, false),
    ("perso, with EF.DIR and EF.TokenInfo", true, false),
    ("perso, with these, PIN and PUK", true, true),
];

/// What a card was given.
#[derive(Clone, Copy)]
struct Told {
    commands: usize,
    bytes: usize,
    time: Duration,
}

fn main() {
    #[cfg(feature = "pcsc")]
    if std::env::args().any(|argument| argument == single::WORD) {
        return single::measure();
    }
    if !reader::is_installed() {
        return;
    }
    let bench = Bench::new();
    let pkcs15_init = [
        bench.median(Bench::pkcs15_init),
        bench.median(Bench::pkcs15_init_with_pins),
    ];
    let perso = LAYOUTS.map(|(_, further, pins)| {
        let script = bench.script(further, pins);
        bench.median(|bench, reader| bench.scriptor(reader, &script))
    });
    println!(
        "{:<52} commands   bytes      ms",
        format!("{:?}, {CERTIFICATE} bytes", Dialect::CardOs44)
    );
    row("pkcs15-init, create and certificate", pkcs15_init[0]);
    row("pkcs15-init, PIN, PUK and certificate", pkcs15_init[1]);
    for ((what, ..), told) in LAYOUTS.into_iter().zip(perso) {
        row(what, told);
    }
    bench.single();
}

fn row(what: &str, told: Told) {
    let Told {
        commands,
        bytes,
        time,
    } = told;
    println!(
        "{what:<52} {commands:>8} {bytes:>7} {:>7.1}",
        time.as_secs_f64() * 1e3
    );
}

struct Bench {
    here: Sandbox,
    reader: Reader,
}

impl Bench {
    fn new() -> Self {
        let here = Sandbox::new()
            .file("card.dsc", DESCRIPTION)
            .file("job.toml", JOB);
        let reader = Reader::new(&here);
        let bench = Self { here, reader };
        bench.make_certificate();
        bench
    }

    /// A certificate of just the right size: the subject is made longer until it fits.
    fn make_certificate(&self) {
        self.reader
            .run("openssl", &["genrsa", "-out", "key.pem", "2048"]);
        for (serial, length) in (1..40).flat_map(|length| [("1", length), ("300", length)]) {
            let subject = format!("/CN={}", "a".repeat(length));
            let arguments = [
                "req",
                "-x509",
                "-key",
                "key.pem",
                "-subj",
                &subject,
                "-days",
                "30",
                "-set_serial",
                serial,
                "-outform",
                "DER",
                "-out",
                "certificate.der",
            ];
            self.reader.run("openssl", &arguments);
            if fs::read(self.here.path("certificate.der")).unwrap().len() == CERTIFICATE {
                let arguments = ["x509", "-inform", "DER", "-in", "certificate.der", "-out"];
                self.reader
                    .run("openssl", &[&arguments[..], &["certificate.pem"]].concat());
                return;
            }
        }
        panic!("no certificate has {CERTIFICATE} bytes");
    }

    /// The middle of several rounds, each on a new card.
    fn median(&self, layout: impl Fn(&Self, &Reader)) -> Told {
        let mut rounds: Vec<Told> = (0..ROUNDS).map(|_| self.round(&layout)).collect();
        rounds.sort_by_key(|told| told.time);
        rounds[ROUNDS / 2]
    }

    fn round(&self, layout: impl Fn(&Self, &Reader)) -> Told {
        let new = [
            "card",
            "new",
            "card.img",
            "--model",
            "cardos-4.4",
            "--force",
        ];
        assert_eq!(self.here.run(&new).0, 0);
        let card = self.reader.serve("card.img");
        let start = Instant::now();
        layout(self, &self.reader);
        let time = start.elapsed();
        let trace = fs::read_to_string(self.here.path("trace.txt")).unwrap();
        card.interrupt();
        let sizes = || trace.lines().filter_map(size);
        Told {
            commands: sizes().count(),
            bytes: sizes().sum(),
            time,
        }
    }

    fn pkcs15_init(&self, reader: &Reader) {
        let create = ["--create-pkcs15", "--no-so-pin", "--label", "Baseline"];
        reader.run("pkcs15-init", &create);
        reader.run("pkcs15-init", &STORE);
    }

    fn pkcs15_init_with_pins(&self, reader: &Reader) {
        let create = [
            "--create-pkcs15",
            "--profile",
            "pkcs15+onepin",
            "--pin",
            PIN,
            "--puk",
            PUK,
            "--label",
            "Baseline",
        ];
        reader.run("pkcs15-init", &create);
        let by = ["--auth-id", "01", "--pin", PIN, "--verify-pin"];
        reader.run("pkcs15-init", &[&STORE[..], &by].concat());
    }

    /// The commands of perso as a script. Without PINs it leaves out what PUT DATA defines.
    fn script(&self, further: bool, pins: bool) -> String {
        let certificate = fs::read(self.here.path("certificate.der")).unwrap();
        let digits: String = certificate
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let profile = PROFILE.replace("CERTIFICATE", &digits);
        let profile = match further {
            true => profile.replace(";DIR ", ""),
            false => profile,
        };
        fs::write(self.here.path("card.cpf"), profile).unwrap();
        let show = [
            "plan",
            "show",
            "--apdu",
            "card.dsc",
            "--job",
            "job.toml",
            "--with-secrets",
            "-o",
            "whole.txt",
        ];
        let values = [("CARD_PIN", PIN), ("CARD_PUK", PUK)];
        let output = self.here.perso(&show).envs(values).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = fs::read_to_string(self.here.path("whole.txt")).unwrap();
        let wanted = |line: &&str| pins || !line.starts_with("00DA");
        let lines: Vec<_> = text.lines().filter(wanted).collect();
        let name = format!("script-{further}-{pins}.txt");
        fs::write(self.here.path(&name), lines.join("\n") + "\n").unwrap();
        name
    }

    fn scriptor(&self, reader: &Reader, script: &str) {
        let told = reader.run("scriptor", &[script]);
        let mut answers = told.lines().filter(|line| line.starts_with("< "));
        assert!(answers.all(|line| line.starts_with("< 90 00")), "{told}");
    }

    /// What single commands take, with image and log: this program again, as one that sees the
    /// reader.
    #[cfg(feature = "pcsc")]
    fn single(&self) {
        let new = ["card", "new", "card.img", "--force"];
        assert_eq!(self.here.run(&new).0, 0);
        let card = self.reader.serve("card.img");
        let this = std::env::current_exe().unwrap();
        let told = self.reader.run(this.to_str().unwrap(), &[single::WORD]);
        card.interrupt();
        print!("{told}");
    }

    #[cfg(not(feature = "pcsc"))]
    fn single(&self) {
        println!("a command through the virtual reader: only with --features pcsc");
    }
}

/// Single commands through PC/SC. `opensc-tool` is no clock for them: it puts each of its commands
/// between the beginning and the end of a transaction, so one costs three calls of pcscd.
#[cfg(feature = "pcsc")]
mod single {
    use std::time::Instant;

    use perso::card::apdu::ins;
    use perso::card::reader::{Reader, Sharing};
    use perso::card::{Channel as _, Command};

    pub(super) const WORD: &str = "--single-commands";
    const MANY: usize = 4_000;
    /// What a published layout with a certificate holds.
    const HELD: usize = 8_000;
    const BLOCK: usize = 200;

    pub(super) fn measure() {
        let mut reader = Reader::connect("Virtual PCD 00 00", Sharing::Exclusive).unwrap();
        let serial = Command::new(ins::GET_DATA, 0x01, 0x81).expect(256);
        let reading = median(&mut reader, |_| serial.clone());
        println!("a command through the virtual reader: {reading:.3} ms (bar 0.1)");
        let control = [
            0x62, 0x0B, 0x80, 2, 0x20, 0, 0x82, 1, 1, 0x83, 2, 0x12, 0x34,
        ];
        let create = Command::new(ins::CREATE, 0, 0).data(control).unwrap();
        send(&mut reader, &create);
        for offset in (0..HELD).step_by(BLOCK) {
            send(&mut reader, &update(offset, offset as u8));
        }
        let writing = median(&mut reader, |round| update(0, round as u8));
        println!("one that changes a card of {HELD} bytes:    {writing:.3} ms");
    }

    fn update(offset: usize, fill: u8) -> Command {
        let [p1, p2] = (offset as u16).to_be_bytes();
        let update = Command::new(ins::UPDATE_BINARY, p1, p2);
        update.data(vec![fill; BLOCK]).unwrap()
    }

    fn send(reader: &mut Reader, command: &Command) {
        let answer = reader.exchange(command).unwrap();
        assert!(answer.sw.is_success(), "{}", answer.sw);
    }

    fn median(reader: &mut Reader, command: impl Fn(usize) -> Command) -> f64 {
        let mut times: Vec<f64> = (0..MANY)
            .map(|round| {
                let command = command(round);
                let start = Instant::now();
                send(reader, &command);
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times[MANY / 2]
    }
}

const STORE: [&str; 6] = [
    "--store-certificate",
    "certificate.pem",
    "--id",
    "11",
    "--label",
    "Digital Signature",
];

/// Bytes of a command in the log; `None` for an answer or a remark.
fn size(line: &str) -> Option<usize> {
    let masked = line.strip_prefix("# ");
    match masked {
        None => Some(line.len() / 2),
        Some(masked) => {
            let (shown, left_out) = masked.split_once(" [")?;
            let left_out = left_out.split_once(' ')?.0.parse::<usize>().ok()?;
            (!shown.starts_with('<')).then_some(shown.len() / 2 + left_out)
        }
    }
}
