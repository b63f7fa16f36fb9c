//! Any small tree: every file reads back, and no command is too many.

use proptest::prelude::*;

use super::*;

/// A file with its content, or a folder.
#[derive(Clone, Debug)]
enum Node {
    File {
        content: Option<Vec<u8>>,
        spare: u16,
        later: bool,
    },
    Folder(Vec<Node>),
}

fn file() -> impl Strategy<Value = Node> {
    let byte = prop_oneof![Just(0), any::<u8>()];
    let content = prop::option::of(prop::collection::vec(byte, 1..700));
    (content, 0..40_u16, any::<bool>()).prop_map(|(content, spare, later)| Node::File {
        content,
        spare: spare + 1,
        later,
    })
}

fn tree() -> impl Strategy<Value = Vec<Node>> {
    let node = file().prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            2 => file(),
            1 => prop::collection::vec(inner, 0..4).prop_map(Node::Folder),
        ]
    });
    prop::collection::vec(node, 0..5)
}

/// A tree as a program, with the number of commands that cannot be had cheaper.
#[derive(Default)]
struct Build {
    actions: Vec<CardAction<Known>>,
    later: Vec<(Vec<u16>, Vec<u8>)>,
    expected: Vec<(Vec<u16>, Vec<u8>)>,
    files: usize,
    written: Vec<usize>,
    returns: usize,
    last: Vec<u16>,
}

impl Build {
    fn folder(&mut self, around: &[u16], nodes: &[Node]) {
        // Files first: a folder that was left is selected again for each further folder only.
        let folders = nodes.iter().filter(|it| matches!(it, Node::Folder(_)));
        self.returns += folders.count().saturating_sub(1);
        let mut sorted: Vec<_> = nodes.iter().collect();
        sorted.sort_by_key(|it| matches!(it, Node::Folder(_)));
        for (index, node) in sorted.into_iter().enumerate() {
            let mut path = around.to_vec();
            path.push(0x0101 + around.len() as u16 * 0x0100 + index as u16);
            self.files += 1;
            self.last.clone_from(&path);
            match node {
                Node::Folder(inner) => {
                    self.actions.push(df(&path, open(true)));
                    self.folder(&path, inner);
                }
                Node::File {
                    content,
                    spare,
                    later,
                } => self.file(path, content.as_deref(), *spare, *later),
            }
        }
    }

    fn file(&mut self, path: Vec<u16>, content: Option<&[u8]>, spare: u16, later: bool) {
        let bytes = content.unwrap_or_default();
        let size = bytes.len() as u16 + spare;
        self.actions.push(ef(&path, size, open(false)));
        if content.is_some() {
            let end = bytes.iter().rposition(|it| *it != 0).map_or(0, |it| it + 1);
            self.written.push(end);
            match later {
                true => self.later.push((path.clone(), bytes.to_vec())),
                false => self.actions.push(write(&path, known(bytes))),
            }
        }
        let mut whole = bytes.to_vec();
        whole.resize(size.into(), 0);
        self.expected.push((path, whole));
    }

    /// Adds what is written later, and counts its SELECTs.
    fn finish(&mut self) -> usize {
        let mut current = self.last.clone();
        let mut selects = 0;
        for (path, content) in std::mem::take(&mut self.later) {
            if content.iter().any(|it| *it != 0) && current != path {
                selects += 1;
                current.clone_from(&path);
            }
            self.actions.push(write(&path, known(&content)));
        }
        selects
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_file_reads_back_and_no_command_is_too_many(
        tree in tree(),
        data_field in prop_oneof![Just(255_usize), 64..600_usize, Just(65_535)],
    ) {
        let mut build = Build {
            actions: vec![CardAction::SelectMasterFile],
            ..Build::default()
        };
        build.folder(&[], &tree);
        let selects = build.finish();
        let setup = Setup { data_field, ..ISO };
        let program = program(build.actions);
        let items = assemble(&program, &setup).unwrap();
        let mut card = card();
        execute(&items, &mut card).unwrap();
        let pieces: usize = build.written.iter().map(|it| it.div_ceil(data_field)).sum();
        prop_assert_eq!(items.len(), 1 + build.files + pieces + build.returns + selects);
        for (path, content) in build.expected {
            prop_assert_eq!(read(&mut card, &path, content.len()), content);
        }
    }
}

#[test]
fn files_above_32_kib_take_the_odd_instruction() {
    let content: Vec<u8> = (0..60_000_u32).map(|n| (n % 253) as u8 + 1).collect();
    let actions = || {
        vec![
            CardAction::SelectMasterFile,
            ef(&[0x4541], 65_535, open(false)),
            write(&[0x4541], known(&content)),
        ]
    };
    for (data_field, short, odd) in [
        (255, 129, (60_000_usize - 32_895).div_ceil(248)),
        (20_000, 2, 2),
        (65_535, 1, 0),
    ] {
        let setup = Setup { data_field, ..ISO };
        let mut card = card();
        let items = run(&program(actions()), &setup, &mut card);
        assert_eq!(count(&items, ins::UPDATE_BINARY), short, "{data_field}");
        assert_eq!(count(&items, ins::UPDATE_BINARY_ODD), odd, "{data_field}");
        assert_eq!(read(&mut card, &[0x4541], 60_000), content);
    }
}
