use super::rule;
use crate::diagnostic::Fix;
use crate::model::Content;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::Certainty;
use crate::syntax::cpf::{FileMode, StatementId, Term, TermKind};

rule! {
    /// # What it finds
    ///
    /// The data of a `File Static` calls a function, or uses a variable that was assigned from a call.
    /// Secrets in it are `exposed-secret` instead.
    ///
    /// # Why it matters
    ///
    /// The content of a static file is the same on every card and is fixed when the profile is
    /// compiled. What a function gives exists only while a card is made.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// PERSINFO_PUT_SEC(SEC_PIN1)
    /// PERSINFO_ENCRYPT_SEC()
    /// MasterFile
    /// CreateEf EFPINS id=0x4401 maxsize=900 read=always update=never
    /// Endfile
    /// File Static EFPINS
    /// data = PERSINFO_SEC()
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// PERSINFO_PUT_SEC(SEC_PIN1)
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
    /// On request: `Static` becomes `Dynamic`.
    ///
    /// # Source
    ///
    /// Ours: the published example uses `Dynamic` for what a function gives, without saying why.
    name: "dynamic-value-in-static-file",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Ours,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for content in &cx.profile.contents {
        let Some((FileMode::Static, mode)) = content.mode else {
            continue;
        };
        let Some(term) = first_dynamic_term(cx, content) else {
            continue;
        };
        let what = match term.kind {
            TermKind::Call { .. } => {
                let name = term.function_name(cx.profile.text);
                format!("function `{}`", cx.text(name))
            }
            _ => format!("variable `{}`", excerpt(cx.text(term.span))),
        };
        findings
            .report(
                format!("{what} in the data of a static file"),
                cx.label(term.span, "known only while a card is made"),
            )
            .because(cx.label(mode, "the content is the same on every card"))
            .help("make it a `File Dynamic`")
            .fix(Fix::on_request(
                "write `Dynamic`",
                [cx.edit(mode, "Dynamic")],
            ));
    }
}

fn first_dynamic_term<'p>(cx: &ProfileContext<'p>, content: &Content<'_>) -> Option<&'p Term> {
    content.data.iter().find_map(|(statement, value)| {
        let terms = cx.profile.tree.terms((*value)?);
        terms.iter().find(|term| is_dynamic(cx, term, *statement))
    })
}

fn is_dynamic(cx: &ProfileContext<'_>, term: &Term, statement: StatementId) -> bool {
    if !matches!(term.kind, TermKind::Name | TermKind::Call { .. }) {
        return false;
    }
    let facts = cx.profile.term_facts(term, statement);
    facts.call.is_some() && facts.secret.is_none()
}
