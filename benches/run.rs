//! A whole run against the programs that people use today for the same job, in turn (A B A B) on one
//! machine and the same module, SoftHSM: an empty token, PIN, two EC key pairs, two certificate
//! requests, two certificates from a CA at hand, two certificate objects, one data object.
//!
//! The peer is ten programs: `softhsm2-util` once, `pkcs11-tool` five times, `certtool` twice (a
//! request signed by a key of the token) and `openssl x509` twice; perso is one. Bar: 0.5 of the
//! peer's wall time.
//!
//! `cargo bench --bench run`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on is none"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PAIRS: usize = 15;
const PROGRAMS: [&str; 4] = ["softhsm2-util", "pkcs11-tool", "certtool", "openssl"];
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];

const DESCRIPTION: &str = "\
[Encoding]
Type=1024,Chip
Devices=8710

[Fields]
UserPin=
UserPuk=
Note=

[Description]
PKCS11Library=libsofthsm2.so
InitToken=true
InitialLabel=#Card
InitialPUK=UserPuk
PIN=UserPin
ApplicationList=AB
ClearFields=UserPin,UserPuk

[Application_A]
CertTempl=Login
KeyType=EC
KeySize=256

[Application_B]
CertTempl=Signature
KeyType=EC
KeySize=256
DataObject=Note
LabelExpressionDataObject=Note
";

const JOB: &str = "\
[fields]
UserPin = { env = \"CARD_PIN\" }
UserPuk = { env = \"CARD_PUK\" }
Note = \"bm90ZQ==\"
[job]
id = \"bench\"
[issuer]
kind = \"dev-ca\"
folder = \"ca\"
";

/// A folder with everything that both sides need.
struct Bench {
    folder: tempfile::TempDir,
    module: PathBuf,
}

fn main() {
    let Some(bench) = Bench::new() else {
        return;
    };
    bench.perso();
    let mut times = Vec::new();
    for _ in 0..PAIRS {
        times.push((bench.timed(Bench::perso), bench.timed(Bench::peer)));
    }
    let ours = median(times.iter().map(|pair| pair.0.as_secs_f64()));
    let peers = median(times.iter().map(|pair| pair.1.as_secs_f64()));
    let ratio = median(
        times
            .iter()
            .map(|pair| pair.0.as_secs_f64() / pair.1.as_secs_f64()),
    );
    println!("a card with two EC keys on SoftHSM, {PAIRS} pairs: perso {ours:.4} s, the programs");
    println!("{peers:.4} s; median ratio pair by pair {ratio:.2} (bar 0.50)");
    let simulated = (0..PAIRS).map(|_| bench.timed(Bench::simulated).as_secs_f64());
    let simulated = median(simulated);
    println!("the same job on the simulated card, laid out by <pkcs15.cpf>: {simulated:.4} s");
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

impl Bench {
    fn new() -> Option<Self> {
        let module = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
        let Some(module) = module else {
            println!("SKIPPED: SoftHSM is not installed");
            return None;
        };
        for program in PROGRAMS {
            if Command::new(program).arg("--version").output().is_err() {
                println!("SKIPPED: {program} is not installed");
                return None;
            }
        }
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
            module,
        };
        let tokens = bench.path("tokens");
        bench.file(
            "softhsm2.conf",
            &format!("directories.tokendir = {}\n", tokens.display()),
        );
        bench.file("card.dsc", DESCRIPTION);
        bench.file("job.toml", JOB);
        bench.file("template", "cn = \"bench\"\nsigning_key\n");
        bench.file("note", "note");
        bench.empty_store();
        Some(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn empty_store(&self) {
        let tokens = self.path("tokens");
        let _ = fs::remove_dir_all(&tokens);
        fs::create_dir(tokens).unwrap();
    }

    /// The store is emptied outside of the measured time.
    fn timed(&self, job: fn(&Self)) -> Duration {
        self.empty_store();
        let start = Instant::now();
        job(self);
        start.elapsed()
    }

    fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) {
        let program = program.as_ref();
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .env("CARD_PIN", "123456")
            .env("CARD_PUK", "12345678")
            .env("GNUTLS_PIN", "123456")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{program:?} {arguments:?}: {words}"
        );
    }

    fn perso(&self) {
        let uri = format!("pkcs11:?module-path={}", self.module.display());
        let arguments = ["run", "card.dsc", "--job", "job.toml", "--token", &uri];
        let journal = ["--journal", "journal.jsonl"];
        self.run(
            env!("CARGO_BIN_EXE_perso"),
            &[&arguments[..], &journal].concat(),
        );
    }

    /// No program of today makes a card without a card.
    fn simulated(&self) {
        self.run(
            env!("CARGO_BIN_EXE_perso"),
            &["run", "card.dsc", "--job", "job.toml", "--token", "sim:"],
        );
    }

    fn peer(&self) {
        let module = self.module.display().to_string();
        self.run(
            "softhsm2-util",
            &[
                "--init-token",
                "--free",
                "--label",
                "Card",
                "--pin",
                "123456",
                "--so-pin",
                "12345678",
            ],
        );
        let tool = |more: &[&str]| {
            let login = ["--token-label", "Card", "--login", "--pin", "env:CARD_PIN"];
            self.run(
                "pkcs11-tool",
                &[&["--module", &module], &login[..], more].concat(),
            );
        };
        for (id, label) in [("01", "A"), ("02", "B")] {
            tool(&[
                "--keypairgen",
                "--key-type",
                "EC:prime256v1",
                "--id",
                id,
                "--label",
                label,
            ]);
            let object = |class: &str| format!("pkcs11:token=Card;object={label};type={class}");
            let (private, public) = (object("private"), object("public"));
            self.run(
                "certtool",
                &[
                    "--provider",
                    &module,
                    "--generate-request",
                    "--load-privkey",
                    &private,
                    "--load-pubkey",
                    &public,
                    "--template",
                    "template",
                    "--outfile",
                    "request.pem",
                ],
            );
            let sign = "x509 -req -in request.pem -CA ca/ca.pem -CAkey ca/ca-key.pem -outform der \
                        -out card.der -days 365";
            self.run("openssl", &sign.split_whitespace().collect::<Vec<_>>());
            tool(&[
                "--write-object",
                "card.der",
                "--type",
                "cert",
                "--id",
                id,
                "--label",
                label,
            ]);
        }
        tool(&[
            "--write-object",
            "note",
            "--type",
            "data",
            "--label",
            "note",
        ]);
    }
}
