use super::rule;
use crate::rules::{Check, Family, Findings, Level, ProfileContext};
use crate::source::Span;
use crate::stdlib::{self, AccessWord, AttributeValue, Certainty, DeclarationKind};
use crate::syntax::cpf::{
    Attribute, Declared, Expr, Operator, Range32, Statement, StatementKind, TermKind,
};

rule! {
    /// # What it finds
    ///
    /// What perso added to the language of profiles: `CreatePin` and `CreateKey`, data joined with `+`,
    /// access rules that name anything but `always`, and attributes that the published example does not
    /// have, such as `delete` or `sfi`.
    ///
    /// # Why it matters
    ///
    /// The only text about the language that is public is one example. A profile that uses more than
    /// that does what perso's documentation says in perso, and may do something else, or nothing, in the
    /// vendor's middleware. The rule is off by default: turn it on (`--error language-extension`) for a
    /// profile that goes to the vendor's middleware.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreatePin PIN1 value=SEC_PIN1 retries=5
    /// CreateEf EFNOTE id=0x4401 maxsize=64 read=PIN1|PUK update=always sfi=1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'on ' + 'the card'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=64 read=always update=always
    /// Endfile
    /// File Static EFNOTE
    /// data = 'on the card'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: say it with the words of the published example, or leave it to the description,
    /// which passes PINs and makes keys.
    ///
    /// # Source
    ///
    /// Ours: every word that the published example (SEED) does not show is an addition of perso.
    name: "language-extension",
    family: Family::Cpf,
    level: Level::Off,
    certainty: Certainty::Ours,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for (_, statement) in cx.profile.tree.iter() {
        match statement.kind {
            StatementKind::Declaration {
                what: Declared::Pin,
                ..
            } => report_declaration(cx, statement, "CreatePin", findings),
            StatementKind::Declaration {
                what: Declared::Key,
                ..
            } => report_declaration(cx, statement, "CreateKey", findings),
            StatementKind::Declaration {
                what: Declared::Df,
                attributes,
                ..
            } => check_attributes(cx, DeclarationKind::Df, attributes, findings),
            StatementKind::Declaration {
                what: Declared::Ef,
                attributes,
                ..
            } => check_attributes(cx, DeclarationKind::Ef, attributes, findings),
            StatementKind::MasterFile { attributes, .. } => {
                check_attributes(cx, DeclarationKind::MasterFile, attributes, findings);
            }
            StatementKind::Assignment { value }
            | StatementKind::Data { value }
            | StatementKind::CardModel { value } => check_value(cx, value, findings),
            StatementKind::Call { term } => check_call(cx, term, findings),
            StatementKind::File { .. } | StatementKind::End { .. } | StatementKind::Unknown => {}
        }
    }
}

/// The statement is ours as a whole; its attributes are not told one by one.
fn report_declaration(
    cx: &ProfileContext<'_>,
    statement: &Statement,
    name: &str,
    findings: &mut Findings<'_>,
) {
    let help = match name {
        "CreatePin" => "a PIN that the description passes is made without it",
        _ => "a key that an application of the description makes needs no declaration",
    };
    findings
        .report(
            format!("`{name}` is an addition of perso to the language"),
            cx.label(statement.word(), "not in the published language"),
        )
        .help(help);
}

fn check_attributes(
    cx: &ProfileContext<'_>,
    kind: DeclarationKind,
    attributes: Range32,
    findings: &mut Findings<'_>,
) {
    for attribute in cx.profile.tree.attributes(attributes) {
        let known = stdlib::attribute(cx.text(attribute.name)).filter(|info| info.is_on(kind));
        let Some(info) = known else { continue };
        if info.is_extension_on(kind) {
            findings
                .report(
                    format!(
                        "attribute `{}` is an addition of perso to the language",
                        info.name
                    ),
                    cx.label(attribute.name, "not in the published language"),
                )
                .help("leave it out where the vendor's middleware is to read the profile");
        } else if info.value == AttributeValue::Access {
            check_access(cx, attribute, findings);
        }
    }
}

/// `always` is the only word that is published; a word that means nothing is
/// `invalid-attribute-value`.
fn check_access(cx: &ProfileContext<'_>, attribute: &Attribute, findings: &mut Findings<'_>) {
    let terms = cx.profile.tree.terms(attribute.value);
    let mut words = terms
        .iter()
        .map(|term| stdlib::access_word(cx.text(term.span)));
    if words.clone().any(|word| word.is_none()) {
        return;
    }
    let ours = terms.len() > 1 || words.any(|word| !matches!(word, Some(AccessWord::Always)));
    if ours {
        findings
            .report(
                "this access rule is an addition of perso to the language",
                cx.label(
                    cx.profile.tree.span(attribute.value),
                    "not in the published language",
                ),
            )
            .help("the published language shows `always` only");
    }
}

fn check_value(cx: &ProfileContext<'_>, value: Option<Expr>, findings: &mut Findings<'_>) {
    let Some(value) = value else { return };
    let terms = cx.profile.tree.terms(value);
    for term in terms {
        if let TermKind::Call { arguments } = term.kind {
            check_arguments(cx, arguments, findings);
        }
    }
    let joined = terms
        .windows(2)
        .find(|pair| pair[1].operator == Operator::Plus);
    if let Some([left, right]) = joined {
        let plus = operator(cx, left.span, right.span);
        findings
            .report(
                "`+` is an addition of perso to the language",
                cx.label(plus, "not in the published language"),
            )
            .help("write the bytes as one value");
    }
}

fn check_call(cx: &ProfileContext<'_>, term: u32, findings: &mut Findings<'_>) {
    let call = cx.profile.tree.terms.get(term as usize);
    if let Some(TermKind::Call { arguments }) = call.map(|term| term.kind) {
        check_arguments(cx, arguments, findings);
    }
}

/// Calls inside calls are of bounded depth.
fn check_arguments(cx: &ProfileContext<'_>, arguments: Range32, findings: &mut Findings<'_>) {
    for argument in cx.profile.tree.arguments(arguments) {
        check_value(cx, Some(*argument), findings);
    }
}

/// The place of the operator between two terms, which comments may stand between, too.
fn operator(cx: &ProfileContext<'_>, left: Span, right: Span) -> Span {
    let comments = &cx.profile.tree.comments;
    let between = Span::new(left.end, right.start);
    for (at, _) in cx.text(between).match_indices('+') {
        let start = left.end + u32::try_from(at).unwrap_or_default();
        let place = Span::new(start, start + 1);
        let next = comments.partition_point(|comment| comment.end <= start);
        if !comments
            .get(next)
            .is_some_and(|comment| comment.contains(place))
        {
            return place;
        }
    }
    right
}
