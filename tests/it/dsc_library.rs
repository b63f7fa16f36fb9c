//! `dsc:`: the token behind the library that the description names for this system and word size.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use std::path::Path;

use crate::sandbox::Sandbox;
use crate::softhsm::softhsm;

const JOB: &str = "[fields]\nPuk = { env = 'USER_PUK' }\n[token]\nuri = 'dsc:'\n";

/// A description that initialises a token, with these library keys.
fn description(libraries: &str) -> String {
    format!(
        "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nPuk=\n[Description]\n{libraries}\n\
         InitToken=true\nInitialPUK=Puk\nInitialLabel=#Ada\nClearFields=Puk\n"
    )
}

/// A folder `project` with the description, and an empty token store.
fn bench(libraries: &str) -> Sandbox {
    let sandbox = Sandbox::new()
        .file("project/card.dsc", description(libraries))
        .file("job.toml", JOB)
        .file("tokens/.keep", "");
    let store = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        sandbox.path("tokens").display()
    );
    sandbox.file("softhsm2.conf", store)
}

/// Exit code and all that is said; modules are searched in `folders` first.
fn run(here: &Sandbox, folders: &Path, more: &[&str]) -> (i32, String) {
    let arguments = [&["run", "project/card.dsc", "--job", "job.toml"], more].concat();
    let output = here
        .perso(&arguments)
        .env("SOFTHSM2_CONF", here.path("softhsm2.conf"))
        .env("XDG_RUNTIME_DIR", here.path("runtime"))
        .env("PERSO_PKCS11_PATH", folders)
        .env("USER_PUK", "13579135")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("13579135"), "{said}");
    // A long message is broken into lines.
    let said = said.split_whitespace().filter(|word| *word != "│");
    (
        output.status.code().unwrap(),
        said.collect::<Vec<_>>().join(" "),
    )
}

/// The first bytes of a library: ELF for a 32-bit x86, and PE for a 64-bit Windows.
fn foreign(system: &str) -> Vec<u8> {
    let mut header = vec![0; 512];
    if system == "linux32" {
        header[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 1, 1, 1]);
        (header[16], header[18], header[20]) = (3, 3, 1);
    } else {
        header[..2].copy_from_slice(b"MZ");
        header[0x3c] = 0x80;
        header[0x80..0x84].copy_from_slice(b"PE\0\0");
        header[0x84..0x86].copy_from_slice(&0x8664u16.to_le_bytes());
        header[0x94] = 240;
        header[0x98..0x9a].copy_from_slice(&0x20bu16.to_le_bytes());
    }
    header
}

fn module() -> Option<std::path::PathBuf> {
    let module = softhsm();
    assert!(
        module.is_some() || std::env::var_os("CI").is_none(),
        "CI needs SoftHSM"
    );
    module
}

#[test]
fn the_library_for_this_system_is_searched_by_its_name() {
    let Some(module) = module() else { return };
    let name = module.file_name().unwrap().to_str().unwrap();
    let here = bench(&format!(
        "PKCS11LibraryWindows64=C:/cards/cards.dll\npkcs11librarylinux64={name}"
    ));
    let (code, said) = run(&here, module.parent().unwrap(), &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("token `Ada`"), "{said}");
    // Which of the tokens is meant is said as in a PKCS#11 URI.
    let (code, said) = run(&here, module.parent().unwrap(), &[]);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("2 tokens match"), "{said}");
    let (code, said) = run(
        &here,
        module.parent().unwrap(),
        &["--token", "dsc:token=Ada"],
    );
    assert_eq!(code, 0, "{said}");
    // A plan knows the library, too.
    let compile = ["compile", "project/card.dsc", "-o", "project/plan.json"];
    assert_eq!(here.run(&compile).0, 0);
    let plan = std::fs::read_to_string(here.path("project/plan.json")).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(plan["libraries"]["others"]["linux64"], name);
}

#[test]
fn a_path_is_relative_to_the_description() {
    let Some(module) = module() else { return };
    let module = std::fs::read(module).unwrap();
    let here = bench("PKCS11LibraryLinux=modules/own.so").file("project/modules/own.so", module);
    let (code, said) = run(&here, Path::new(""), &["--dry-run"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn what_is_missing_or_of_another_kind_is_explained() {
    let here = bench("PKCS11Library=modules/cards.so")
        .file("project/modules/text.so", "no library")
        .file("project/modules/linux32.so", foreign("linux32"))
        .file("project/modules/windows64.dll", foreign("windows64"))
        .file("chance.so", foreign("linux32"))
        .file("project/chance.so", foreign("linux32"))
        .file("folder/found.so", foreign("linux32"));
    let folder = here.path("folder");
    let refused = |libraries: &str| {
        std::fs::write(here.path("project/card.dsc"), description(libraries)).unwrap();
        let (code, said) = run(&here, &folder, &[]);
        assert_eq!(code, 6, "{libraries}: {said}");
        said
    };
    for (libraries, expected) in [
        ("PKCS11Library=modules/cards.so", "there is no such file"),
        (
            "PKCS11Library=modules/text.so",
            "the file is no library (neither ELF nor PE nor Mach-O)",
        ),
        (
            "PKCS11LibraryLinux64=modules/linux32.so",
            "it is a 32-bit library, and this process is a 64-bit one; \
             use the vendor's 64-bit module or a 32-bit build of perso",
        ),
        ("PKCS11Library=found.so", "it is a 32-bit library"),
        (
            "PKCS11Library=modules/windows64.dll",
            "it is a library for Windows (PE), and this process runs on Linux (ELF)",
        ),
        (
            "PKCS11Library=nowhere.so",
            "`nowhere.so` is in no folder of PERSO_PKCS11_PATH",
        ),
        (
            "PKCS11Library=chance.so",
            "one of that name lies in the working directory, where libraries are not looked for",
        ),
    ] {
        let said = refused(libraries);
        assert!(said.contains(expected), "{libraries}: {said}");
        let (key, _) = libraries.split_once('=').unwrap();
        assert!(said.contains(key), "{libraries}: {said}");
    }
    let said = refused("PKCS11LibraryWindows32=C:/cards/cards.dll\nPKCS11LibraryLinux32=a.so");
    for part in [
        "names no PKCS#11 library for linux, 64 bits",
        "PKCS11LibraryWindows32=C:/cards/cards.dll, PKCS11LibraryLinux32=a.so",
        "add `PKCS11LibraryLinux64=` to it",
        "--token pkcs11:",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn the_module_is_not_named_twice() {
    let here = bench("PKCS11Library=cards.so");
    let (code, said) = run(
        &here,
        Path::new(""),
        &["--token", "dsc:token=Ada?module-path=/other.so"],
    );
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("takes the module from the description"),
        "{said}"
    );
}
