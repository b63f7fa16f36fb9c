use foldhash::{HashMap, HashMapExt as _};
use unicase::Ascii;

use super::rule;
use crate::diagnostic::{Edit, Fix, Label};
use crate::model::FileKind;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::{SourceId, Span};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A variable or a file that is written in two letter cases, also between `ProfileParameters` and
    /// the profile.
    ///
    /// # Why it matters
    ///
    /// Whether the vendor's software takes both spellings for one name is not public. perso does.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EfNote
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
    /// Safe: the first spelling. None for an entry of `ProfileParameters`, which names a field too.
    ///
    /// # Source
    ///
    /// Ours: the published example (SEED) writes each name in one way.
    name: "inconsistent-name-case",
    family: Family::Cpf,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let assigned = cx.profile.assignments.iter().map(|it| (it.name, it.span));
    let used = cx.profile.uses.iter().map(|it| (it.name, it.span));
    let mut variables = Names::of(cx, assigned.chain(used).collect());
    variables.report_all("variable", findings);
    for encoding in cx.binders() {
        for entry in encoding.profile_parameters() {
            variables.see(
                ("variable", entry.name, encoding.source, entry.span),
                findings,
            );
        }
    }
    let declared = cx
        .profile
        .files
        .iter()
        .filter(|file| file.kind != FileKind::Mf);
    let declared = declared.map(|file| (file.name, file.span));
    let filled = cx
        .profile
        .contents
        .iter()
        .filter_map(|content| content.name);
    let mut files = Names::of(cx, declared.chain(filled).collect());
    files.report_all("file", findings);
}

/// Names with their places, and the first place of each.
struct Names<'p> {
    source: SourceId,
    list: Vec<(&'p str, Span)>,
    first: HashMap<Ascii<&'p str>, (&'p str, Span)>,
}

impl<'p> Names<'p> {
    fn of(cx: &ProfileContext<'p>, mut list: Vec<(&'p str, Span)>) -> Self {
        list.sort_by_key(|(_, span)| span.start);
        Self {
            source: cx.profile.source,
            list,
            first: HashMap::new(),
        }
    }

    fn report_all(&mut self, kind: &str, findings: &mut Findings<'_>) {
        for (name, span) in std::mem::take(&mut self.list) {
            self.first.entry(Ascii::new(name)).or_insert((name, span));
            self.see((kind, name, self.source, span), findings);
        }
    }

    /// Compares a place with the first one of its name.
    fn see(
        &self,
        (kind, name, source, span): (&str, &str, SourceId, Span),
        findings: &mut Findings<'_>,
    ) {
        let Some((first, place)) = self.first.get(&Ascii::new(name)) else {
            return;
        };
        if *first == name {
            return;
        }
        let draft = findings
            .report(
                format!(
                    "{kind} `{}` is also written `{}`",
                    excerpt(first),
                    excerpt(name)
                ),
                Label::new(source, span, format!("expected `{}`", excerpt(first))),
            )
            .because(Label::new(self.source, *place, "first written here"));
        // The entry of a list is the name of a field too, whose letter case counts.
        if source != self.source {
            draft.help("write the field and the variable of the profile in the same way");
            return;
        }
        let edit = Edit {
            source,
            span,
            text: (*first).to_owned(),
        };
        draft
            .help(format!("write `{}`", excerpt(first)))
            .fix(Fix::safe(format!("write `{}`", excerpt(first)), [edit]));
    }
}
