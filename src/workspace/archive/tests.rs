//! Archives as they should be, as they should not be, and as they are made to hurt.

use std::io::Write;

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn packed(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn stored(files: &[(&str, &[u8])]) -> Vec<u8> {
    packed(files, CompressionMethod::Stored)
}

/// The bytes with every `old` as `new`, of the same length.
fn patched(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut bytes = bytes.to_vec();
    let places: Vec<_> = memmem::find_iter(&bytes, old).collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place..place + new.len()].copy_from_slice(new);
    }
    bytes
}

/// Sets two bytes in the header before the member and in its record in the list; their offsets are
/// those of APPNOTE 4.3.7 and 4.3.12.
fn with_field(mut bytes: Vec<u8>, local: usize, central: usize, value: u16) -> Vec<u8> {
    let record = memmem::find(&bytes, RECORD).unwrap();
    bytes[local..local + 2].copy_from_slice(&value.to_le_bytes());
    let at = record + central;
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    bytes
}

fn open(bytes: Vec<u8>) -> Result<(Archive, Vec<Refused>), Reason> {
    Archive::open(bytes)
}

fn refusal(bytes: Vec<u8>) -> Reason {
    open(bytes).err().unwrap()
}

/// The only refused member.
fn refused(bytes: Vec<u8>) -> Refused {
    let (archive, mut refused) = open(bytes).unwrap();
    assert_eq!((archive.paths().count(), refused.len()), (0, 1));
    refused.pop().unwrap()
}

#[test]
fn members_are_read() {
    let files: [(&str, &[u8]); 3] = [("sub/b.cpf", b"B"), ("a.dsc", b"A"), ("c.apdu", b"")];
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let (mut archive, refused) = open(packed(&files, method)).unwrap();
        assert_eq!(refused, []);
        let paths: Vec<_> = archive.paths().collect();
        assert_eq!(paths, ["a.dsc", "c.apdu", "sub/b.cpf"]);
        assert_eq!(archive.read("a.dsc"), Ok(b"A".to_vec()));
        assert_eq!(archive.read("sub/b.cpf"), Ok(b"B".to_vec()));
        assert_eq!(archive.read("b.cpf"), Err(Reason::NotFound));
    }
}

#[test]
fn folders_are_no_members_and_backslashes_part_names() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.add_directory("sub/", options).unwrap();
    writer.start_file("sub\\a.dsc", options).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let (archive, _) = open(bytes).unwrap();
    assert_eq!(archive.paths().collect::<Vec<_>>(), ["sub/a.dsc"]);
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in [
        "../a.dsc",
        "sub/../../a.dsc",
        "sub/..",
        "..\\a.dsc",
        "/etc/a.dsc",
        "\\a.dsc",
        "C:\\a.dsc",
        "c:a.dsc",
    ] {
        // The writer would mend some of these names, so they are put in afterwards.
        let other = "x".repeat(name.len());
        let bytes = patched(&stored(&[(&other, b"")]), other.as_bytes(), name.as_bytes());
        let reason = Reason::LeadsOut;
        let name = name.to_owned();
        assert_eq!(refused(bytes), Refused { name, reason });
    }
}

#[test]
fn names_that_no_file_can_have_are_refused() {
    for name in ["a\0b.dsc", "."] {
        let other = "x".repeat(name.len());
        let bytes = patched(&stored(&[(&other, b"")]), other.as_bytes(), name.as_bytes());
        assert_eq!(refused(bytes).reason, Reason::NamelessMember);
    }
}

#[test]
fn names_that_stand_twice_are_refused() {
    let two = stored(&[("a.dsc", b"1"), ("b.dsc", b"2")]);
    assert_eq!(refusal(patched(&two, b"b.dsc", b"a.dsc")), Reason::SameName);
    let (archive, refused) = open(stored(&[("a.dsc", b"1"), ("A.DSC", b"2")])).unwrap();
    assert_eq!(archive.paths().collect::<Vec<_>>(), ["a.dsc"]);
    let other = "a.dsc".to_owned();
    assert_eq!(refused[0].reason, Reason::SimilarName { other });
    let (_, refused) = open(stored(&[("s/a.dsc", b"1"), ("s//a.dsc", b"2")])).unwrap();
    assert_eq!(refused[0].reason, Reason::SameName);
}

