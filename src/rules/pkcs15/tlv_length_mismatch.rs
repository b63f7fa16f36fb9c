use std::ops::Range;

use super::{label_bytes, rule};
use crate::der::{Element, Elements, Misfit, TlvError, verify};
use crate::diagnostic::Fix;
use crate::model::Constant;
use crate::rules::{Check, Draft, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// Constant data of a PKCS#15 file in which tags, lengths and values do not add up: an element
    /// runs past the one that holds it or past the data, or its length has a form that cards do not
    /// allow. Looked into are EF.DIR (2F00), EF.ODF (5031) and EF.TokenInfo (5032), and the files
    /// that EF.ODF points to. Bytes 00 or FF behind the data are padding.
    ///
    /// # Why it matters
    ///
    /// Software that reads the card stops there, or takes what follows for something else. The card
    /// itself takes any bytes, so nobody notices before the card is used.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFDIR id=0x2F00 maxsize=auto read=always update=never
    /// Endfile
    /// File Static EFDIR
    /// data = 0x{
    /// 61 0D                            ; one too many
    ///    4F 06 F0 44 4F 4F 52 53       ; identifier
    ///    51 02 3F 00                   ; path
    /// }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFDIR id=0x2F00 maxsize=auto read=always update=never
    /// Endfile
    /// File Static EFDIR
    /// data = 0x{
    /// 61 0C
    ///    4F 06 F0 44 4F 4F 52 53       ; identifier
    ///    51 02 3F 00                   ; path
    /// }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// On request: another length, where that one byte alone makes everything add up.
    ///
    /// # Source
    ///
    /// X.690 clause 8.1; ISO/IEC 7816-4 clause 6.3. OpenSC does not show objects behind such a place
    /// (measured).
    name: "tlv-length-mismatch",
    family: Family::Pkcs15,
    level: Level::ERROR,
    certainty: Certainty::Standard,
    source: "X.690",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for file in &cx.profile.pkcs15().files {
        if let (Some(constant), Some(error)) = (&file.constant, &file.misfit) {
            let name = cx.profile.file(file.file).name;
            report(cx, name, constant, error, findings);
        }
    }
}

fn report(
    cx: &ProfileContext<'_>,
    name: &str,
    constant: &Constant,
    error: &TlvError,
    findings: &mut Findings<'_>,
) {
    let name = excerpt(name);
    match Repair::of(constant, error) {
        Some(Repair::Parent {
            length,
            says,
            found,
        }) => {
            let draft = findings
                .report(
                    headline(&name, says, found),
                    label_bytes(cx, constant, length.clone(), adds_up(says, found)),
                )
                .because(label_bytes(
                    cx,
                    constant,
                    error.length.clone(),
                    "this part runs past its end",
                ));
            correct(cx, constant, length, found, draft);
        }
        Some(Repair::Own {
            has_parts,
            says,
            found,
        }) => {
            let label = match has_parts {
                true => adds_up(says, found),
                false => words(&error.misfit),
            };
            let draft = findings.report(
                headline(&name, says, found),
                label_bytes(cx, constant, error.length.clone(), label),
            );
            let draft = enclosing(cx, constant, error, draft);
            correct(cx, constant, error.length.clone(), found, draft);
        }
        None => {
            let draft = findings.report(
                format!("lengths in file `{name}` do not add up: {error}"),
                label_bytes(cx, constant, error.length.clone(), words(&error.misfit)),
            );
            enclosing(cx, constant, error, draft).help(help(&error.misfit));
        }
    }
}

fn headline(name: &str, says: usize, found: usize) -> String {
    format!("a length in file `{name}` is {says}, expected {found}")
}

fn adds_up(says: usize, found: usize) -> String {
    format!("says {says}, its parts add up to {found}")
}

fn words(misfit: &Misfit) -> String {
    match misfit {
        Misfit::TooLong {
            announced,
            available,
            ..
        } => {
            format!("says {announced}, only {available} left")
        }
        Misfit::NoLength { .. } => "the length is not complete".to_owned(),
        Misfit::BadTag => "no complete tag".to_owned(),
        Misfit::Indefinite { .. } => "expected a length, found the indefinite form".to_owned(),
        Misfit::HugeLength { .. } => "expected at most four bytes of length".to_owned(),
    }
}

