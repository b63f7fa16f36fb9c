//! How Identity Manager binds the fields.

mod decrypted_pin_to_plain_field;
mod decrypted_pin_without_read;
mod mapping_of_undeclared_field;
mod output_without_read;
mod shared_mapping_target;
mod unmapped_field;

use super::{Findings, Output, Rule, rule};
use crate::diagnostic::{Edit, Fix, Label};
use crate::model::Binding;

pub(super) const RULES: &[&Rule] = &[
    &decrypted_pin_to_plain_field::RULE,
    &decrypted_pin_without_read::RULE,
    &output_without_read::RULE,
    &unmapped_field::RULE,
    &mapping_of_undeclared_field::RULE,
    &shared_mapping_target::RULE,
];

/// Reports that what comes back in a field is not taken.
fn report_unread(
    binding: &Binding,
    output: &Output<'_>,
    message: String,
    findings: &mut Findings<'_>,
) {
    let (source, span) = binding.place;
    let draft = findings
        .report(message, Label::new(source, span, "lacks `read = true`"))
        .because(output.label())
        .help("add `read = true`");
    let written = binding.read.as_ref().and_then(|read| read.place);
    if let Some((source, span)) = written {
        let text = "true".to_owned();
        let edit = Edit { source, span, text };
        draft.fix(Fix::on_request("write `true`", [edit]));
    }
}
