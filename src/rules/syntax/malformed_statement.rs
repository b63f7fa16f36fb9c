use super::rule;
use crate::rules::{Check, Family, Findings, Level, TextContext, excerpt};
use crate::stdlib::Certainty;
use crate::syntax::cpf::{CpfTree, Defect, DefectKind, Expected};

rule! {
    /// # What it finds
    ///
    /// A statement of a card profile that begins in a known way and then leaves the grammar: a
    /// missing or surplus `=`, `,`, `(`, `)`, name or value, text behind a complete statement, a
    /// number with bad digits or above 64 bits, more than 64 levels of blocks or calls inside each
    /// other.
    ///
    /// # Why it matters
    ///
    /// The statement has no meaning as it stands, so no plan can be made from the profile.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFUNIT id 0x4401 maxsize=16 read=always update=always
    /// Endfile
    /// File Static EFUNIT
    /// data = 0x{ 4F 53 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFUNIT id=0x4401 maxsize=16 read=always update=always
    /// Endfile
    /// File Static EFUNIT
    /// data = 0x{ 4F 53 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None: the message says what was expected.
    ///
    /// # Source
    ///
    /// Implied by the form of the published profile (SEED); its grammar is not public.
    name: "malformed-statement",
    family: Family::Syntax,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Text(check),
}

fn check(cx: &TextContext<'_>, findings: &mut Findings<'_>) {
    let Some(tree) = cx.cpf else { return };
    for defect in &tree.defects {
        let label = |message: &str| cx.label(defect.span, message);
        match defect.kind {
            DefectKind::Unexpected { expected } => {
                let (wanted, found) = (words(expected), found(cx.text(defect.span)));
                findings
                    .report(
                        format!(
                            "{}expected {wanted}, found {found}",
                            place(cx, tree, defect)
                        ),
                        label(&format!("expected {wanted}")),
                    )
                    .help(advice(expected, cx.text(defect.span)));
            }
            DefectKind::MalformedNumber => {
                findings
                    .report("malformed number", label("no number of at most 64 bits"))
                    .help("write decimal digits, or hexadecimal digits behind `0x`");
            }
            DefectKind::TooDeep => {
                findings
                    .report(
                        "blocks or calls lie more than 64 levels inside each other",
                        label("one level too many"),
                    )
                    .help("flatten the profile");
            }
            _ => {}
        }
    }
}

/// The statement that a defect belongs to, for the beginning of a headline.
fn place(cx: &TextContext<'_>, tree: &CpfTree, defect: &Defect) -> String {
    let word = defect.statement.map(|id| tree.statement(id).word());
    word.filter(|word| *word != defect.span)
        .map_or_else(String::new, |word| {
            format!("`{}`: ", excerpt(cx.text(word)))
        })
}

const fn words(expected: Expected) -> &'static str {
    match expected {
        Expected::Equals => "`=`",
        Expected::Value => "a value",
        Expected::Name => "a name",
        Expected::FileMode => "`Static` or `Dynamic`",
        Expected::CommaOrParenthesis => "`,` or `)`",
        Expected::CallOrAssignment => "`(` or `=`",
        Expected::Attribute => "an attribute `name=value`",
        Expected::EndOfLine => "the end of the line",
    }
}

fn advice(expected: Expected, found: &str) -> String {
    match (expected, found) {
        (Expected::EndOfLine, rest) if !rest.is_empty() => {
            "delete the rest of the line, or move it to a line of its own".to_owned()
        }
        (Expected::Value, "=") => "delete this `=`".to_owned(),
        _ => format!("write {} here", words(expected)),
    }
}

/// What stands there. Values are not shown: they may be secret.
fn found(token: &str) -> String {
    match token.as_bytes() {
        [] => "the end of the line".to_owned(),
        [b'\'' | b'"', ..] => "a string".to_owned(),
        [b'0', b'x' | b'X', b'{', ..] => "hex data".to_owned(),
        [b'0'..=b'9', ..] => "a number".to_owned(),
        _ => format!("`{}`", excerpt(token)),
    }
}
