use super::rule;
use crate::diagnostic::{Fix, nearest};
use crate::model::{Content, FileKind};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::Certainty;
use crate::syntax::cpf::StatementKind;

rule! {
    /// # What it finds
    ///
    /// A `File` block names an elementary file that is not declared between `MasterFile` and `Endfile`,
    /// or names a directory.
    ///
    /// # Why it matters
    ///
    /// The content has nowhere to go: the card would come out with an empty file, or without it.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFNOTES
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
    /// On request: the nearest declared name.
    ///
    /// # Source
    ///
    /// Implied by the published example (SEED); the meaning of `File` blocks is ours.
    name: "undeclared-file",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Profile(check),
}

/// Comparisons of names that are made for proposals; bounds the work on junk.
const MAX_COMPARISONS: usize = 100_000;

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let has_tree = cx
        .profile
        .tree
        .statements
        .iter()
        .any(|statement| matches!(statement.kind, StatementKind::MasterFile { .. }));
    // A declaration without a name may be the one that is missed here.
    let unnamed = cx.profile.files.iter().any(|file| file.name.is_empty());
    if !has_tree || unnamed {
        return;
    }
    let mut proposals = MAX_COMPARISONS / cx.profile.files.len().max(1);
    for content in &cx.profile.contents {
        if content.file.is_none() {
            report(cx, content, proposals > 0, findings);
            proposals = proposals.saturating_sub(1);
        }
    }
}

fn report(
    cx: &ProfileContext<'_>,
    content: &Content<'_>,
    propose: bool,
    findings: &mut Findings<'_>,
) {
    let Some((name, span)) = content.name else {
        return;
    };
    if let Some(index) = cx.profile.file_named(name) {
        let directory = cx.profile.file(index);
        findings
            .report(
                format!("`{}` is a directory and holds no data", excerpt(name)),
                cx.label(span, "expected an elementary file"),
            )
            .because(cx.label(directory.span, "declared as a directory here"))
            .help("name a file that `CreateEf` declares");
        return;
    }
    let draft = findings.report(
        format!("file `{}` is not declared", excerpt(name)),
        cx.label(span, "no `CreateEf` has this name"),
    );
    let files = cx.profile.files.iter();
    let mut elementary = files.filter(|file| file.kind == FileKind::Ef);
    let near = match propose {
        true => nearest(name, elementary.clone().map(|file| file.name)),
        false => None,
    };
    match near.and_then(|near| elementary.find(|file| file.name == near)) {
        Some(near) => draft
            .because(cx.label(near.span, "a near name is declared here"))
            .help(format!("did you mean `{}`?", near.name))
            .fix(Fix::on_request(
                format!("write `{}`", near.name),
                [cx.edit(span, near.name)],
            )),
        None => draft.help("declare it with `CreateEf` between `MasterFile` and `Endfile`"),
    };
}
