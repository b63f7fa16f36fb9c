//! The keys that decrypt PINs as Identity Manager lists them (Personal): `engineSignEncrypt.xml` has
//! keys and descriptors of them, and `pinBlobDecryptor.keyDescriptorNames` of `system.properties`
//! says which descriptors are meant.
//!
//! Works on texts; the files are read elsewhere. Errors name descriptors and keys, never a PIN.
//! *perso*: of a descriptor in several versions each is used, what is not absolute is relative to
//! the folder of `engineSignEncrypt.xml`, and so is what begins with `classpath:`.

use std::path::{Path, PathBuf};

use roxmltree::{Document, Error, Node};

use super::{DecryptionKey, Given, HsmKey, Supply};
use crate::secret::Secret;
use crate::source::nearest;

/// The property that lists descriptors, separated by commas.
const NAMES: &str = "pinBlobDecryptor.keyDescriptorNames";
/// More elements than any configuration has.
const MOST_NODES: u32 = 100_000;

/// The two files of Identity Manager.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentityManager {
    /// `engineSignEncrypt.xml`.
    pub engine: PathBuf,
    /// `system.properties`.
    pub properties: PathBuf,
}

/// What is wrong with one of the files.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityManagerError {
    /// Broken XML; the parser's own words could quote a PIN.
    #[error("it is no well-formed XML (line {line}, column {column})")]
    Xml {
        /// 1-based.
        line: u32,
        /// 1-based.
        column: u32,
    },
    /// A document type definition.
    #[error("it has a document type definition (`<!DOCTYPE`), which is refused; delete it")]
    Dtd,
    /// Another root element.
    #[error("its root element is not `engineSignEncrypt`")]
    Root,
    /// The property is missing or empty.
    #[error("it names no descriptor in `{NAMES}`")]
    NoNames,
    /// No such descriptor or key.
    #[error("there is no {what} `{name}`{}", hint(near.as_deref()))]
    Missing {
        /// `descriptor`, `key`.
        what: &'static str,
        /// Its name.
        name: String,
        /// One of a similar name.
        near: Option<String>,
    },
    /// An element lacks an attribute.
    #[error("the {what} `{name}` has no `{attribute}`")]
    NoAttribute {
        /// `descriptor`, `key`.
        what: &'static str,
        /// Its name.
        name: String,
        /// The attribute of its `type`.
        attribute: &'static str,
    },
    /// A descriptor for another purpose.
    #[error(
        "the descriptor `{name}` has algorithm `{algorithm}`; to decrypt PINs it has to be `RSA`"
    )]
    Algorithm {
        /// Its name.
        name: String,
        /// Its algorithm.
        algorithm: String,
    },
    /// A key that is kept in another way.
    #[error("the key `{name}` is of type `{kind}`; perso reads the types `pkcs12` and `HSM`")]
    Kind {
        /// Its name.
        name: String,
        /// Its type.
        kind: String,
    },
    /// A slot that is no number.
    #[error("the slot of the key `{name}` is not a decimal number")]
    Slot {
        /// The name of the key.
        name: String,
    },
}