#[test]
fn what_is_encrypted_or_packed_otherwise_is_told() {
    let one = stored(&[("a.dsc", b"text")]);
    let (mut archive, _) = open(with_field(one.clone(), 6, 8, 1)).unwrap();
    assert_eq!(archive.read("a.dsc"), Err(Reason::Encrypted));
    for (number, method) in [
        (9, "Deflate64"),
        (12, "BZIP2"),
        (14, "LZMA"),
        (93, "Zstandard"),
    ] {
        let (mut archive, _) = open(with_field(one.clone(), 8, 10, number)).unwrap();
        let method = method.to_owned();
        assert_eq!(archive.read("a.dsc"), Err(Reason::Packed { method }));
    }
}

#[test]
fn links_and_archives_are_not_opened() {
    let inner = stored(&[("a.dsc", b"")]);
    assert_eq!(
        refused(stored(&[("inner.dsz", &inner)])).reason,
        Reason::ArchiveInArchive
    );
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.add_symlink("a.dsc", "/etc/passwd", options).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(refused(bytes).reason, Reason::LinkInArchive);
}

#[test]
fn what_is_no_archive_is_damaged() {
    let whole = stored(&[("a.dsc", b"text"), ("b.cpf", b"text")]);
    let texts: [&[u8]; 4] = [b"", b"PK", b"[Encoding]\n", &[0; 100_000]];
    for bytes in texts {
        assert_eq!(refusal(bytes.to_vec()), Reason::NoArchive);
    }
    for end in 0..whole.len() {
        let reason = refusal(whole[..end].to_vec());
        let is_told = matches!(reason, Reason::NoArchive | Reason::Damaged(_));
        assert!(is_told, "{end}: {reason:?}");
    }
}

#[test]
fn changed_bytes_are_noticed() {
    let bytes = patched(&stored(&[("a.dsc", b"text")]), b"text", b"TEXT");
    let (mut archive, _) = open(bytes).unwrap();
    assert!(matches!(archive.read("a.dsc"), Err(Reason::Damaged(_))));
}

/// A header that names another file than the list does: some programs believe the one, some the
/// other.
#[test]
fn two_minds_about_a_name_are_damage() {
    let mut bytes = stored(&[("a.dsc", b"text")]);
    let at = memmem::find(&bytes, b"a.dsc").unwrap();
    bytes[at] = b'b';
    assert!(matches!(refusal(bytes), Reason::Damaged(_)));
}

#[test]
fn what_grows_too_much_is_not_unpacked() {
    let zeros = vec![0; 10 << 20];
    let bytes = packed(&[("a.dsc", &zeros)], CompressionMethod::Deflated);
    assert!(bytes.len() < 20_000);
    let (mut archive, _) = open(bytes).unwrap();
    assert_eq!(archive.read("a.dsc"), Err(Reason::Bomb));
    // A short text may be as dull as it likes.
    let (mut archive, _) = open(packed(
        &[("a.dsc", &zeros[..1 << 20])],
        CompressionMethod::Deflated,
    ))
    .unwrap();
    assert_eq!(archive.read("a.dsc").map(|bytes| bytes.len()), Ok(1 << 20));
}

/// Each of these is harmless alone, all of them are not.
#[test]
fn what_is_read_of_an_archive_has_an_end() {
    let zeros = vec![0; 1 << 20];
    let names: Vec<_> = (0..70).map(|number| format!("{number}.dsc")).collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), &zeros[..]))
        .collect();
    let (mut archive, _) = open(packed(&files, CompressionMethod::Deflated)).unwrap();
    let read = names
        .iter()
        .filter(|name| archive.read(name).is_ok())
        .count();
    assert_eq!(read, 64);
}

#[test]
fn the_number_of_members_has_a_limit() {
    let names: Vec<_> = (0..=MEMBERS)
        .map(|number| format!("{number}.txt"))
        .collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert!(open(stored(&files[1..])).is_ok());
    assert_eq!(refusal(stored(&files)), Reason::TooManyMembers);
    assert_eq!(refusal(RECORD.repeat(1_000_000)), Reason::TooManyMembers);
}

proptest! {
    /// Whatever the bytes, there is an answer.
    #[test]
    fn every_change_of_an_archive_is_answered(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let files: [(&str, &[u8]); 2] = [("a.dsc", b"aaaaaaaaaaaaaaaaaaaaaaaa"), ("s/b.cpf", b"b")];
        let mut bytes = packed(&files, CompressionMethod::Deflated);
        for (place, byte) in changes {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok((mut archive, _)) = open(bytes) {
            let paths: Vec<_> = archive.paths().map(str::to_owned).collect();
            for path in paths {
                let _ = archive.read(&path);
            }
        }
    }
}
