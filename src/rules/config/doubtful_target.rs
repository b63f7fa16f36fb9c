use super::rule;
use crate::diagnostic::{Label, nearest};
use crate::model::{Encoding, Located, Target, UnknownName};
use crate::rules::{Check, Family, Findings, Level, ProjectContext, Scope, excerpt};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A middleware, card or encoder in `[target]` of `perso.toml` that perso does not know by name; or
    /// one that contradicts a description of a chip: the middleware when its library keys name
    /// another one, the encoder when `Devices` names another one.
    ///
    /// Silent where a library is not known by its file name, and where one of several libraries is
    /// that of the target.
    ///
    /// # Why it matters
    ///
    /// What perso does not know is as if it were not given, and the rules for it are silent. What
    /// contradicts a description wins over it, and the description is checked for a middleware or
    /// an encoder that it does not use.
    ///
    /// # Example
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
    /// ```toml
    /// [target]
    /// middleware = "tcos"
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
    /// ```toml
    /// [target]
    /// middleware = "idopte"
    /// ```
    ///
    /// # Fix
    ///
    /// None: which of the two is right is for the author to say.
    ///
    /// # Source
    ///
    /// Ours.
    name: "doubtful-target",
    family: Family::Config,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    scope: Scope::ChipFile,
    check: Check::Project(check),
}

fn check(cx: &ProjectContext<'_>, findings: &mut Findings<'_>) {
    let target = &cx.project.target;
    for unknown in &target.unknown {
        report_unknown(unknown, findings);
    }
    if let Some(Located { value, place }) = &target.middleware {
        let chosen = value.0;
        let others = cx.chip_files().filter_map(|encoding| {
            let mut named = encoding
                .libraries()
                .filter_map(|it| encoding.middleware_of(it));
            if named.any(|middleware| middleware.id == chosen.id) {
                return None;
            }
            let library = encoding.deciding_library()?;
            let other = encoding.middleware_of(library)?;
            let label = format!("a library of {}", other.name);
            Some(Label::new(encoding.source, library.value_span, label))
        });
        report_contradiction(
            "middleware",
            chosen.id,
            chosen.name,
            *place,
            others,
            findings,
        );
    }
    if let Some(Located { value, place }) = &target.encoder {
        let others = cx.chip_files().filter_map(|encoding| {
            let other = encoding.encoder_of_devices()?;
            let label = format!("the device of {}", other.name);
            let is_other = other.id != value.id;
            is_other.then(|| Label::new(encoding.source, devices(encoding), label))
        });
        report_contradiction("encoder", value.id, value.name, *place, others, findings);
    }
}

fn devices(encoding: &Encoding<'_>) -> Span {
    let devices = encoding.entry(Key::Devices);
    devices.map_or(Span::empty(0), |devices| devices.value_span)
}

fn report_unknown(unknown: &UnknownName, findings: &mut Findings<'_>) {
    let Some((source, span)) = unknown.place else {
        return;
    };
    let (key, name) = (unknown.key, &unknown.name);
    let names = Target::names(key);
    let help = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", names.join(", ")),
    };
    let message = format!("unknown {key} `{}` in the target", excerpt(name));
    findings
        .report(
            message,
            Label::new(source, span, format!("perso knows no such {key}")),
        )
        .help(help)
        .note("it is as if it were not given");
}

/// One finding, however many descriptions say otherwise.
fn report_contradiction(
    key: &str,
    id: &str,
    name: &str,
    place: Option<(crate::source::SourceId, Span)>,
    mut others: impl Iterator<Item = Label>,
    findings: &mut Findings<'_>,
) {
    let (Some((source, span)), Some(first)) = (place, others.next()) else {
        return;
    };
    let draft = findings
        .report(
            format!("the target `{id}` contradicts a description"),
            Label::new(source, span, format!("the {key} is {name}")),
        )
        .because(first)
        .help("correct one of the two, or give the description a `perso.toml` of its own");
    match others.count() {
        0 => draft,
        1 => draft.note("one more description contradicts it"),
        more => draft.note(format!("{more} more descriptions contradict it")),
    };
}
