//! The programs of OpenSC and `openssl` on the card in a reader: what they read, as bytes and words.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::reader::Reader;

/// Where the distributions put it.
const MODULES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib64/opensc-pkcs11.so",
];

const TOOL: &str = "pkcs15-tool";

/// What PKCS#11 says of a wrong PIN on a CardOS: OpenSC's driver knows `6300` as "authentication
/// failed", which its module translates thus; no status word of that driver means
/// `CKR_PIN_INCORRECT`.
const WRONG_PIN: &str = "C_Login failed: rv = CKR_USER_NOT_LOGGED_IN";

/// The PKCS#11 module of OpenSC.
fn module() -> &'static str {
    let there = |path: &&str| Path::new(path).exists();
    MODULES.into_iter().find(there).expect("opensc-pkcs11")
}

/// What the programs print without the lines that say which reader they take.
pub(super) fn told(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("Using "));
    lines.collect::<Vec<_>>().join("\n")
}

/// What `pkcs15-tool --dump` tells.
pub(super) struct Dump(String);

impl Dump {
    /// Demands that the dump has each of these lines.
    pub(super) fn shows(&self, expected: &[&str]) -> &Self {
        for line in expected {
            assert!(self.0.contains(line), "{line} is not in:\n{}", self.0);
        }
        self
    }

    /// Demands that the dump has none of these.
    pub(super) fn hides(&self, unexpected: &[&str]) -> &Self {
        for line in unexpected {
            assert!(!self.0.contains(line), "{line} is in:\n{}", self.0);
        }
        self
    }

    /// A value of an entry: `of("PIN [PIN]", "Auth ID")`.
    pub(super) fn of(&self, entry: &str, name: &str) -> String {
        let lines = self.0.lines().skip_while(|line| *line != entry);
        let mut lines = lines.take_while(|line| !line.is_empty());
        let value = lines.find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        });
        value.unwrap_or_else(|| panic!("no {name} of {entry} in:\n{}", self.0))
    }

    /// The identifier of an entry.
    pub(super) fn id(&self, entry: &str) -> String {
        self.of(entry, "ID")
    }
}

impl Reader {
    /// Runs `pkcs15-tool`.
    pub(super) fn pkcs15(&self, arguments: &[&str]) -> String {
        self.run(TOOL, arguments)
    }

    /// Runs `pkcs11-tool` with the module of OpenSC.
    pub(super) fn pkcs11(&self, arguments: &[&str]) -> String {
        self.run("pkcs11-tool", &through_module(arguments))
    }

    pub(super) fn openssl(&self, arguments: &[&str]) -> String {
        self.run("openssl", arguments)
    }

    pub(super) fn dump(&self) -> Dump {
        Dump(self.pkcs15(&["--dump"]))
    }

    /// A certificate in DER.
    pub(super) fn certificate(&self, id: &str) -> Vec<u8> {
        self.pkcs15(&["--read-certificate", id, "--output", "read.pem"]);
        let arguments = ["x509", "-in", "read.pem", "-outform", "DER", "-out"];
        self.openssl(&[&arguments[..], &["read.der"]].concat());
        self.file("read.der")
    }

    /// The subject of the certificate that was read last.
    pub(super) fn subject(&self) -> String {
        self.openssl(&["x509", "-in", "read.pem", "-noout", "-subject"])
    }

    /// A public key in PEM; it is left in `public.pem`.
    pub(super) fn public_key(&self, id: &str) -> String {
        self.pkcs15(&["--read-public-key", id, "--output", "public.pem"]);
        String::from_utf8(self.file("public.pem")).unwrap()
    }

    /// The public key in the certificate that was read last.
    pub(super) fn certified_key(&self) -> String {
        self.openssl(&["x509", "-in", "read.pem", "-noout", "-pubkey"])
    }

    pub(super) fn data_object(&self, label: &str) -> Vec<u8> {
        self.pkcs15(&["--read-data-object", label, "--output", "object"]);
        self.file("object")
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }
}

fn through_module<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["--module", module()], arguments].concat()
}

/// A PIN of the card, which is a token of its own to PKCS#11.
pub(super) struct Slot<'a> {
    pub reader: &'a Reader,
    /// Label of the token.
    pub token: &'a str,
    /// Identifier of the PIN in its directory.
    pub auth_id: &'a str,
}

impl<'a> Slot<'a> {
    pub(super) const fn of(reader: &'a Reader, token: &'a str, auth_id: &'a str) -> Self {
        Self {
            reader,
            token,
            auth_id,
        }
    }

