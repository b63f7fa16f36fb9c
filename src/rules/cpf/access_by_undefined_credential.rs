use std::collections::HashSet;

use super::rule;
use crate::diagnostic::Label;
use crate::model::Encoding;
use crate::rules::{Check, Draft, Family, Findings, Level, ProfileContext};
use crate::source::Span;
use crate::stdlib::{self, AccessWord, AttributeValue, Certainty, Credential, Key};
use crate::syntax::cpf::{Attribute, Operator, Term};

rule! {
    /// # What it finds
    ///
    /// An access rule that can only be met with a credential that the card will not have: `PIN3`,
    /// `PUK1`, `PUK2` or `MAN` without a `CreatePin` of that name; or `PIN1`, `PIN2`, `PUK` or `OP`
    /// with neither a `CreatePin` nor the key for it in the description that uses the profile.
    ///
    /// `PIN1|PIN2` can be met with either of the two, so one of them is enough.
    ///
    /// # Why it matters
    ///
    /// Nobody can ever do what the rule allows: the file is closed for good.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=90 read=always update=PIN3
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreatePin PIN3 value=SEC_PIN3
    /// CreateEf EFNOTE id=0x4401 maxsize=90 read=always update=PIN3
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: name another credential, or make this one.
    ///
    /// # Source
    ///
    /// Ours: how the vendor's language makes PINs is not public.
    name: "access-by-undefined-credential",
    family: Family::Cpf,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let known = Known::of(cx);
    for file in &cx.profile.files {
        for attribute in cx.profile.tree.attributes(file.attributes) {
            let info = stdlib::attribute(cx.text(attribute.name));
            if info.is_some_and(|info| info.value == AttributeValue::Access)
                && let Some((term, credential)) = unmet(cx, attribute, &known)
            {
                report(cx, term.span, credential, &known, findings);
            }
        }
    }
}

/// The credentials that a card will have.
struct Known<'p> {
    /// Made by the profile, in capitals.
    made: HashSet<String>,
    /// Descriptions that use the profile and can be read whole.
    binders: Vec<&'p Encoding<'p>>,
}

impl<'p> Known<'p> {
    fn of(cx: &ProfileContext<'p>) -> Self {
        let pins = cx.profile.pins.iter();
        Self {
            made: pins.map(|pin| pin.name.to_ascii_uppercase()).collect(),
            binders: cx
                .binders()
                .filter(|encoding| encoding.protected.is_none())
                .collect(),
        }
    }

    fn lacks(&self, credential: &Credential) -> bool {
        if self.made.contains(credential.name) {
            return false;
        }
        credential.fed_by.is_empty() || self.binder_without(credential).is_some()
    }

    /// A description that does not give the credential.
    fn binder_without(&self, credential: &Credential) -> Option<&'p Encoding<'p>> {
        let gives =
            |encoding: &&Encoding<'_>| credential.fed_by.iter().any(|key| encoding.has(*key));
        self.binders
            .iter()
            .copied()
            .find(|encoding| !gives(encoding))
            .filter(|_| !credential.fed_by.is_empty())
    }
}

/// The first credential that keeps a rule from ever being met: one in each of its alternatives.
fn unmet<'p>(
    cx: &ProfileContext<'p>,
    attribute: &Attribute,
    known: &Known<'_>,
) -> Option<(&'p Term, &'static Credential)> {
    let mut first = None;
    let mut in_alternative = None;
    for term in cx.profile.tree.terms(attribute.value) {
        if term.operator == Operator::Or {
            first = first.or(Some(in_alternative.take()?));
        }
        if let Some(AccessWord::Credential(credential)) = stdlib::access_word(cx.text(term.span))
            && known.lacks(credential)
        {
            in_alternative = in_alternative.or(Some((term, credential)));
        }
    }
    let last = in_alternative?;
    first.or(Some(last))
}

fn report(
    cx: &ProfileContext<'_>,
    span: Span,
    credential: &Credential,
    known: &Known<'_>,
    findings: &mut Findings<'_>,
) {
    let name = credential.name;
    let draft = findings.report(
        format!("access by `{name}`, which the card will not have"),
        cx.label(span, "nobody can ever meet this rule"),
    );
    let draft = because_of_binder(known.binder_without(credential), draft);
    match credential.fed_by {
        [key, ..] => draft.help(format!(
            "give it with `{}=` in the description, or name another credential",
            key.name()
        )),
        [] => draft.help(format!(
            "make it with `CreatePin {name}`, or name another credential"
        )),
    };
}

fn because_of_binder<'f>(binder: Option<&Encoding<'_>>, draft: Draft<'f>) -> Draft<'f> {
    match binder.and_then(|encoding| Some((encoding.source, encoding.entry(Key::ChipProfile)?))) {
        Some((source, entry)) => draft.because(Label::new(
            source,
            entry.key_span,
            "this description does not give it",
        )),
        None => draft,
    }
}
