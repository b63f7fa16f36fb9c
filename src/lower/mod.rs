//! Models to plans: every keyword and every statement becomes typed operations.
//!
//! Order and logins are those of the documentation (`dsc.md` section 3 names the pages). What has
//! no meaning is refused here, at its exact place, whatever rules, severities and suppressions
//! say; rules judge style and risk, this room only whether there is something to do and with what.
//! It reads no file and knows no token.

mod application;
mod credential;
mod field;
mod finalization;
mod initialization;
mod origin;
mod profile;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::diagnostic::{Finding, Label, Severity};
use crate::model::{Encoding, Project};
use crate::operation::{Action, Capability, Operation, OperationId, UndoClass};
use crate::plan::{
    ApplicationOrder, Applications, Digests, ErrorReport, FORMAT, FollowUp, Libraries, Plan,
    PlanSource, PlanTarget, VERSION,
};
use crate::source::{SourceId, Sources, Span};
use crate::stdlib::Key;
use origin::Origins;

/// The name of findings about what cannot be compiled. It is no rule: nothing turns it off.
pub const CANNOT_COMPILE: &str = "cannot-compile";

/// How every key that names a PKCS#11 library begins.
const LIBRARY: &str = "PKCS11Library";

/// The page about [`CANNOT_COMPILE`]: Markdown with the headings that the pages of rules have.
pub const PAGE: &str = include_str!("page.md");

/// What is added to a profile on request; its author's files are never changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Additions {
    /// EF.DIR and EF.TokenInfo of a PKCS#15 directory, where the author left them out.
    pub pkcs15: bool,
}

/// Compiles one description, with the profile it binds, into a plan.
///
/// # Errors
///
/// Everything that has no meaning, each at its place, in the order it was met.
pub fn lower(
    project: &Project<'_>,
    encoding: &Encoding<'_>,
    sources: &Sources,
) -> Result<Plan, Vec<Finding>> {
    lower_with(project, encoding, sources, Additions::default())
}

