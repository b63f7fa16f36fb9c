//! The contents of a card's files in hexadecimal and ASCII, as its owner sees them.
//!
//! Reads past access rules, but never a PIN or a private key: those lie in no file. The unused end
//! of a file is told, not printed.

use std::fmt::Write as _;

use super::simulator::{Card, FileKey, Files};

/// Bytes on one line.
const WIDTH: usize = 16;

/// Every elementary file with its path, size and contents, in the order of creation. Ends in a
/// newline; empty if the card has no files.
#[must_use]
pub fn dump(card: &Card) -> String {
    let mut text = String::new();
    file(&card.state().files, Files::MF, "3F00", &mut text);
    text
}

fn file(files: &Files, key: FileKey, path: &str, text: &mut String) {
    let Ok(this) = files.get(key) else {
        return;
    };
    if !this.control.is_df() {
        contents(path, &this.data, this.used, text);
    }
    for (child, below) in files.children(key) {
        file(
            files,
            child,
            &format!("{path}/{:04X}", below.control.id),
            text,
        );
    }
}

fn contents(path: &str, data: &[u8], used: usize, text: &mut String) {
    if !text.is_empty() {
        text.push('\n');
    }
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{path}  {} bytes", data.len());
    let used = data.get(..used).unwrap_or(data);
    for (line, bytes) in used.chunks(WIDTH).enumerate() {
        let _ = writeln!(text, "{}", row(line * WIDTH, bytes));
    }
    match data.len() - used.len() {
        0 => {}
        free => {
            let _ = writeln!(text, "        {free} bytes never written");
        }
    }
}

/// `0010  30 1C 02 01 …  |0...|`
fn row(offset: usize, bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(WIDTH * 3);
    for byte in bytes {
        let _ = write!(hex, "{byte:02X} ");
    }
    let shown = bytes.iter().map(|byte| match byte {
        0x20..=0x7E => char::from(*byte),
        _ => '.',
    });
    let ascii: String = shown.collect();
    format!("  {offset:04X}  {hex:<48} |{ascii}|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_that_was_never_written_is_told() {
        let mut text = String::new();
        contents("3F00/5015/5032", b"Employee card\0\xFF!more", 19, &mut text);
        contents("3F00/5015/4401", &[0; 8], 0, &mut text);
        assert_eq!(
            text,
            "3F00/5015/5032  20 bytes\n  \
             0000  45 6D 70 6C 6F 79 65 65 20 63 61 72 64 00 FF 21  |Employee card..!|\n  \
             0010  6D 6F 72                                         |mor|\n        \
             1 bytes never written\n\n\
             3F00/5015/4401  8 bytes\n        8 bytes never written\n"
        );
    }
}
