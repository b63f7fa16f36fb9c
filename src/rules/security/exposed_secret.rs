use super::rule;
use crate::model::CallSite;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::{self, AttributeValue, Certainty, ParameterKind, ResultKind};
use crate::syntax::cpf::{Attribute, Range32, StatementId, StatementKind, Term, TermKind};

rule! {
    /// # What it finds
    ///
    /// A secret of a profile (a `SEC_` variable, what `SECRANDOM` gives, or a variable that was
    /// assigned from either) is used anywhere but in `PERSINFO_PUT_SEC`, the `value` of a `CreatePin`,
    /// or an assignment: in the data of a file, as the profile name, in another argument or attribute.
    ///
    /// # Why it matters
    ///
    /// Whoever holds the card can read most of its files. A PIN or PUK that stands in one of them in
    /// the clear protects nothing any more.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// spare = SECRANDOM(8)
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=40 read=always update=PIN1
    /// Endfile
    /// File Dynamic EFNOTE
    /// data = spare
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// SEC_PUK1 = SECRANDOM(8)
    /// PERSINFO_PUT_SEC(SEC_PUK1)
    /// PERSINFO_ENCRYPT_SEC()
    /// MasterFile
    /// CreateEf EFPINS id=0x4401 maxsize=900 read=always update=never
    /// Endfile
    /// File Dynamic EFPINS
    /// data = PERSINFO_SEC()
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: bring the secret onto the card through the encrypted PINs.
    ///
    /// # Source
    ///
    /// Ours: a secret has no business outside of PINs and encrypted PINs.
    name: "exposed-secret",
    family: Family::Security,
    level: Level::ERROR,
    certainty: Certainty::Ours,
    source: "PERSO",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for used in &cx.profile.uses {
        let is_secret = || is_secret(cx, used.span, used.statement);
        if let Some(open) = open_place(cx, used.statement, used.argument_of)
            && is_secret()
        {
            report(cx, used.span, &open, findings);
        }
    }
    for call in &cx.profile.calls {
        if gives_secret(call)
            && let Some(open) = open_place(cx, call.statement, call.argument_of)
        {
            report(cx, call.whole, &open, findings);
        }
    }
    for (id, statement) in cx.profile.tree.iter() {
        if let StatementKind::MasterFile { attributes, .. }
        | StatementKind::Declaration { attributes, .. } = statement.kind
        {
            check_attributes(cx, id, attributes, findings);
        }
    }
}

fn is_secret(cx: &ProfileContext<'_>, name: Span, statement: StatementId) -> bool {
    cx.profile.variable_facts(name, statement).secret.is_some()
}

fn gives_secret(call: &CallSite<'_>) -> bool {
    let secret = |function: &stdlib::Function| function.result == ResultKind::Secret;
    call.as_value && call.function.is_some_and(secret)
}

/// Where a value comes into the open, in words; none where a secret may be.
fn open_place(
    cx: &ProfileContext<'_>,
    statement: StatementId,
    argument_of: Option<u32>,
) -> Option<String> {
    if let Some(call) = argument_of.and_then(|index| cx.profile.calls.get(index as usize)) {
        // What an unknown function does with it cannot be told: that is `invalid-call`.
        let function = call.counts_as?;
        let takes_secrets = function
            .parameters
            .iter()
            .any(|parameter| parameter.kind == ParameterKind::SecretVariable);
        return (!takes_secrets).then(|| format!("is passed to `{}`", function.name));
    }
    match cx.profile.tree.statement(statement).kind {
        StatementKind::Data { .. } => Some("is written to a file in the clear".to_owned()),
        StatementKind::CardModel { .. } => Some("is used as the card model".to_owned()),
        _ => None,
    }
}

fn check_attributes(
    cx: &ProfileContext<'_>,
    statement: StatementId,
    attributes: Range32,
    findings: &mut Findings<'_>,
) {
    for attribute in cx.profile.tree.attributes(attributes) {
        for term in cx.profile.tree.terms(attribute.value) {
            if exposes(cx, attribute, term, statement) {
                let name = excerpt(cx.text(attribute.name));
                report(cx, term.span, &format!("stands in `{name}`"), findings);
            }
        }
    }
}

fn exposes(
    cx: &ProfileContext<'_>,
    attribute: &Attribute,
    term: &Term,
    statement: StatementId,
) -> bool {
    let info = stdlib::attribute(cx.text(attribute.name));
    match info.map(|info| info.value) {
        // No other word than those of access rules fits: that is `invalid-attribute-value`.
        Some(AttributeValue::Secret | AttributeValue::Access) => false,
        // A word here names a credential, a file or a choice, whatever variable is called so.
        Some(AttributeValue::Credential | AttributeValue::FileName | AttributeValue::Word)
            if term.kind == TermKind::Name =>
        {
            stdlib::credential_of_variable(cx.text(term.span)).is_some()
        }
        _ => cx.profile.term_facts(term, statement).secret.is_some(),
    }
}

fn report(cx: &ProfileContext<'_>, used: Span, open: &str, findings: &mut Findings<'_>) {
    let name = cx.text(used);
    let draft = findings
        .report(
            format!("secret `{}` {open}", excerpt(name)),
            cx.label(used, "a secret comes into the open here"),
        )
        .help("bring it onto the card with `PERSINFO_PUT_SEC` or as the `value` of a `CreatePin`");
    let assignment = cx
        .profile
        .assignment(name)
        .filter(|assignment| assignment.span.start < used.start);
    if let Some(assignment) = assignment {
        draft.because(cx.label(assignment.span, "became a secret here"));
    }
}