fn hint(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

impl IdentityManager {
    /// The names of the descriptors whose keys decrypt PINs, from the text of `system.properties`.
    ///
    /// # Errors
    /// [`IdentityManagerError::NoNames`].
    pub fn descriptors(properties: &str) -> Result<Vec<String>, IdentityManagerError> {
        let listed = property(properties, NAMES).unwrap_or_default();
        let names = listed.split(',').map(str::trim);
        let names: Vec<_> = names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        match names.is_empty() {
            true => Err(IdentityManagerError::NoNames),
            false => Ok(names),
        }
    }

    /// The keys of `descriptors`, from the text of `engineSignEncrypt.xml`.
    ///
    /// # Errors
    /// [`IdentityManagerError`] says what is missing or not supported.
    pub fn keys(
        &self,
        engine: &str,
        descriptors: &[String],
    ) -> Result<Vec<DecryptionKey>, IdentityManagerError> {
        let document = parse(engine)?;
        let root = document.root_element();
        if !root.has_tag_name("engineSignEncrypt") {
            return Err(IdentityManagerError::Root);
        }
        let folder = self.engine.parent().unwrap_or(Path::new(""));
        let mut keys = Vec::new();
        for descriptor in descriptors {
            for described in named(root, "descriptors", "descriptor", descriptor)? {
                let key = described_key(descriptor, described)?;
                for kept in named(root, "keys", "key", key)? {
                    keys.push(Entry { name: key, kept }.key(folder)?);
                }
            }
        }
        Ok(keys)
    }
}

fn parse(text: &str) -> Result<Document<'_>, IdentityManagerError> {
    let options = roxmltree::ParsingOptions {
        allow_dtd: false,
        nodes_limit: MOST_NODES,
        ..roxmltree::ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| match error {
        Error::DtdDetected => IdentityManagerError::Dtd,
        other => IdentityManagerError::Xml {
            line: other.pos().row,
            column: other.pos().col,
        },
    })
}

/// The elements `what` of the list `list` with this name, at least one.
fn named<'d>(
    root: Node<'d, 'd>,
    list: &str,
    what: &'static str,
    name: &str,
) -> Result<Vec<Node<'d, 'd>>, IdentityManagerError> {
    let lists = root.children().filter(|node| node.has_tag_name(list));
    let all = lists.flat_map(|list| list.children().filter(|node| node.has_tag_name(what)));
    let all: Vec<_> = all.collect();
    let is_named = |node: &&Node<'_, '_>| node.attribute("name") == Some(name);
    let found: Vec<_> = all.iter().filter(is_named).copied().collect();
    if found.is_empty() {
        let known = all.iter().filter_map(|node| node.attribute("name"));
        return Err(IdentityManagerError::Missing {
            what,
            name: name.to_owned(),
            near: nearest(name, known).map(str::to_owned),
        });
    }
    Ok(found)
}

/// An attribute of the `type` of a descriptor or key.
fn attribute<'d>(
    node: Node<'d, 'd>,
    what: &'static str,
    name: &str,
    attribute: &'static str,
) -> Result<&'d str, IdentityManagerError> {
    let kind = node.children().find(|child| child.has_tag_name("type"));
    kind.and_then(|kind| kind.attribute(attribute))
        .ok_or_else(|| IdentityManagerError::NoAttribute {
            what,
            name: name.to_owned(),
            attribute,
        })
}

/// The name of the key of a descriptor.
fn described_key<'d>(
    name: &str,
    descriptor: Node<'d, 'd>,
) -> Result<&'d str, IdentityManagerError> {
    let algorithm = attribute(descriptor, "descriptor", name, "algorithm")?;
    if !algorithm.eq_ignore_ascii_case("RSA") {
        return Err(IdentityManagerError::Algorithm {
            name: name.to_owned(),
            algorithm: algorithm.to_owned(),
        });
    }
    attribute(descriptor, "descriptor", name, "key")
}

/// A key of the list.
#[derive(Clone, Copy)]
struct Entry<'d> {
    name: &'d str,
    kept: Node<'d, 'd>,
}

impl<'d> Entry<'d> {
    fn key(self, folder: &Path) -> Result<DecryptionKey, IdentityManagerError> {
        let kind = self.attribute("name")?;
        let location = self.attribute("locationValue")?;
        let secret = Given {
            supply: Supply::Literal(Secret::from(self.attribute("pin")?.to_owned())),
            encoding: None,
            at: None,
        };
        match kind.to_ascii_lowercase().as_str() {
            "pkcs12" => Ok(DecryptionKey::Pkcs12 {
                file: folder.join(location.strip_prefix("classpath:").unwrap_or(location)),
                password: secret,
            }),
            "hsm" => Ok(DecryptionKey::Hsm(HsmKey {
                module: HsmKey::module_in(folder, location),
                token: None,
                slot: self.slot()?,
                alias: self.attribute("alias").ok().map(str::to_owned),
                pin: secret,
            })),
            _ => Err(IdentityManagerError::Kind {
                name: self.name.to_owned(),
                kind: kind.to_owned(),
            }),
        }
    }

