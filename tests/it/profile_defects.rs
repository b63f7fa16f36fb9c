//! A profile that does not fit is a finding at its exact place before anything is sent.

use crate::sandbox::Sandbox;

const DESCRIPTION: &str = "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nUserPin=\nUserPuk=\n\
    [Description]\nPKCS11LibraryWindows32=C:/Program Files (x86)/Personal/bin/personal.dll\n\
    InitToken=true\nChipProfile=lab.cpf\nInitialPUK=UserPuk\nPIN=UserPin\n\
    ClearFields=UserPin,UserPuk\n";

const JOB: &str = "[fields]\nUserPin = { env = 'PIN' }\nUserPuk = { env = 'PUK' }\n";

/// `~` marks the beginning of the place.
struct Case {
    files: &'static str,
    contents: &'static str,
    says: &'static str,
}

const CASES: &[Case] = &[
    Case {
        files: "CreateDf APP id=0x5015 maxsize=~100\nCreateEf A id=0x4401 maxsize=80 read=always\n\
                CreateEf B id=0x4402 maxsize=80 read=always\nEndDF\n",
        contents: "",
        says: "directory `APP` has room for 100 bytes, but its files take 160",
    },
    Case {
        files: "CreateEf A id=0x4401 maxsize=8 read=always\n\
                CreateEf B id=~0x4401 maxsize=8 read=always\n",
        contents: "",
        says: "4401",
    },
    Case {
        files: "CreateEf A id=~0x3FFF maxsize=8 read=always\n",
        contents: "",
        says: "`id`",
    },
    Case {
        files: "CreateEf A id=~0 maxsize=8 read=always\n",
        contents: "",
        says: "`id`",
    },
    Case {
        files: "CreateDf APP id=0x5015 \
                aid=~0x{A0 00 00 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D}\nEndDF\n",
        contents: "",
        says: "`aid`",
    },
    Case {
        files: "CreateEf A id=0x4401 maxsize=~3 read=always\n",
        contents: "File Static A\ndata = 'long'\nEndfile\n",
        says: "file `A` has room for 3 bytes, but its data takes 4",
    },
    Case {
        files: "",
        contents: "File Static ~GONE\ndata = 'x'\nEndfile\n",
        says: "`GONE`",
    },
    Case {
        files: "",
        contents: "~CreateEf LOST id=0x4401 maxsize=8 read=always\n",
        says: "`CreateEf`",
    },
    Case {
        files: "CreateKey K ref=1 type=rsa2048 public=~GONE\n",
        contents: "",
        says: "this is no elementary file of the profile",
    },
    Case {
        files: "CreateKey K ref=1 type=~rsa3072\n",
        contents: "",
        says: "CardOS 4.4 has no such key: its RSA keys have 512, 768, 1024, 1280, 1536, 1792, 2048 bits",
    },
    Case {
        files: "CreatePin PIN3 value=~SEC_PIN3\n",
        contents: "",
        says: "PIN3 gets 20 bytes, it takes 4 to 8",
    },
    Case {
        files: "CreateEf A id=0x4401 maxsize=~70000 read=always\n",
        contents: "",
        says: "`maxsize`",
    },
    Case {
        files: "CreateEf ~A maxsize=8 read=always\n",
        contents: "",
        says: "`A`",
    },
    Case {
        files: "CreateEf A id=0x4401 maxsize=8 read=~PIM1\n",
        contents: "",
        says: "`PIM1`",
    },
];

/// The profile without its mark, and where the mark stood.
fn profile(case: &Case) -> (String, usize) {
    let text = format!(
        "CardModel 'SIEMENS44'\nSEC_PIN3 = SECRANDOM(20)\nMasterFile\n{}Endfile\n{}CreateFiles()\n",
        case.files, case.contents
    );
    let at = text.find('~').unwrap();
    (text.replacen('~', "", 1), at)
}

#[test]
fn each_defect_is_told_at_its_place_and_nothing_is_sent() {
    let mut wrong = Vec::new();
    for case in CASES {
        let (text, at) = profile(case);
        let here = Sandbox::new()
            .file("lab.cpf", &text)
            .file("card.dsc", DESCRIPTION)
            .file("job.toml", JOB);
        let run = [
            "run",
            "card.dsc",
            "--job",
            "job.toml",
            "--token",
            "sim:card.img",
        ];
        let mut command = here.perso(&run);
        let output = command.env("PIN", "246810").env("PUK", "13579135");
        let output = output.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        let line = text[..at].matches('\n').count() + 1;
        let column = at - text[..at].rfind('\n').map_or(0, |end| end + 1) + 1;
        let place = format!("lab.cpf:{line}:{column}\n");
        let says = told.contains(case.says) && told.contains(&place);
        if output.status.code() != Some(1) || !says || here.path("card.img").exists() {
            wrong.push(format!("{}\nwants {place}{}\n{told}", text, case.says));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n=======\n"));
}
