//! A reader of our own, in the same process.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tempfile::TempDir;

use super::*;
use crate::card::simulator::{CARDOS_5_0_ATR, Options};

fn card() -> Card {
    Card::new(Options::default(), ChaCha20Rng::from_seed([7; 32]))
}

/// Listens like vpcd.
struct Slot(TcpListener);

impl Slot {
    fn new() -> Self {
        Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    fn accept(&self) -> Reader {
        Reader(self.0.accept().unwrap().0)
    }
}

struct Reader(TcpStream);

impl Reader {
    /// Length and body apart, as vpcd 3.3 does.
    fn put(&mut self, bytes: &[u8]) {
        let length = u16::try_from(bytes.len()).unwrap();
        self.0.write_all(&length.to_be_bytes()).unwrap();
        self.0.write_all(bytes).unwrap();
    }

    fn get(&mut self) -> Vec<u8> {
        let mut length = [0; 2];
        self.0.read_exact(&mut length).unwrap();
        let mut bytes = vec![0; u16::from_be_bytes(length).into()];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn ask(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.put(bytes);
        self.get()
    }
}

const SELECT_MF: &[u8] = &[0, 0xA4, 0, 0x0C, 2, 0x3F, 0];
const CREATE_EF: &[u8] = &[
    0, 0xE0, 0, 0, 0x0D, 0x62, 0x0B, 0x80, 2, 0, 8, 0x82, 1, 1, 0x83, 2, 0x12, 0x34,
];
const OK: &[u8] = &[0x90, 0];

#[test]
fn controls_are_obeyed_and_only_the_atr_is_answered() {
    let slot = Slot::new();
    let (address, stop) = (slot.address(), Stop::new());
    let other = stop.clone();
    let served = thread::spawn(move || Server::new(card()).serve(address, &other, &mut |_| {}));
    let mut reader = slot.accept();
    assert_eq!(reader.ask(&[4]), CARDOS_5_0_ATR);
    for control in [1, 2, 9, 0, 1] {
        reader.put(&[control]);
    }
    assert_eq!(reader.ask(SELECT_MF), OK);
    assert_eq!(reader.ask(&[]), [0x67, 0]);
    assert_eq!(reader.ask(&[0, 0xA4]), [0x67, 0]);
    stop.now();
    served.join().unwrap().unwrap();
}

#[test]
fn what_was_answered_is_in_the_image_and_a_reader_may_come_back() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("card.img");
    image::write(&path, &card()).unwrap();
    let slot = Slot::new();
    let (address, stop) = (slot.address(), Stop::new());
    let mut server = Server::new(card()).kept_in(&path);
    let other = stop.clone();
    let served = thread::spawn(move || server.serve(address, &other, &mut |_| {}));
    let mut reader = slot.accept();
    assert_eq!(reader.ask(CREATE_EF), OK);
    let kept = image::read(&path, ChaCha20Rng::from_seed([7; 32])).unwrap();
    assert_eq!(kept.state().files.iter().count(), 2);
    drop(reader);
    let mut reader = slot.accept();
    assert_eq!(reader.ask(&[0, 0xA4, 2, 0x0C, 2, 0x12, 0x34]), OK);
    stop.now();
    served.join().unwrap().unwrap();
}

#[test]
fn a_card_that_cannot_be_kept_gives_no_answer() {
    let slot = Slot::new();
    let address = slot.address();
    let mut server = Server::new(card()).kept_in(Path::new("/nowhere/card.img"));
    let served = thread::spawn(move || server.serve(address, &Stop::new(), &mut |_| {}));
    let mut reader = slot.accept();
    reader.put(CREATE_EF);
    let error = served.join().unwrap().unwrap_err();
    assert!(matches!(error, ServeError::Image(_)), "{error}");
}

#[test]
fn no_reader_and_a_silent_one_are_told_apart() {
    let slot = Slot::new();
    let address = slot.address();
    let mut server = Server::new(card());
    let taken = server.serve(address, &Stop::new(), &mut |_| {});
    assert!(matches!(taken, Err(ServeError::SlotTaken { .. })));
    drop(slot);
    let none = server.serve(address, &Stop::new(), &mut |_| {});
    assert!(matches!(none, Err(ServeError::NoReader { .. })));
}
