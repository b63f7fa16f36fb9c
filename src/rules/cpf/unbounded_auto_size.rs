use super::rule;
use crate::model::{DataSize, File, FileIndex, FileKind, Size};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// `maxsize=auto` on a file that has no `File` block and receives no public key of a `CreateKey`,
    /// or whose content has no upper bound that is known before the card is made. The encrypted PINs
    /// have none.
    ///
    /// # Why it matters
    ///
    /// A file gets its size when it is made, before it is filled. `auto` takes the size from the
    /// content, and here there is nothing to take it from.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// PERSINFO_PUT_SEC(SEC_PIN1)
    /// PERSINFO_ENCRYPT_SEC()
    /// MasterFile
    /// CreateEf EFPINS id=0x4401 maxsize=auto read=always update=never
    /// Endfile
    /// File Dynamic EFPINS
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
    /// None is applied: write a number of bytes that is large enough.
    ///
    /// # Source
    ///
    /// Ours: the published example uses `auto` for constant data only, and a number for the encrypted
    /// PINs.
    name: "unbounded-auto-size",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Ours,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    // A block that names no declared file may be meant for any of those that seem to have none.
    let has_lost_block = cx
        .profile
        .contents
        .iter()
        .any(|content| content.file.is_none());
    for (index, file) in cx.profile.iter_files() {
        let Some(auto) = auto_size(cx, index, file) else {
            continue;
        };
        let Some(content) = cx.profile.content_of(index) else {
            if !has_lost_block && cx.profile.key_into(index).is_none() {
                report_empty(cx, file, auto, findings);
            }
            continue;
        };
        if let (Some((_, Some(value))), Some(facts)) = (content.data.first(), content.facts)
            && facts.size == DataSize::Unbounded
        {
            report_unbounded(cx, file, auto, cx.profile.tree.span(*value), findings);
        }
    }
}

/// The word `auto` of an elementary file that blocks can fill: the first of its name.
fn auto_size(cx: &ProfileContext<'_>, index: FileIndex, file: &File<'_>) -> Option<Span> {
    if file.kind != FileKind::Ef || cx.profile.file_named(file.name) != Some(index) {
        return None;
    }
    match cx.profile.max_size(file)? {
        (Size::Auto, span) => Some(span),
        (Size::Bytes(_), _) => None,
    }
}

fn report_empty(cx: &ProfileContext<'_>, file: &File<'_>, auto: Span, findings: &mut Findings<'_>) {
    findings
        .report(
            format!(
                "size of file `{}` is taken from data it does not have",
                excerpt(file.name)
            ),
            cx.label(auto, "no `File` block fills this file"),
        )
        .help("write a number of bytes, or fill the file with a `File` block");
}

fn report_unbounded(
    cx: &ProfileContext<'_>,
    file: &File<'_>,
    auto: Span,
    data: Span,
    findings: &mut Findings<'_>,
) {
    findings
        .report(
            format!(
                "size of file `{}` cannot be known beforehand",
                excerpt(file.name)
            ),
            cx.label(auto, "expected a number of bytes"),
        )
        .because(cx.label(data, "its length is known only while the card is made"))
        .help("write a number of bytes that is large enough for the content");
}
