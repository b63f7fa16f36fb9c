use super::rule;
use crate::diagnostic::{Fix, nearest};
use crate::model::FileKind;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::{self, AttributeInfo, Certainty, DeclarationKind};
use crate::syntax::cpf::Range32;

rule! {
    /// # What it finds
    ///
    /// An attribute that perso does not know, or that does not belong to this kind of declaration.
    ///
    /// # Why it matters
    ///
    /// It has no effect. A misspelled access rule leaves the file with the default rule, which nobody
    /// notices on the card.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=90 read=always update=PIN1 deletee=PIN1
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=90 read=always update=PIN1 delete=PIN1
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// On request: the nearest name that belongs here.
    ///
    /// # Source
    ///
    /// Ours: the list of attributes is what the published example (SEED) shows and what perso adds.
    name: "unknown-attribute",
    family: Family::Cpf,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "SEED",
    check: Check::Profile(check),
}

/// Unknown names for which a near one is still looked for; bounds the work on junk.
const MAX_PROPOSALS: u32 = 1_000;

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let mut proposals = MAX_PROPOSALS;
    let mut judge = |attributes, kind| {
        check_attributes(cx, attributes, kind, &mut proposals, findings);
    };
    for file in &cx.profile.files {
        let kind = match file.kind {
            FileKind::Mf => DeclarationKind::MasterFile,
            FileKind::Df => DeclarationKind::Df,
            FileKind::Ef => DeclarationKind::Ef,
        };
        judge(file.attributes, kind);
    }
    for pin in &cx.profile.pins {
        judge(pin.attributes, DeclarationKind::Pin);
    }
    for key in &cx.profile.keys {
        judge(key.attributes, DeclarationKind::Key);
    }
}

fn check_attributes(
    cx: &ProfileContext<'_>,
    attributes: Range32,
    kind: DeclarationKind,
    proposals: &mut u32,
    findings: &mut Findings<'_>,
) {
    for attribute in cx.profile.tree.attributes(attributes) {
        let name = cx.text(attribute.name);
        let info = stdlib::attribute(name);
        if info.is_some_and(|info| info.is_on(kind)) {
            continue;
        }
        let label = match info {
            Some(info) => format!("belongs to {}", statements(info)),
            None => "has no effect".to_owned(),
        };
        let draft = findings.report(
            format!("attribute `{}` is not known here", excerpt(name)),
            cx.label(attribute.name, label),
        );
        let here = stdlib::attributes().iter().filter(|info| info.is_on(kind));
        let may_propose = info.is_none() && *proposals > 0;
        *proposals = proposals.saturating_sub(1);
        let near = match may_propose {
            true => nearest(name, here.map(|info| info.name)),
            false => None,
        };
        match near {
            Some(near) => {
                let edit = cx.edit(attribute.name, near);
                draft
                    .help(format!("did you mean `{near}`?"))
                    .fix(Fix::on_request(format!("write `{near}`"), [edit]));
            }
            None => {
                draft.help("remove it");
            }
        }
    }
}

/// The statements that an attribute belongs to.
fn statements(info: &AttributeInfo) -> String {
    let words: Vec<_> = info
        .on
        .iter()
        .map(|kind| match kind {
            DeclarationKind::MasterFile => "`MasterFile`",
            DeclarationKind::Df => "`CreateDf`",
            DeclarationKind::Ef => "`CreateEf`",
            DeclarationKind::Pin => "`CreatePin`",
            DeclarationKind::Key => "`CreateKey`",
        })
        .collect();
    words.join(", ")
}
