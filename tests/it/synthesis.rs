//! `--synthesize-pkcs15`: EF.DIR and EF.TokenInfo, where the author left them out.

use base64::Engine as _;
use perso::card::program::{Dialect, Known, Setup, Work, assemble};
use perso::operation::{Access, Action, Input, Value as PlanValue};
use perso::plan::Plan;
use perso::secret::{Encoding, Secret};
use serde_json::Value;

use crate::sandbox::Sandbox;

/// The published profile with its places filled in: the files that stand there, and nothing else.
pub(crate) const PROFILE: &str = "MakeCardEraseable()
CardModel 'SIEMENS50'
PROFILENAME = 'P15_Siemens'

MasterFile
CreateDf DFPKCS15 id=0x5015 maxsize=22000 update=always create=always \\
   aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
CreateEf EFODF     id=0x5031 maxsize=auto read=always update=always
CreateEf EFCDF1    id=0x4441 maxsize=1700 read=always update=always
CreateEf EFCERT1   id=0x4541 maxsize=6000 read=always update=always
EndDF
Endfile

File Static EFODF
data= 0x{A4 0A 30 08 04 06 3F 00 50 15 44 41}
Endfile

File Static EFCDF1
data= 0x{
30 2F
   30 1A
      0C 11 44 69 67 69 74 61 6C 20 53 69 67 6E 61 74 75 72 65
      03 02 06 40
      04 01 01
   30 03
      04 01 11
   A1 0C
      30 0A
         30 08
            04 06 3F 00 50 15 45 41
}
Endfile

File Static EFCERT1
data = certificate
Endfile

CreateFiles()
";

pub(crate) const DESCRIPTION: &str = "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nUserPuk=\ncertificate=\n\
    [Description]\nPKCS11LibraryWindows32=C:/Program Files (x86)/Personal/bin/personal.dll\n\
    InitToken=true\nChipProfile=seed.cpf\nProfileParameters=certificate\nInitialPUK=UserPuk\n\
    ClearFields=UserPuk\n";

pub(crate) const JOB: &str =
    "[fields]\nUserPuk = { env = 'USER_PUK' }\ncertificate = { file = 'id.txt' }\n";

const FLAG: &str = "--synthesize-pkcs15";

/// A folder with the published profile and a certificate for it, in PEM.
pub(crate) fn published() -> Sandbox {
    let certificate = include_bytes!("../../examples/encrypted-pins/pin-encryption.pem");
    Sandbox::new()
        .file("card/seed.cpf", PROFILE)
        .file("card/card.dsc", DESCRIPTION)
        .file("card/job.toml", JOB)
        .file("card/id.txt", certificate)
}

/// As long as the certificate of the measured baseline, and with no zero at its end.
fn sandbox(profile: &str) -> Sandbox {
    let certificate: Vec<u8> = (1..=817_u32).map(|n| (n % 251) as u8 + 1).collect();
    let certificate = base64::engine::general_purpose::STANDARD.encode(certificate);
    Sandbox::new()
        .file("seed.cpf", profile)
        .file("seed.dsc", DESCRIPTION)
        .file("job.toml", JOB)
        .file("id.txt", certificate)
}

/// Commands whose bytes are known: those for the files. The PUK is secret.
fn commands(here: &Sandbox, more: &[&str]) -> usize {
    let show = ["plan", "show", "--apdu", "seed.dsc", "--job", "job.toml"];
    let arguments = [&show[..], more].concat();
    let (code, script, told) = here.run(&arguments);
    assert_eq!(code, 0, "{told}");
    let commands = script.lines().filter(|line| !line.starts_with('#'));
    commands
        .filter(|line| !line.starts_with("80") && !line.starts_with("00DA"))
        .count()
}

fn program(here: &Sandbox, more: &[&str]) -> Vec<Value> {
    let (code, plan, told) = here.run(&[&["compile", "seed.dsc"], more].concat());
    assert_eq!(code, 0, "{told}");
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let initialise = &plan["initialization"][1];
    assert_eq!(initialise["operation"], "initialise");
    initialise["program"]["operations"]
        .as_array()
        .unwrap()
        .clone()
}

fn ids(operations: &[Value]) -> Vec<&str> {
    operations
        .iter()
        .map(|operation| operation["id"].as_str().unwrap())
        .collect()
}