    fn slot(self) -> Result<Option<u64>, IdentityManagerError> {
        let Ok(slot) = self.attribute("slot") else {
            return Ok(None);
        };
        let number = slot.trim().parse();
        number.map(Some).map_err(|_| IdentityManagerError::Slot {
            name: self.name.to_owned(),
        })
    }

    fn attribute(self, name: &'static str) -> Result<&'d str, IdentityManagerError> {
        attribute(self.kept, "key", self.name, name)
    }
}

/// The value of a property in the format of `java.util.Properties`; the last one counts.
fn property(text: &str, name: &str) -> Option<String> {
    let lines = logical_lines(text);
    let mut values = lines.iter().map(|line| key_and_value(line));
    values.rfind(|(key, _)| key == name).map(|(_, value)| value)
}

/// Lines without comments; one that ends in an odd number of backslashes goes on in the next.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut begun: Option<String> = None;
    for natural in text.split(['\n', '\r']) {
        let natural = natural.trim_start_matches(BLANKS);
        let is_comment = natural.is_empty() || natural.starts_with(['#', '!']);
        if begun.is_none() && is_comment {
            continue;
        }
        let mut line = begun.take().unwrap_or_default();
        let backslashes = natural.bytes().rev().take_while(|byte| *byte == b'\\');
        match backslashes.count() % 2 {
            0 => {
                line.push_str(natural);
                lines.push(line);
            }
            _ => {
                line.push_str(&natural[..natural.len() - 1]);
                begun = Some(line);
            }
        }
    }
    lines.extend(begun);
    lines
}

const BLANKS: [char; 3] = [' ', '\t', '\u{c}'];

