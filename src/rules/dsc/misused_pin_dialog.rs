use super::rule;
use crate::model::{Entry, Reference};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Dialog, DialogKind, Key};

rule! {
    /// # What it finds
    ///
    /// A `!FROM_…` value that does not fit: on a key that is no credential; dialog 3 on `PIN` although
    /// the token is initialised or a PUK is given; dialog 1 on `PIN` although a new PIN is set; dialog
    /// 2 or 3 on `PIN` although no PIN is set.
    ///
    /// # Why it matters
    ///
    /// The holder is asked for a PIN that does not exist yet, is not asked to confirm a new one, or is
    /// asked for one that nobody sets.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// InitialPUK=CardPuk
    /// PIN=!FROM_USER_DIALOG_3_FIELD
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// InitialPUK=CardPuk
    /// PIN=!FROM_USER_DIALOG_2_FIELD
    /// ```
    ///
    /// # Fix
    ///
    /// None: which dialog is meant is for the author to say.
    ///
    /// # Source
    ///
    /// Implied: what each dialog asks for (INIT, TMPL).
    name: "misused-pin-dialog",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "INIT, TMPL",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for entry in &cx.encoding.entries {
        if let (Reference::Dialog(dialog), Some(key)) = (entry.reference(), entry.key()) {
            if !key.keyword().credential {
                report_open(cx, entry, key, findings);
            } else if key == Key::PIN {
                check_pin(cx, entry, dialog, findings);
            }
        }
    }
}

fn report_open(cx: &EncodingContext<'_>, entry: &Entry<'_>, key: Key, findings: &mut Findings<'_>) {
    findings
        .report(
            format!("`{}` cannot be entered in a PIN dialog", key.name()),
            cx.label(entry.value_span, "asks for a credential"),
        )
        .help("write the name of a field, or `#` and a constant");
}

fn check_pin(
    cx: &EncodingContext<'_>,
    entry: &Entry<'_>,
    dialog: &Dialog,
    findings: &mut Findings<'_>,
) {
    let init = cx.encoding.on(Key::InitToken);
    let sets = cx.encoding.on(Key::SetPIN).or(init);
    let puk = cx.encoding.entry(Key::InitialPUK);
    let (message, cause, help) = match dialog.kind {
        DialogKind::ChangePin if init.or(puk).is_some() => (
            "the dialog asks for a present PIN that is not needed",
            init.or(puk),
            "use dialog 2, which asks for a new PIN twice",
        ),
        DialogKind::Authenticate if sets.is_some() => (
            "the dialog does not ask twice for the new PIN",
            sets,
            "use dialog 2, which asks for a new PIN twice",
        ),
        DialogKind::NewPin | DialogKind::ChangePin if sets.is_none() => (
            "the dialog asks for a new PIN that nothing sets",
            None,
            "use dialog 1 to log in, or add `SetPIN=true`",
        ),
        _ => return,
    };
    let draft = findings
        .report(message, cx.label(entry.value_span, "this dialog"))
        .help(help);
    if let Some(cause) = cause {
        draft.because(cx.label(cause.key_span, "because of this"));
    }
}
