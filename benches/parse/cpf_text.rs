//! Card profiles of any size, of the kind that authors write, and one that nobody should.

/// Applications with directories, files and contents, in the proportions of a real profile.
pub(crate) fn profile(length: usize) -> String {
    let mut text = String::with_capacity(length + 4096);
    text.push_str("MakeCardEraseable()\nCardModel 'SIEMENS50'\nPROFILENAME = 'P15_Bench'\n");
    let mut number = 0;
    while text.len() < length {
        number += 1;
        text.push_str(&application(number));
    }
    text.push_str("CreateFiles()\n");
    text
}

fn application(number: usize) -> String {
    let id = number % 0x3000 + 0x1000;
    let hex = "   30 1A                            ; common object attributes\n      0C 11 44 69 67 \
               69 74 61 6C 20 53    ; label\n      03 02 06 40                   ; flags: modifiable\n\
               \x20        3F 00 50 15 45 41\n"
        .repeat(5);
    format!(
        "\n; ..application {number}\nSEC_PIN1 = SECRANDOM(8, '0123456789') ; digits\n\
         PERSINFO_PUT_SEC(SEC_PIN1)\nMasterFile\n\
         CreateDf DF{number} id=0x{id:04X} maxsize=22000 update=always create=always \\\n   \
         aid=0x{{A0 00 00 00 63 50 4B 43 53 2D 31 35}}\n\
         CreateEf EFODF{number} id=0x5031 maxsize=auto read=always update=always\n\
         CreateEf EFCDF{number}    id=0x4441 maxsize=1700 read=always update=PIN1|SO\n\
         EndDF  ; DF{number}\nEndfile\n\n\
         File Static EFODF{number}\ndata= 0x{{\n{hex}}}\nEndfile\n\n\
         File Static EFCDF{number}\ndata= 0x{{\n{hex}}}\nEndfile\n"
    )
}

/// Hex data left open on every third line.
pub(crate) fn left_open(length: usize) -> String {
    let lines = "SEC_OP = 0x{ 41 42 43 44\n  45 46 47 48 ; more\n  49 4A\n";
    lines.repeat(length / lines.len())
}