/// As [`lower`], with additions to the profile. The plan names each of them
/// ([`crate::operation::CardOperation::is_addition`]).
///
/// # Errors
///
/// As [`lower`].
pub fn lower_with(
    project: &Project<'_>,
    encoding: &Encoding<'_>,
    sources: &Sources,
    additions: Additions,
) -> Result<Plan, Vec<Finding>> {
    let mut lowering = Lowering::new(project, encoding, sources);
    lowering.additions = additions;
    let plan = lowering.plan();
    if !lowering.findings.is_empty() {
        // One value may be asked for by several operations.
        let mut findings: Vec<Finding> = Vec::new();
        for finding in lowering.findings {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
        return Err(findings);
    }
    plan.sealed().map_err(|error| {
        let place = Label::new(encoding.source, Span::empty(0), "");
        vec![Finding::new(
            CANNOT_COMPILE,
            Severity::Error,
            error.to_string(),
            place,
        )]
    })
}

/// One compilation.
struct Lowering<'l, 't> {
    project: &'l Project<'t>,
    encoding: &'l Encoding<'t>,
    sources: &'l Sources,
    origins: Origins<'l>,
    additions: Additions,
    findings: Vec<Finding>,
}

impl<'l, 't> Lowering<'l, 't> {
    fn new(project: &'l Project<'t>, encoding: &'l Encoding<'t>, sources: &'l Sources) -> Self {
        let mut origins = Origins::new(sources);
        origins.mask_encoding(encoding);
        if let Some(profile) = project.bound_profile(encoding) {
            origins.mask_profile(profile);
        }
        Self {
            project,
            encoding,
            sources,
            origins,
            additions: Additions::default(),
            findings: Vec::new(),
        }
    }

    /// Refuses at a place of the description.
    fn refuse(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.refuse_in(self.encoding.source, span, message, help);
    }

    fn refuse_in(&mut self, source: SourceId, span: Span, message: impl Into<String>, help: &str) {
        let place = Label::new(source, span, "");
        let finding = Finding::new(CANNOT_COMPILE, Severity::Error, message, place).help(help);
        self.findings.push(finding);
    }

    fn operation(
        &self,
        id: impl Into<String>,
        action: Action,
        undo: UndoClass,
        requires: &[Capability],
        span: Span,
    ) -> Operation {
        Operation {
            id: OperationId(id.into()),
            action,
            undo,
            requires: requires.to_vec(),
            origin: self.origins.at(self.encoding.source, span),
        }
    }

    fn plan(&mut self) -> Plan {
        let alone = self.list_tokens();
        let mut plan = self.empty();
        if !self.can_be_compiled() {
            return plan;
        }
        if let Some(operation) = alone {
            plan.initialization = vec![operation];
        } else {
            plan.initialization = self.initialization();
            plan.applications = self.applications();
            plan.finalization = self.finalization();
            if self.encoding.on(Key::InitToken).is_some() {
                plan.follow_up = vec![FollowUp::CardProductionPostProcessor];
                plan.fallback_program = self.fallback_program();
            }
        }
        self.describe_fields(&mut plan);
        plan.requires = required(&plan);
        plan
    }

    fn can_be_compiled(&mut self) -> bool {
        let encoding = self.encoding;
        if let Some(span) = encoding.protected {
            self.refuse(
                span,
                "a part of the description is encrypted by the vendor and cannot be read",
                "compile the description it was made from",
            );
        }
        if !encoding.is_chip {
            let span = encoding
                .entry(Key::Type)
                .map_or(Span::empty(0), |entry| entry.value_span);
            self.refuse(
                span,
                "only chip descriptions can be compiled",
                "`Type=1024,Chip` describes a chip; magnetic stripes are checked only",
            );
        }
        self.findings.is_empty()
    }

    fn empty(&self) -> Plan {
        Plan {
            format: FORMAT.to_owned(),
            version: VERSION,
            stdlib: env!("CARGO_PKG_VERSION").to_owned(),
            sources: self.plan_sources(),
            target: self.target(),
            libraries: self.libraries(),
            requires: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            errors: ErrorReport::default(),
            initialization: Vec::new(),
            applications: Applications {
                order: ApplicationOrder::Listed,
                list: Vec::new(),
            },
            finalization: Vec::new(),
            follow_up: Vec::new(),
            fallback_program: None,
            digests: Digests::default(),
        }
    }

    fn plan_sources(&self) -> Vec<PlanSource> {
        let profile = self.project.bound_profile(self.encoding);
        let companions = profile.map(|profile| profile.source);
        std::iter::once(self.encoding.source)
            .chain(companions)
            .map(|id| PlanSource {
                name: self.origins.name(id).to_owned(),
                sha256: hexadecimal(&self.sources[id].digest()),
            })
            .collect()
    }

    fn target(&self) -> PlanTarget {
        let target = &self.project.target;
        let middleware = target.middleware.as_ref().map(|found| found.value);
        PlanTarget {
            middleware: middleware.map(|(middleware, _)| middleware.id.to_owned()),
            middleware_version: middleware
                .and_then(|(_, version)| version)
                .map(|version| version.to_string()),
            card: target.card.as_ref().map(|card| card.value.id.to_owned()),
            identity_manager: target
                .identity_manager
                .as_ref()
                .map(|v| v.value.to_string()),
            encoder: target
                .encoder
                .as_ref()
                .map(|encoder| encoder.value.id.to_owned()),
        }
    }

    fn libraries(&self) -> Libraries {
        let named = |key: Key| {
            let entry = self.encoding.entry(key)?;
            Some(entry.value_span.of(self.encoding.text).to_owned())
        };
        Libraries {
            any: named(Key::PKCS11Library),
            windows32: named(Key::PKCS11LibraryWindows32),
            windows64: named(Key::PKCS11LibraryWindows64),
            others: self.other_libraries(),
            mini_driver: named(Key::MiniDriverLibrary),
        }
    }

    /// `PKCS11LibraryLinux64` and its like, by what follows the common beginning.
    fn other_libraries(&self) -> BTreeMap<String, String> {
        let mut others = BTreeMap::new();
        for entry in &self.encoding.entries {
            let key = entry.key_span.of(self.encoding.text);
            if entry.key() == Some(Key::PKCS11LibraryOther)
                && let Some(system) = key.get(LIBRARY.len()..)
            {
                let library = entry.value_span.of(self.encoding.text);
                others
                    .entry(system.to_ascii_lowercase())
                    .or_insert_with(|| library.to_owned());
            }
        }
        others
    }
}

/// Everything that operations need, each once.
fn required(plan: &Plan) -> Vec<Capability> {
    Capability::ALL
        .into_iter()
        .filter(|capability| {
            plan.operations()
                .any(|operation| operation.requires.contains(capability))
        })
        .collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
