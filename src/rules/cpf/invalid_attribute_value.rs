use super::rule;
use crate::diagnostic::{Fix, nearest};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::{self, AttributeValue, Certainty, DeclarationKind};
use crate::syntax::cpf::{
    Attribute, Declared, Expr, Range32, StatementId, StatementKind, Term, TermKind,
};

rule! {
    /// # What it finds
    ///
    /// An attribute with a value that no card can take:
    ///
    /// * `id` that is no number, or is outside 0x0001 to 0xFFFE, or is the reserved 0x3F00 or 0x3FFF;
    /// * `aid` that is no byte string of 1 to 16 bytes;
    /// * `maxsize` that is neither `auto` nor 1 to 65535;
    /// * `sfi` outside 1 to 30, `retries` outside 1 to 15, `minlen` above `maxlen`;
    /// * an access rule with a word that is neither `always` nor `never` nor a credential.
    ///
    /// # Why it matters
    ///
    /// The file cannot be made, or its rule would say something that the card does not understand.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x3F00 maxsize=auto read=allways update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// On request, for a word of an access rule: the nearest one.
    ///
    /// # Source
    ///
    /// ISO 7816-4 for identifiers and sizes. Which words an access rule may hold is ours, beyond
    /// `always`.
    name: "invalid-attribute-value",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Standard,
    source: "ISO 7816-4",
    yields_to: &["exposed-secret"],
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for (id, statement) in cx.profile.tree.iter() {
        match statement.kind {
            StatementKind::MasterFile { attributes, .. } => {
                judge(cx, id, DeclarationKind::MasterFile, attributes, findings);
            }
            StatementKind::Declaration {
                what, attributes, ..
            } => judge(cx, id, kind_of(what), attributes, findings),
            _ => {}
        }
    }
}

const fn kind_of(what: Declared) -> DeclarationKind {
    match what {
        Declared::Df => DeclarationKind::Df,
        Declared::Ef => DeclarationKind::Ef,
        Declared::Pin => DeclarationKind::Pin,
        Declared::Key => DeclarationKind::Key,
    }
}

fn judge(
    cx: &ProfileContext<'_>,
    statement: StatementId,
    kind: DeclarationKind,
    attributes: Range32,
    findings: &mut Findings<'_>,
) {
    for attribute in cx.profile.tree.attributes(attributes) {
        let name = cx.text(attribute.name);
        // An attribute that is unknown here is `unknown-attribute`.
        let Some(info) = stdlib::attribute(name).filter(|info| info.is_on(kind)) else {
            continue;
        };
        let is_unread = attribute.value.terms == Range32::default()
            || cx.profile.is_placeholder(attribute.value)
            || cx
                .profile
                .has_defect_in(statement, cx.profile.tree.span(attribute.value));
        if is_unread {
            continue;
        }
        match info.value {
            AttributeValue::Access => judge_access(cx, attribute.value, findings),
            value => judge_value(cx, info.name, attribute, value, findings),
        }
    }
    judge_lengths(cx, attributes, findings);
}

fn judge_value(
    cx: &ProfileContext<'_>,
    name: &str,
    attribute: &Attribute,
    wanted: AttributeValue,
    findings: &mut Findings<'_>,
) {
    let Some(expected) = expected(wanted) else {
        return;
    };
    let term = cx.profile.single_term(attribute.value);
    if term.is_some_and(|term| fits(cx, wanted, term)) {
        return;
    }
    let found = term.map_or_else(|| "a joined value".to_owned(), |term| found(cx, term));
    findings
        .report(
            format!("`{name}` cannot be {found}"),
            cx.label(
                cx.profile.tree.span(attribute.value),
                format!("expected {expected}"),
            ),
        )
        .help(format!("give {expected}"));
}