#[test]
fn the_files_of_the_published_profile_take_fifteen_commands_and_twelve_long_ones() {
    let here = sandbox(PROFILE);
    assert_eq!(commands(&here, &[]), 11);
    assert_eq!(commands(&here, &[FLAG]), 15);
    let (code, plan, told) = here.run(&["compile", "seed.dsc", FLAG]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(long_commands(&plan), 12);
}

/// Commands for the files in extended length.
fn long_commands(plan: &str) -> usize {
    let plan = Plan::from_text(plan).unwrap();
    let Action::Initialise {
        program: Some(program),
        ..
    } = &plan.initialization[1].action
    else {
        panic!();
    };
    let known = |value: &PlanValue| -> Result<Known, std::convert::Infallible> {
        let text = match value {
            PlanValue::Bytes { hex, .. } => hex.clone(),
            PlanValue::Field { secret: false, .. } => "5A".repeat(817),
            _ => return Ok(Known::Needs(vec!["the PUK".to_owned()])),
        };
        let bytes = Encoding::Hex.decode(&Secret::from(text)).unwrap();
        Ok(Known::from(Input::Bytes(bytes)))
    };
    let program = program.try_map(&mut { known }).unwrap();
    let setup = Setup {
        dialect: Dialect::Iso7816,
        data_field: 65_535,
        officer: Access::Puk,
    };
    let items = assemble(&program, &setup).unwrap();
    let files = items.iter().filter(|item| match &item.work {
        Work::Command(command) => [0xA4, 0xE0, 0xD6].contains(&command.encode()[1]),
        _ => false,
    });
    files.count()
}

#[test]
fn additions_are_named_and_come_from_the_directory() {
    let here = sandbox(PROFILE);
    let without = program(&here, &[]);
    let with = program(&here, &[FLAG]);
    let added: Vec<Value> = with
        .iter()
        .filter(|operation| !without.contains(operation))
        .cloned()
        .collect();
    assert_eq!(
        ids(&added),
        [
            "synthesized.create.EFDIR",
            "synthesized.write.EFDIR",
            "synthesized.create.EFTOKENINFO",
            "synthesized.write.EFTOKENINFO"
        ]
    );
    assert_eq!(with.len(), without.len() + 4);
    for operation in &added {
        assert_eq!(operation["origin"]["source"], "seed.cpf");
        assert_eq!(operation["origin"]["line"], 6);
    }
    assert_eq!(
        added[1]["content"]["hex"],
        "61214F0CA000000063504B43532D3135500B5031355F5369656D656E7351043F005015"
    );
    assert_eq!(
        added[3]["content"]["hex"],
        "3014020100800B5031355F5369656D656E7303020560"
    );
    let (code, table, _) = here.run(&["plan", "show", "seed.dsc", FLAG]);
    assert_eq!(code, 0);
    assert!(
        table.contains("adds      EFDIR, EFTOKENINFO: not in the profile (--synthesize-pkcs15)"),
        "{table}"
    );
    let (_, table, _) = here.run(&["plan", "show", "seed.dsc"]);
    assert!(
        !table.contains("synthesi") && !table.contains("adds "),
        "{table}"
    );
}

#[test]
fn a_plan_with_additions_is_verified_with_them() {
    let here = sandbox(PROFILE);
    let (code, _, told) = here.run(&["compile", "seed.dsc", FLAG, "-o", "seed.plan"]);
    assert_eq!(code, 0, "{told}");
    let verify = ["plan", "verify", "seed.plan", "--against", "seed.dsc"];
    let (code, out, _) = here.run(&[&verify[..], &[FLAG]].concat());
    assert_eq!((code, out.as_str()), (0, ""));
    let (code, out, _) = here.run(&verify);
    assert_eq!(code, 1);
    assert!(out.contains("synthesized.create.EFDIR"), "{out}");
}

#[test]
fn what_the_author_has_is_not_added() {
    let dir = PROFILE.replace(
        "MasterFile\n",
        "MasterFile\nCreateEf MYDIR id=0x2F00 maxsize=40 read=always update=never\n",
    );
    assert_eq!(
        ids(&program(&sandbox(&dir), &[FLAG]))
            .into_iter()
            .filter(|id| id.starts_with("synthesized.create"))
            .collect::<Vec<_>>(),
        ["synthesized.create.EFTOKENINFO"]
    );
    let info = PROFILE.replace(
        "EndDF",
        "CreateEf MYINFO id=0x5032 maxsize=40 read=always update=never\nEndDF",
    );
    assert_eq!(
        ids(&program(&sandbox(&info), &[FLAG]))
            .into_iter()
            .filter(|id| id.starts_with("synthesized.create"))
            .collect::<Vec<_>>(),
        ["synthesized.create.EFDIR"]
    );
    // By its identifier and its object directory, without an application identifier.
    let no_aid = PROFILE.replace(" \\\n   aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}", "");
    let added = program(&sandbox(&no_aid), &[FLAG]);
    assert!(ids(&added).contains(&"synthesized.create.EFDIR"));
    let other = no_aid.replace("id=0x5015", "id=0x5016");
    let added = program(&sandbox(&other), &[FLAG]);
    assert!(!ids(&added).iter().any(|id| id.starts_with("synthesized")));
}

#[test]
fn an_addition_that_has_no_room_is_refused_at_the_size_of_its_folder() {
    let tight = PROFILE.replace("maxsize=22000", "maxsize=7712");
    let here = sandbox(&tight);
    let (code, _, told) = here.run(&["compile", "seed.dsc"]);
    assert_eq!(code, 0, "{told}");
    let (code, _, told) = here.run(&["compile", "seed.dsc", FLAG]);
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("`DFPKCS15` has 7712 bytes, what lies in it takes 7734"),
        "{told}"
    );
    assert!(told.contains("seed.cpf:6:37"), "{told}");
}

#[test]
fn a_new_card_has_the_additions_and_its_label() {
    let labelled = DESCRIPTION.replace("InitToken=true\n", "InitToken=true\nInitialLabel=#Lab 7\n");
    let here = sandbox(PROFILE).file("seed.dsc", labelled);
    let mut new = here.perso(&[
        "card", "new", "card.img", "--from", "seed.dsc", "--job", "job.toml", FLAG,
    ]);
    let output = new.env("USER_PUK", "13579135").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    let (_, tree, _) = here.run(&["card", "tree", "card.img"]);
    assert!(tree.contains("application \"Lab 7\""), "{tree}");
    assert!(
        tree.contains("label \"Lab 7\", serial number none"),
        "{tree}"
    );
}
