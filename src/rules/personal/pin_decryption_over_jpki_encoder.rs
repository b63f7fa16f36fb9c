use super::rule;
use crate::diagnostic::{Fix, Label};
use crate::model::{Entry, JPKI_ENCODER, SMART_ID_DESKTOP_APP};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{self, Certainty, Encoder, Key};

rule! {
    /// # What it finds
    ///
    /// A `CardPinDecryption_Output_` key in a description that JPKIEncoder carries out, by its
    /// `Devices` id or by `[target] encoder`.
    ///
    /// # Why it matters
    ///
    /// Only Smart ID Desktop App can hand encrypted PINs to the server for decryption. With JPKIEncoder
    /// the outputs stay empty.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// StoredPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// CardPinDecryption_Output_PIN1=StoredPin
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// StoredPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// CardPinDecryption_Output_PIN1=StoredPin
    /// ```
    ///
    /// # Fix
    ///
    /// On request: the device id of Smart ID Desktop App takes the place of JPKIEncoder's.
    ///
    /// # Source
    ///
    /// Stated (SEED) for the encoder; that the ids in `Devices` stand for the two encoders is implied
    /// by the examples.
    name: "pin-decryption-over-jpki-encoder",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let (Some(output), Some(choice)) = (cx.encoding.pin_decryption(), cx.encoder) else {
        return;
    };
    if choice.encoder.id != JPKI_ENCODER {
        return;
    }
    let message = format!("{} cannot read encrypted PINs", choice.encoder.name);
    let help = "use Smart ID Desktop App for this description";
    if let Some(devices) = devices_of(cx, choice.encoder) {
        let draft = findings
            .report(
                message,
                cx.label(
                    devices.value_span,
                    format!("stands for {}", choice.encoder.name),
                ),
            )
            .because(cx.label(output.key_span, "encrypted PINs are read here"))
            .help(help);
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
    let draft = findings
        .report(
            message,
            cx.label(output.key_span, "encrypted PINs are read here"),
        )
        .help(help);
    let target = cx.project.target.encoder.as_ref();
    if let Some((source, span)) = target.and_then(|encoder| encoder.place) {
        draft.because(Label::new(
            source,
            span,
            format!("says that it is {}", choice.encoder.name),
        ));
    }
}

/// `Devices`, where it names this encoder.
fn devices_of<'p>(cx: &EncodingContext<'p>, encoder: &Encoder) -> Option<&'p Entry<'p>> {
    let devices = cx.encoding.entry(Key::Devices)?;
    let id: u32 = cx.text(devices.value_span).parse().ok()?;
    (id == encoder.device).then_some(devices)
}