    fn arguments<'b>(&'b self, pin: &'b str, further: &[&'b str]) -> Vec<&'b str> {
        let login = ["--token-label", self.token, "--login", "--pin", pin];
        through_module(&[&login[..], further].concat())
    }

    /// Logs in, and lists the private keys that are there then.
    pub(super) fn logs_in(&self, pin: &str) -> String {
        let list = ["--list-objects", "--type", "privkey"];
        self.reader.run("pkcs11-tool", &self.arguments(pin, &list))
    }

    /// A program that logs in and does nothing else.
    pub(super) fn login(&self, pin: &str) -> Command {
        let list = ["--list-objects", "--type", "privkey"];
        self.reader
            .command("pkcs11-tool", &self.arguments(pin, &list))
    }

    /// Demands that the login with a wrong PIN fails as such.
    pub(super) fn refuses(&self, wrong: &str) {
        let output = self.login(wrong).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && said.contains(WRONG_PIN),
            "{said}"
        );
    }

    /// Objects of PKCS#11, by the words of `pkcs11-tool`.
    pub(super) fn lists(&self, expected: &[&str]) {
        let list = ["--token-label", self.token, "--list-objects"];
        let objects = self.reader.pkcs11(&list);
        for line in expected {
            assert!(objects.contains(line), "{line} is not in:\n{objects}");
        }
    }

    /// The value of an object that is read without login.
    pub(super) fn reads(&self, kind: &str, by: [&str; 2]) -> Vec<u8> {
        let read = ["--token-label", self.token, "--read-object", "--type", kind];
        let read = [&read[..], &by, &["-o", "value"]].concat();
        self.reader.pkcs11(&read);
        self.reader.file("value")
    }

    /// Signs the file `data`, and verifies with the public key that the card tells.
    pub(super) fn signs(&self, pin: &str, id: &str) {
        fs::write(self.reader.path("data"), "to be signed\n").unwrap();
        let sign = ["--sign", "-m", "SHA256-RSA-PKCS", "--id", id];
        let files = ["-i", "data", "-o", "signature"];
        let sign = [&sign[..], &files].concat();
        self.reader.run("pkcs11-tool", &self.arguments(pin, &sign));
        self.reader.public_key(id);
        let verify = ["dgst", "-sha256", "-verify", "public.pem", "-signature"];
        let verify = [&verify[..], &["signature", "data"]].concat();
        let verified = self.reader.openssl(&verify);
        assert!(verified.contains("Verified OK"), "{verified}");
    }

    /// The module's own tests of its signatures.
    pub(super) fn is_sound(&self, pin: &str) {
        let tested = self
            .reader
            .run("pkcs11-tool", &self.arguments(pin, &["--test"]));
        assert!(tested.contains("No errors"), "{tested}");
        assert!(tested.contains("RSA-PKCS: OK"), "{tested}");
    }

    pub(super) fn verifies(&self, pin: &str) {
        self.reader.pkcs15(&self.verify(pin));
    }

    fn verify<'b>(&'b self, pin: &'b str) -> [&'b str; 5] {
        ["--verify-pin", "--auth-id", self.auth_id, "--pin", pin]
    }

    pub(super) fn changes_pin(&self, old: &str, new: &str) {
        let change = ["--change-pin", "--auth-id", self.auth_id, "--pin", old];
        self.reader
            .pkcs15(&[&change[..], &["--new-pin", new]].concat());
    }

    /// The same through PKCS#11.
    pub(super) fn changes_pin_by_module(&self, old: &str, new: &str) {
        let change = ["--change-pin", "--new-pin", new];
        self.reader
            .run("pkcs11-tool", &self.arguments(old, &change));
    }

    /// Blocks the PIN by wrong tries; then the right one does not help either.
    pub(super) fn blocks(&self, wrong: &str, right: &str) {
        for _ in 0..3 {
            let said = told(&self.reader.fail(TOOL, &self.verify(wrong)));
            assert!(said.contains("Security status not satisfied"), "{said}");
        }
        let blocked = told(&self.reader.fail(TOOL, &self.verify(right)));
        assert!(blocked.contains("blocked"), "{blocked}");
    }

    pub(super) fn unblocks(&self, puk: &str, new: &str) {
        let unblock = ["--unblock-pin", "--auth-id", self.auth_id, "--puk", puk];
        self.reader
            .pkcs15(&[&unblock[..], &["--new-pin", new]].concat());
    }

    /// Change, login with the new PIN, block, unblock by the PUK, login again.
    pub(super) fn pins_are_changed_and_unblocked(&self, pin: &str, puk: &str) {
        self.changes_pin(pin, "314159");
        self.refuses(pin);
        self.changes_pin_by_module("314159", "864209");
        self.refuses("314159");
        self.logs_in("864209");
        self.blocks(pin, "864209");
        self.unblocks(puk, "975310");
        self.logs_in("975310");
    }
}
