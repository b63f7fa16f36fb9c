//! pcscd with its virtual reader, by itself in a namespace of mounts and one of the network: its
//! socket and its open ports are seen by nobody else, and any number of them run side by side.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;

const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
const PATIENCE: Duration = Duration::from_secs(20);

/// A virtual reader with two slots; it ends with the value.
pub(super) struct Reader {
    pcscd: Child,
    folder: PathBuf,
}

/// A card that is being served; it is taken out with the value.
pub(super) struct Served<'a> {
    reader: &'a Reader,
    perso: Child,
}

/// Whether everything is installed. A machine that builds for others must have it.
pub(super) fn is_installed() -> bool {
    let programs = [
        "pcscd",
        "unshare",
        "nsenter",
        "ip",
        "opensc-tool",
        "pkcs15-init",
        "openssl",
        "scriptor",
    ];
    let mut missing: Vec<_> = programs
        .into_iter()
        .filter(|program| {
            let mut shell = Command::new("sh");
            let found = shell
                .args(["-c", &format!("command -v {program}")])
                .output();
            !found.is_ok_and(|found| found.status.success())
        })
        .collect();
    if !Path::new(DRIVER).exists() {
        missing.push("vsmartcard-vpcd");
    }
    if missing.is_empty() {
        return true;
    }
    let missing = missing.join(", ");
    assert!(std::env::var_os("CI").is_none(), "CI needs {missing}");
    eprintln!("SKIPPED: not installed: {missing}; scripts/test installs what the tests need");
    false
}

/// In the user's own namespace where the user may not make others.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

impl Reader {
    /// Starts pcscd; its files lie in the sandbox.
    pub(super) fn new(here: &Sandbox) -> Self {
        let folder = here.path("");
        std::fs::create_dir_all(here.path("readers")).unwrap();
        let configuration = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x8C7B\n\
             LIBPATH {DRIVER}\nCHANNELID 0x8C7B\n"
        );
        std::fs::write(here.path("readers/vpcd"), configuration).unwrap();
        let log = std::fs::File::create(here.path("pcscd.log")).unwrap();
        let script = "mount -t tmpfs tmpfs /run && mkdir /run/pcscd && ip link set lo up \
                      && exec pcscd --foreground --config \"$1\"";
        let mut command = Command::new("unshare");
        command.args(match is_root() {
            true => ["-m", "-n"].as_slice(),
            false => &["-U", "-r", "-m", "-n"],
        });
        let pcscd = command
            .args([
                "sh",
                "-c",
                script,
                "sh",
                here.path("readers").to_str().unwrap(),
            ])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let reader = Self { pcscd, folder };
        // Its file system as the process sees it (proc(5)).
        let own = Path::new("/proc").join(reader.pcscd.id().to_string());
        let socket = own.join("root").join("run/pcscd/pcscd.comm");
        reader.wait("pcscd", || socket.exists());
        reader
    }

    fn wait(&self, what: &str, done: impl Fn() -> bool) {
        let start = Instant::now();
        while !done() {
            let log = std::fs::read_to_string(self.folder.join("pcscd.log"));
            assert!(start.elapsed() < PATIENCE, "{what}: {log:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// A program that sees this reader, in the folder of the sandbox. It ends after a while.
    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(self.pcscd.id().to_string());
        command.args(["--mount", "--net"]);
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        // The folder is entered from inside: one from outside is on another mount.
        command
            .args([
                "sh",
                "-c",
                "cd \"$1\" && shift && exec timeout 60 \"$@\"",
                "sh",
            ])
            .arg(&self.folder)
            .arg(program)
            .args(arguments)
            // All these readers have one name: their runs must not wait for one another.
            .env("XDG_RUNTIME_DIR", &self.folder)
            .stdin(Stdio::null());
        command
    }

    /// A file in the sandbox, where the programs run.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs a program and demands that it succeeds; what it printed.
    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> String {
        let (output, text) = self.attempt(program, arguments);
        let code = output.status;
        assert!(code.success(), "{program} {arguments:?}: {code}\n{text}");
        text
    }

    /// Runs a program and demands that it fails; what it printed.
    pub(super) fn fail(&self, program: &str, arguments: &[&str]) -> String {
        let (output, text) = self.attempt(program, arguments);
        assert!(!output.status.success(), "{program} {arguments:?}\n{text}");
        text
    }

    fn attempt(&self, program: &str, arguments: &[&str]) -> (Output, String) {
        let output = self.command(program, arguments).output().unwrap();
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        (output, text)
    }

    /// Until PC/SC sees a card in the first slot.
    pub(super) fn wait_for_card(&self) {
        self.wait("the card", || {
            let (_, list) = self.attempt("opensc-tool", &["--list-readers"]);
            list.lines().any(|line| line.starts_with("0    Yes"))
        });
    }

    /// Puts a card into the first slot and waits until PC/SC sees it.
    pub(super) fn serve(&self, image: &str) -> Served<'_> {
        let perso = env!("CARGO_BIN_EXE_perso");
        let arguments = ["card", "serve", image, "--trace", "trace.txt"];
        let mut perso = self
            .command(perso, &arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stderr = perso.stderr.as_mut().unwrap();
        BufReader::new(stderr).read_line(&mut line).unwrap();
        assert!(line.contains("is in the reader"), "{line}");
        self.wait_for_card();
        Served {
            reader: self,
            perso,
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.pcscd.kill();
        let _ = self.pcscd.wait();
    }
}

impl Served<'_> {
    /// Ends the server as a person does; it ends cleanly.
    pub(super) fn interrupt(mut self) {
        self.signal("TERM");
        let code = self.perso.wait().unwrap();
        let mut rest = String::new();
        let stderr = self.perso.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut rest).unwrap();
        assert!(code.success(), "{code}: {rest}");
        self.gone();
    }

    /// Ends the server as a power failure does.
    pub(super) fn kill(mut self) {
        self.signal("KILL");
        let _ = self.perso.wait();
        self.gone();
    }

    /// To perso itself, which is a child of `timeout`.
    fn signal(&self, name: &str) {
        let parent = self.perso.id().to_string();
        let children = format!("/proc/{parent}/task/{parent}/children");
        let child = std::fs::read_to_string(children).unwrap();
        let mut kill = Command::new("kill");
        kill.args(["-s", name, child.trim()]);
        assert!(kill.status().unwrap().success());
    }

    fn gone(&self) {
        self.reader.wait("the empty slot", || {
            let (_, list) = self.reader.attempt("opensc-tool", &["--list-readers"]);
            list.lines().any(|line| line.starts_with("0    No"))
        });
    }
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        if matches!(self.perso.try_wait(), Ok(None)) {
            self.signal("KILL");
            let _ = self.perso.wait();
        }
    }
}
