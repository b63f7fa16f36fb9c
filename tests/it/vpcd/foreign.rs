//! A card in the reader that is no simulation to perso: it does not say that it takes the commands of
//! ISO 7816.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::linux::net::TcpStreamExt as _;
use std::process::Stdio;

use getrandom::SysRng;
use perso::card::apdu::ins;
use perso::card::serve::VPCD;
use perso::card::simulator::{Card, Options, objects};
use rand_core::UnwrapErr;

use super::reader::{Reader, is_installed};
use super::{SECRETS, run_example};
use crate::sandbox::Sandbox;

/// Makes this program a card, see [`a_card`].
const PLAYED: &str = "PERSO_TEST_CARD";

/// The other end of the reader, in the reader's namespace: until the reader goes away.
#[test]
#[ignore = "a part of another test, which runs it by itself"]
fn a_card() {
    if std::env::var_os(PLAYED).is_none() {
        return;
    }
    let mut reader = TcpStream::connect(VPCD).unwrap();
    let mut card = Card::new(Options::default(), UnwrapErr(SysRng));
    while let Some(frame) = receive(&mut reader) {
        let answer = match frame.as_slice() {
            [4] => card.atr().to_vec(),
            [_] => {
                card.reset();
                continue;
            }
            command if asks_who_it_is(command) => vec![0x6A, 0x88],
            command => card.transmit(command),
        };
        let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
        reader.write_all(&[&length[..], &answer].concat()).unwrap();
    }
}

fn receive(reader: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    reader.set_quickack(true).ok()?;
    reader.read_exact(&mut length).ok()?;
    let mut frame = vec![0; u16::from_be_bytes(length).into()];
    reader.set_quickack(true).ok()?;
    reader.read_exact(&mut frame).ok()?;
    Some(frame)
}

fn asks_who_it_is(command: &[u8]) -> bool {
    let [high, low] = objects::IDENTIFICATION.to_be_bytes();
    command.starts_with(&[0, ins::GET_DATA, high, low])
}

#[test]
fn it_is_laid_out_by_force_alone() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    let reader = Reader::new(&here);
    let this = std::env::current_exe().unwrap();
    let arguments = ["--ignored", "--exact", "vpcd::foreign::a_card"];
    let mut card = reader.command(this.to_str().unwrap(), &arguments);
    let card = card.env(PLAYED, "1").stdout(Stdio::null());
    let mut card = card.spawn().unwrap();
    reader.wait_for_card();
    let run = |more: &[&str]| {
        let arguments = run_example("profile-variables/badge.dsc", "pcsc:Virtual PCD 00 00");
        let mut arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        arguments.extend(more);
        let mut perso = reader.command(env!("CARGO_BIN_EXE_perso"), &arguments);
        let output = perso.envs(SECRETS).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), err)
    };
    let (code, err) = run(&["--irreversible"]);
    assert!(code == Some(6) && err.contains("--force-iso"), "{err}");
    let (code, err) = run(&["--force-iso"]);
    assert!(code == Some(6) && err.contains("--irreversible"), "{err}");
    let (code, err) = run(&["--force-iso", "--irreversible"]);
    assert_eq!(code, Some(0), "{err}");
    drop(reader);
    card.wait().unwrap();
}
