//! From an opened workspace to findings.

use crate::diagnostic::Finding;
use crate::source::{SourceId, Span};
use crate::workspace::Workspace;
use crate::workspace::configuration::Level;

/// What the analysis of a workspace yields.
pub(super) struct Analysis {
    /// Findings in the order of the report.
    pub(super) findings: Vec<Finding>,
    /// Literals that must not be shown.
    pub(super) secrets: Vec<(SourceId, Span)>,
}

/// Analyses every input. `levels` come from the command line and win over `perso.toml`.
pub(super) fn analyse(workspace: &mut Workspace, levels: &[(&'static str, Level)]) -> Analysis {
    let mut findings = std::mem::take(&mut workspace.findings);
    findings.retain_mut(|finding| weigh(finding, levels));
    findings.sort_by(|a, b| {
        let place = |finding: &Finding| (finding.primary.source, finding.primary.span);
        place(a).cmp(&place(b)).then_with(|| a.rule.cmp(b.rule))
    });
    Analysis {
        findings,
        secrets: Vec::new(),
    }
}

/// Gives a finding the severity of its rule; false when the rule is off.
fn weigh(finding: &mut Finding, levels: &[(&'static str, Level)]) -> bool {
    let level = levels.iter().find(|(rule, _)| *rule == finding.rule);
    match level {
        Some((_, Level::Off)) => false,
        Some((_, Level::On(severity))) => {
            finding.severity = *severity;
            true
        }
        None => true,
    }
}