/// What a value must be; none for those that are not judged here.
const fn expected(wanted: AttributeValue) -> Option<&'static str> {
    match wanted {
        AttributeValue::FileId => {
            Some("a number from 0x0001 to 0xFFFE other than 0x3F00 and 0x3FFF")
        }
        AttributeValue::Size => Some("`auto` or a number of bytes from 1 to 65535"),
        AttributeValue::Aid => Some("1 to 16 bytes in `0x{ }`"),
        AttributeValue::Sfi => Some("a number from 1 to 30"),
        AttributeValue::Retries => Some("a number of tries from 1 to 15"),
        _ => None,
    }
}

fn fits(cx: &ProfileContext<'_>, wanted: AttributeValue, term: &Term) -> bool {
    match (wanted, term.kind) {
        (AttributeValue::Aid, TermKind::Bytes) => {
            (1..=16).contains(&term.bytes_value(cx.profile.text).len())
        }
        (AttributeValue::Size, TermKind::Name) => cx.text(term.span).eq_ignore_ascii_case("auto"),
        (AttributeValue::Aid, _) => false,
        (_, TermKind::Number) => wanted.admits(term.number_value(cx.profile.text)),
        _ => false,
    }
}

fn found(cx: &ProfileContext<'_>, term: &Term) -> String {
    match term.kind {
        TermKind::Number => format!("{}", excerpt(cx.text(term.span))),
        TermKind::Bytes => match term.bytes_value(cx.profile.text).len() {
            1 => "1 byte".to_owned(),
            length => format!("{length} bytes"),
        },
        TermKind::String => "a text".to_owned(),
        TermKind::Placeholder => "`...`".to_owned(),
        TermKind::Name | TermKind::Call { .. } => format!("`{}`", excerpt(cx.text(term.span))),
    }
}

fn judge_access(cx: &ProfileContext<'_>, rule: Expr, findings: &mut Findings<'_>) {
    for term in cx.profile.tree.terms(rule) {
        let word = cx.text(term.span);
        let is_word = term.kind == TermKind::Name && stdlib::access_word(word).is_some();
        if is_word || term.kind == TermKind::Placeholder {
            continue;
        }
        report_access(cx, term, word, findings);
    }
}

fn report_access(cx: &ProfileContext<'_>, term: &Term, word: &str, findings: &mut Findings<'_>) {
    let words = || stdlib::access_words().iter().map(|info| info.name);
    let message = match term.kind {
        TermKind::Name => format!("`{}` is no word of an access rule", excerpt(word)),
        _ => format!("an access rule cannot be {}", found(cx, term)),
    };
    let draft = findings.report(
        message,
        cx.label(term.span, "expected `always`, `never` or a credential"),
    );
    match near_word(word).filter(|_| term.kind == TermKind::Name) {
        Some(near) => draft
            .help(format!("did you mean `{near}`?"))
            .fix(Fix::on_request(
                format!("write `{near}`"),
                [cx.edit(term.span, near)],
            )),
        None => draft.help(format!(
            "use one of: {}",
            words().collect::<Vec<_>>().join(", ")
        )),
    };
}

/// The word that was meant: of a credential that is named by its variable, or the nearest.
fn near_word(word: &str) -> Option<&'static str> {
    match stdlib::credential_of_variable(word) {
        Some(credential) => Some(credential.name),
        None => nearest(word, stdlib::access_words().iter().map(|info| info.name)),
    }
}

/// `minlen` above `maxlen`.
fn judge_lengths(cx: &ProfileContext<'_>, attributes: Range32, findings: &mut Findings<'_>) {
    let (Some((least, span)), Some((most, other))) = (
        number(cx, attributes, "minlen"),
        number(cx, attributes, "maxlen"),
    ) else {
        return;
    };
    if least <= most {
        return;
    }
    findings
        .report(
            format!("`minlen` {least} is above `maxlen` {most}"),
            cx.label(span, format!("expected {most} or less")),
        )
        .because(cx.label(other, "the greatest length"))
        .help("exchange the two numbers, or correct one");
}

fn number(cx: &ProfileContext<'_>, attributes: Range32, name: &str) -> Option<(u64, Span)> {
    let value = cx.profile.attribute(attributes, name)?.value;
    Some((cx.profile.number(value)?, cx.profile.tree.span(value)))
}
