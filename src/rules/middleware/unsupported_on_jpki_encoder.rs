use super::rule;
use crate::diagnostic::{Fix, Label};
use crate::model::{Entry, JPKI_ENCODER, MiddlewareChoice, SMART_ID_DESKTOP_APP};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{self, Certainty, Encoder, Key, Middleware};

rule! {
    /// # What it finds
    ///
    /// JPKIEncoder with Idopte, or with an APDU script for a middleware other than that of CardOS.
    ///
    /// # Why it matters
    ///
    /// JPKIEncoder cannot do it, and the job fails.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// Serial=
    /// [Description]
    /// PKCS11Library=idopte
    /// iccsnfield=Serial
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// [Description]
    /// PKCS11Library=idopte
    /// iccsnfield=Serial
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: write 8711, which stands for Smart ID Desktop App.
    ///
    /// # Source
    ///
    /// Stated (IDOPTE, APDU); that the id stands for the encoder is implied.
    name: "unsupported-on-jpki-encoder",
    family: Family::Middleware,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "IDOPTE, APDU",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let (Some(choice), MiddlewareChoice::Known(middleware)) = (cx.encoder, cx.middleware) else {
        return;
    };
    if choice.encoder.id != JPKI_ENCODER {
        return;
    }
    let library = cx.encoding.deciding_library();
    if middleware.jpki_encoder == Some(false) {
        let message = format!("{} cannot drive {}", choice.encoder.name, middleware.name);
        report(cx, choice.encoder, message, library, findings);
    } else if let Some(script) = script(cx).filter(|_| refuses_scripts(middleware)) {
        let message = format!(
            "{} runs no APDU scripts with {}",
            choice.encoder.name, middleware.name
        );
        report(cx, choice.encoder, message, Some(script), findings);
    }
}

/// The first APDU script, under either name of its key.
fn script<'p>(cx: &EncodingContext<'p>) -> Option<&'p Entry<'p>> {
    let is_script = |entry: &&Entry<'_>| entry.key().map(Key::current) == Some(Key::ApduFile);
    cx.encoding.entries.iter().find(is_script)
}

/// What is given away by no library is not judged.
const fn refuses_scripts(middleware: &Middleware) -> bool {
    !middleware.library.is_empty() && !middleware.apdu_over_jpki_encoder
}

fn report(
    cx: &EncodingContext<'_>,
    encoder: &Encoder,
    message: String,
    cause: Option<&Entry<'_>>,
    findings: &mut Findings<'_>,
) {
    let help = "use Smart ID Desktop App for this description";
    if let Some(devices) = devices_of(cx, encoder) {
        let says = format!("stands for {}", encoder.name);
        let mut draft = findings
            .report(message, cx.label(devices.value_span, says))
            .help(help);
        if let Some(cause) = cause {
            draft = draft.because(cx.label(cause.key_span, "this is out of its reach"));
        }
        // Where `[target]` names the encoder too, another number alone mends nothing.
        let is_alone = cx.project.target.encoder.is_none();
        if let Some(right) = stdlib::encoder(SMART_ID_DESKTOP_APP).filter(|_| is_alone) {
            let id = right.device.to_string();
            draft.fix(Fix::on_request(
                format!("write {id}, which stands for {}", right.name),
                [cx.edit(devices.value_span, id)],
            ));
        }
        return;
    }
    let Some(cause) = cause else { return };
    let label = cx.label(cause.key_span, "this is out of its reach");
    let draft = findings.report(message, label).help(help);
    let target = cx.project.target.encoder.as_ref();
    if let Some((source, span)) = target.and_then(|encoder| encoder.place) {
        let says = format!("says that it is {}", encoder.name);
        draft.because(Label::new(source, span, says));
    }
}

/// `Devices`, where it names this encoder.
fn devices_of<'p>(cx: &EncodingContext<'p>, encoder: &Encoder) -> Option<&'p Entry<'p>> {
    let devices = cx.encoding.entry(Key::Devices)?;
    let id: u32 = cx.text(devices.value_span).parse().ok()?;
    (id == encoder.device).then_some(devices)
}
