//! Any bytes in the files of the application, and any answers of a card, are orderly.

use proptest::prelude::*;

use super::super::content::Edit;
use super::*;

/// A card with these bytes in its files, before activation.
fn card_with(odf: &[u8], info: &[u8], cdf: &[u8]) -> Card {
    let mut card = Card::new(Options::default(), ChaCha8Rng::seed_from_u64(7));
    create(&mut card, &FileControl::df(fid::APPLICATION, 0), &[]);
    for (id, content) in [(fid::ODF, odf), (fid::TOKEN_INFO, info), (0x4441, cdf)] {
        create(
            &mut card,
            &FileControl::ef(id, content.len() as u32),
            content,
        );
    }
    card
}

fn announced() -> Vec<u8> {
    let path = Path::of(&[HOME[0], HOME[1], 0x4441]);
    let kinds = [ObjectKind::Certificates, ObjectKind::DataObjects];
    encode_all(&kinds.map(|kind| DirectoryEntry {
        kind,
        path: path.clone(),
    }))
}

/// Bytes that are near to entries: some of them changed.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let entries = encode_all(&[1, 2, 3].map(|it| old_certificate(it).0));
    let change = prop::collection::vec((0..entries.len(), any::<u8>()), 0..4);
    (change, 0..60_usize).prop_map(move |(changes, padding)| {
        let mut bytes = entries.clone();
        changes.into_iter().for_each(|(at, byte)| bytes[at] = byte);
        bytes.resize(bytes.len() + padding, 0);
        bytes
    })
}

fn try_everything(card: &mut Card) {
    let Ok(Some(mut application)) = Application::open(card, SHORT) else {
        return;
    };
    for listed in application.certificates() {
        let _ = application.read_certificate(card, &listed);
    }
    for listed in application.data_objects() {
        let _ = application.read_data(card, &listed);
    }
    let (public, guard, value) = (ec(), guard(), der(1, 30));
    let _ = application.add_pin_entry(card, &pin());
    let _ = application.add_certificate(card, &certificate(&value, Some(&guard)));
    let _ = application.add_key_pair(card, &pair(&public, &guard));
    let _ = application.set_token_info(card, Some("label"), Some(&[1]));
    for listed in application.certificates() {
        let _ = application.remove(card, &listed);
    }
}

fn entries(content: &Content) -> Vec<Vec<u8>> {
    let elements = content.elements();
    elements.map(|it| content.0[it.span()].to_vec()).collect()
}

/// Answers with whatever it was given, in turns.
struct Anything(Vec<(Vec<u8>, u16)>, usize);

impl Channel for Anything {
    fn transmit(&mut self, _: &Command) -> Result<Response, ChannelError> {
        self.1 += 1;
        let (data, sw) = &self.0[self.1 % self.0.len()];
        Ok(Response::new(data.clone(), Sw(*sw)))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_in_the_directories(
        odf in prop_oneof![Just(announced()), prop::collection::vec(any::<u8>(), 0..40)],
        info in prop::collection::vec(any::<u8>(), 0..30),
        cdf in prop_oneof![nearly(), prop::collection::vec(any::<u8>(), 0..300)],
    ) {
        try_everything(&mut card_with(&odf, &info, &cdf));
    }

    #[test]
    fn an_extension_keeps_every_byte_of_others(cdf in nearly()) {
        let mut card = card_with(&announced()[..12], &[], &cdf);
        let mut application = open(&mut card);
        let before = application.directories[0].content.clone();
        let value = der(1, 30);
        if application.add_certificate(&mut card, &certificate(&value, None)).is_ok() {
            let after = open(&mut card);
            prop_assert_eq!(after.directories.len(), 1);
            let used = before.used().unwrap();
            prop_assert_eq!(&after.directories[0].content.0[..used], &before.0[..used]);
            let problems = |it: &Application| -> Vec<String> {
                it.defects().iter().map(|it| it.problem.clone()).collect()
            };
            prop_assert_eq!(problems(&after), problems(&application));
        }
    }

    #[test]
    fn a_list_is_the_old_one_until_the_last_write(
        sizes in prop::collection::vec(0..80_usize, 1..6),
        at: prop::sample::Index,
        entry in (1..80_usize).prop_map(|it| der(0xEE, it)),
        junk in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let old: Vec<_> = sizes.iter().map(|it| der(0x55, *it)).collect();
        // Padding, then whatever an interrupted change left.
        let content = Content([old.concat(), vec![0], junk].concat());
        let at = at.index(old.len());
        let element = content.elements().nth(at).unwrap();
        let mut appended = old.clone();
        appended.push(entry.clone());
        let mut removed = old.clone();
        removed.remove(at);
        let mut replaced = old.clone();
        replaced[at].clone_from(&entry);
        let edits = [
            (content.append(&entry), appended),
            (content.remove(&element), removed),
            (content.replace(&element, &entry, SHORT), replaced),
        ];
        for (edit, new) in edits {
            let mut content = content.clone();
            match edit.unwrap() {
                Edit::Rewrite(bytes) => prop_assert_eq!(bytes, new.concat()),
                Edit::InPlace(writes) => {
                    for write in &writes {
                        prop_assert_eq!(entries(&content), old.clone());
                        content.apply(write);
                    }
                    prop_assert_eq!(entries(&content), new);
                }
            }
        }
    }

    #[test]
    fn any_answers(
        answers in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..20), prop_oneof![
                Just(0x9000), Just(0x6282), Just(0x6A82), Just(0x6982), Just(0x6B00), any::<u16>(),
            ]),
            1..9,
        ),
    ) {
        let mut card = Anything(answers, 0);
        if let Ok(Some(mut application)) = Application::open(&mut card, SHORT) {
            let value = der(1, 30);
            let _ = application.add_certificate(&mut card, &certificate(&value, None));
            let _ = application.set_token_info(&mut card, Some("label"), None);
        }
    }
}