fn key_and_value(line: &str) -> (String, String) {
    let mut is_escaped = false;
    let end = line.find(|character: char| {
        let ends = !is_escaped && (BLANKS.contains(&character) || "=:".contains(character));
        is_escaped = !is_escaped && character == '\\';
        ends
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(BLANKS);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (unescaped(key), unescaped(value.trim_start_matches(BLANKS)))
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, characters.as_str().chars().next()) {
            ('\\', Some('u')) => {
                characters.next();
                let digits: String = characters.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                let named = code.and_then(char::from_u32);
                plain.push(named.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            ('\\', Some(escaped)) => {
                characters.next();
                plain.push(match escaped {
                    't' => '\t',
                    'n' => '\n',
                    'r' => '\r',
                    'f' => '\u{c}',
                    other => other,
                });
            }
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENGINE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<engineSignEncrypt>
  <descriptors>
    <descriptor name="PinKeyDescA" version="1"><type algorithm="RSA" key="pinKeyA" /></descriptor>
    <descriptor name="PinKeyDescB" version="1"><type algorithm="RSA" key="pinKeyB" /></descriptor>
    <descriptor name="Bulk" version="1"><type algorithm="AES" key="pinKeyB" /></descriptor>
    <descriptor name="Lost" version="1"><type algorithm="RSA" key="pinKeyC" /></descriptor>
    <descriptor name="Store" version="1"><type algorithm="RSA" key="store" /></descriptor>
  </descriptors>
  <keys>
    <key name="pinKeyA">
      <!-- in a file -->
      <type name="pkcs12" locationValue="classpath:pinKeyA.p12" pin="canary1"/>
    </key>
    <key name="pinKeyB">
      <type name="HSM" locationValue="/opt/hsm/cs_pkcs11.so" pin="canary2" alias="own" slot="3" />
    </key>
    <key name="store"><type name="jks" locationValue="a.jks" pin="canary3"/></key>
  </keys>
</engineSignEncrypt>"#;

    fn manager() -> IdentityManager {
        IdentityManager {
            engine: "/idm/engineSignEncrypt.xml".into(),
            properties: "/idm/system.properties".into(),
        }
    }

    fn keys(engine: &str, names: &[&str]) -> Result<Vec<DecryptionKey>, IdentityManagerError> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        manager().keys(engine, &names)
    }

    #[test]
    fn descriptors_select_keys_in_files_and_hsms() {
        let found = keys(ENGINE, &["PinKeyDescB", "PinKeyDescA"]).unwrap();
        assert!(!format!("{found:?}").contains("canary"));
        let [
            DecryptionKey::Hsm(hsm),
            DecryptionKey::Pkcs12 { file, password },
        ] = &found[..]
        else {
            panic!("{found:?}");
        };
        assert_eq!(hsm.module, Path::new("/opt/hsm/cs_pkcs11.so"));
        assert_eq!((hsm.slot, hsm.alias.as_deref()), (Some(3), Some("own")));
        assert_eq!(file, Path::new("/idm/pinKeyA.p12"));
        let canary = Supply::Literal(Secret::from("canary1".to_owned()));
        assert_eq!(password.supply, canary);
    }

    #[test]
    fn what_is_wrong_is_named_without_a_pin() {
        let cases = [
            (
                "PinKeyDescC",
                "there is no descriptor `PinKeyDescC`; did you mean",
            ),
            ("Lost", "there is no key `pinKeyC`; did you mean"),
            ("Bulk", "has algorithm `AES`"),
            ("Store", "is of type `jks`"),
        ];
        for (name, expected) in cases {
            let words = keys(ENGINE, &[name]).unwrap_err().to_string();
            assert!(words.contains(expected), "{words}");
            assert!(!words.contains("canary"), "{words}");
        }
        let slot = ENGINE.replace("slot=\"3\"", "slot=\"three\"");
        let refused = keys(&slot, &["PinKeyDescB"]);
        assert!(matches!(refused, Err(IdentityManagerError::Slot { .. })));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "\0",
            "<a",
            "<a>&canary;</a>",
            "<a b='&canary;'/>",
            "<a></b>",
        ] {
            let refused = keys(text, &["A"]).unwrap_err();
            assert!(
                matches!(refused, IdentityManagerError::Xml { .. }),
                "{text}: {refused}"
            );
            assert!(!refused.to_string().contains("canary"));
        }
        for text in [
            "<!DOCTYPE a><engineSignEncrypt/>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><engineSignEncrypt/>",
            "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><engineSignEncrypt/>",
        ] {
            assert_eq!(keys(text, &["A"]), Err(IdentityManagerError::Dtd), "{text}");
        }
        assert_eq!(keys("<a/>", &["A"]), Err(IdentityManagerError::Root));
        let nested = "<a>".repeat(90_000) + &"</a>".repeat(90_000);
        assert_eq!(keys(&nested, &["A"]), Err(IdentityManagerError::Root));
    }

    #[test]
    fn properties_are_read_as_java_does() {
        let names = |text: &str| IdentityManager::descriptors(text);
        let both = Ok(vec!["A".to_owned(), "B".to_owned()]);
        for text in [
            "pinBlobDecryptor.keyDescriptorNames=A,B",
            "x=1\r\n  pinBlobDecryptor.keyDescriptorNames : A, B\r\ny=2",
            "pinBlobDecryptor.keyDescriptorNames A,\\\n    B",
            "# pinBlobDecryptor.keyDescriptorNames=C\npinBlobDecryptor.keyDescriptorNames=A,\\u0042,",
            "pinBlobDecryptor.keyDescriptorNames=C\npinBlobDecryptor.keyDescriptorNames=A,B",
        ] {
            assert_eq!(names(text), both, "{text:?}");
        }
        for text in [
            "",
            "#pinBlobDecryptor.keyDescriptorNames=A",
            "a=\\",
            "pinBlobDecryptor.keyDescriptorNames=,",
        ] {
            assert_eq!(names(text), Err(IdentityManagerError::NoNames), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text: String) {
            let _ = property(&text, "a");
            let _ = keys(&text, &["A"]);
        }
    }
}
