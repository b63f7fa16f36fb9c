use super::rule;
use crate::diagnostic::Fix;
use crate::model::SectionRole;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A section that is none of `[Encoding]`, `[Fields]`, `[Description]` and `[Application_X]`.
    /// If its name is near one of these, it is taken for that one; otherwise its keys are not
    /// judged.
    ///
    /// # Why it matters
    ///
    /// The encoder looks for the four sections by name. What stands under another name is most
    /// likely not read.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// [Descripton]
    /// PKCS11Library=module.dll
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// [Description]
    /// PKCS11Library=module.dll
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: write the nearest name.
    ///
    /// # Source
    ///
    /// Implied: the four are called the standard sections (STRUCT).
    name: "unknown-section",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "STRUCT",
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for section in &cx.encoding.sections {
        let Some(name) = section.name.filter(|name| !name.is_empty()) else {
            continue;
        };
        let meant = match section.role {
            SectionRole::Application("") => Err("write a character behind it, `[Application_A]`"),
            SectionRole::Unknown => Err(
                "the sections are `[Encoding]`, `[Fields]`, `[Description]` and `[Application_X]`",
            ),
            _ if !section.misspelled => continue,
            SectionRole::Encoding => Ok("Encoding".to_owned()),
            SectionRole::Fields => Ok("Fields".to_owned()),
            SectionRole::Description => Ok("Description".to_owned()),
            SectionRole::Application(suffix) => Ok(format!("Application_{suffix}")),
            SectionRole::Preamble => continue,
        };
        let draft = findings.report(
            format!("unknown section `[{}]`", excerpt(cx.text(name))),
            cx.label(name, "no section of the language"),
        );
        match meant {
            Ok(meant) => {
                let edit = cx.edit(name, meant.clone());
                draft
                    .help(format!("did you mean `[{meant}]`?"))
                    .fix(Fix::on_request(format!("write `{meant}`"), [edit]));
            }
            Err(help) => {
                draft.help(help);
            }
        }
    }
}