const fn help(misfit: &Misfit) -> &'static str {
    match misfit {
        Misfit::Indefinite { .. } | Misfit::HugeLength { .. } => {
            "write the number of bytes that follow: one byte up to 7F, `81` and a byte up to FF"
        }
        _ => "correct this length, or one of those before it",
    }
}

/// Adds the frame that an element runs past: the length of its parent, or the end of the data.
fn enclosing<'f>(
    cx: &ProfileContext<'_>,
    constant: &Constant,
    error: &TlvError,
    draft: Draft<'f>,
) -> Draft<'f> {
    let last = error.frame_end.saturating_sub(1)..error.frame_end;
    let (bytes, message) = match &error.parent_length {
        Some(parent) => (parent.clone(), "the length of the element around it"),
        None if last == error.length => return draft,
        None => (last, "the data end here"),
    };
    draft.because(label_bytes(cx, constant, bytes, message))
}

/// Offers another length for one that is written as one byte.
fn correct(
    cx: &ProfileContext<'_>,
    constant: &Constant,
    length: Range<usize>,
    found: usize,
    draft: Draft<'_>,
) {
    let draft = draft.help(format!("write `{found:02X}`"));
    let place = constant.place(length);
    // The two digits of a byte; a byte of a string or number cannot be replaced alone.
    if place.len() == 2 {
        let edit = cx.edit(place, format!("{found:02X}"));
        draft.fix(Fix::on_request(format!("write `{found:02X}`"), [edit]));
    }
}

/// The one length that makes everything add up.
enum Repair {
    /// Of the element that does not fit.
    Own {
        has_parts: bool,
        says: usize,
        found: usize,
    },
    /// Of an element around it.
    Parent {
        length: Range<usize>,
        says: usize,
        found: usize,
    },
}

/// Most elements around the misfit whose lengths are tried.
const MAX_PARENTS: usize = 8;

impl Repair {
    /// Tries each length that may be meant; if several would do, which of them is not known.
    fn of(constant: &Constant, error: &TlvError) -> Option<Self> {
        let Misfit::TooLong {
            announced,
            available,
            tag,
        } = error.misfit
        else {
            return None;
        };
        // An element of which nothing is there is surplus, not too long.
        let may_be_shorter = available > 0 && fits(constant, &error.length, available);
        let own = may_be_shorter.then_some(Self::Own {
            has_parts: tag.is_constructed(),
            says: announced,
            found: available,
        });
        let around = around(&constant.bytes, error.tag_at);
        let parents = around.iter().rev().take(MAX_PARENTS).filter_map(|parent| {
            let says = parent.value.len();
            let found = says.checked_add(announced - available)?;
            let length = parent.length.clone();
            fits(constant, &length, found).then_some(Self::Parent {
                length,
                says,
                found,
            })
        });
        let mut repairs = own.into_iter().chain(parents);
        let only = repairs.next()?;
        repairs.next().is_none().then_some(only)
    }
}

/// The elements around a byte, from the outermost, whether or not they fit.
fn around(bytes: &[u8], at: usize) -> Vec<Element> {
    let mut found = Vec::new();
    let mut level = Elements::new(bytes);
    while let Some(element) = level.find_map(|item| holder(item, at)) {
        level = element.children(bytes);
        found.push(element);
    }
    found
}

fn holder(item: Result<Element, TlvError>, at: usize) -> Option<Element> {
    let element = match item {
        Ok(element) => element,
        Err(error) => match error.misfit {
            Misfit::TooLong { tag, announced, .. } => Element {
                tag,
                start: error.tag_at,
                value: error.length.end..error.length.end + announced,
                length: error.length,
            },
            _ => return None,
        },
    };
    (element.tag.is_constructed() && element.value.contains(&at)).then_some(element)
}

/// Whether all adds up with `found` as the length at one byte.
fn fits(constant: &Constant, length: &Range<usize>, found: usize) -> bool {
    let short = u8::try_from(found).ok().filter(|found| *found < 0x80);
    let (Some(found), 1) = (short, length.len()) else {
        return false;
    };
    let mut bytes = constant.bytes.clone();
    bytes[length.start] = found;
    verify(&bytes).is_ok_and(|end| bytes[end..].iter().all(|byte| matches!(byte, 0x00 | 0xFF)))
}
