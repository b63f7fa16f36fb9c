//! The interface of a plan: which fields it reads and which it fills.

use std::collections::HashMap;

use super::Lowering;
use crate::model::is_pin_decryption;
use crate::operation::{FieldEncoding, Value};
use crate::plan::{ApplicationOrder, ErrorMode, ErrorReport, Input, InputKind, Output, Plan};
use crate::stdlib::{Direction, Key};

impl Lowering<'_, '_> {
    /// Sets inputs, outputs and what happens on errors.
    pub(super) fn describe_fields(&mut self, plan: &mut Plan) {
        plan.errors = self.errors();
        plan.inputs = self.inputs(plan);
        plan.outputs = self.outputs();
    }

    fn inputs(&self, plan: &Plan) -> Vec<Input> {
        let mut found: HashMap<String, Input> = HashMap::new();
        let everywhere = plan.initialization.iter().chain(&plan.finalization);
        for operation in everywhere {
            let action = &operation.action;
            action.visit_values(&mut |value| take(value, false, &mut found));
        }
        if let Some(program) = &plan.fallback_program {
            program.visit_values(&mut |value| take(value, true, &mut found));
        }
        let chosen = matches!(plan.applications.order, ApplicationOrder::FromField { .. });
        for application in &plan.applications.list {
            for operation in &application.operations {
                let action = &operation.action;
                action.visit_values(&mut |value| take(value, chosen, &mut found));
            }
        }
        for item in self.encoding.profile_parameters() {
            if let Some(input) = found.get_mut(item.name) {
                input.kind = InputKind::ProfileParameter;
            }
        }
        if let ApplicationOrder::FromField { field } = &plan.applications.order {
            let list = Input {
                field: field.clone(),
                kind: InputKind::ApplicationList,
                secret: false,
                encoding: FieldEncoding::Text,
                optional: false,
            };
            found.insert(field.clone(), list);
        }
        self.encoding
            .field_names()
            .filter_map(|name| found.remove(name))
            .collect()
    }

    fn outputs(&self) -> Vec<Output> {
        let encoding = self.encoding;
        let mut found: HashMap<&str, Output> = HashMap::new();
        for entry in &encoding.entries {
            let Some(key) = entry
                .key()
                .filter(|key| key.keyword().direction == Direction::Out)
            else {
                continue;
            };
            if let Some(field) = entry.reference().field() {
                found.entry(field).or_insert_with(|| Output {
                    field: field.to_owned(),
                    secret: is_pin_decryption(key),
                    key: key.name().to_owned(),
                });
            }
        }
        encoding
            .field_names()
            .filter_map(|name| found.remove(name))
            .collect()
    }

    fn errors(&mut self) -> ErrorReport {
        let Some(entry) = self.encoding.entry(Key::ExtendedErrorMode).copied() else {
            return ErrorReport::default();
        };
        let word = entry.value_span.of(self.encoding.text);
        let mode = match word.to_ascii_uppercase().as_str() {
            "APPLY_ON_ALL_ERRORS" => ErrorMode::All,
            "APPLY_ON_APP_ERRORS_ONLY" => ErrorMode::Applications,
            _ => {
                self.refuse(
                    entry.value_span,
                    "this mode is not known",
                    "write `APPLY_ON_ALL_ERRORS` or `APPLY_ON_APP_ERRORS_ONLY`",
                );
                ErrorMode::None
            }
        };
        let mut field = |key: Key| {
            let entry = *self.encoding.entry(key)?;
            self.output(&entry)
        };
        ErrorReport {
            mode,
            status_id: field(Key::ResponseStatusIdField),
            status_text: field(Key::ResponseStatusTextField),
            steps_all: field(Key::EncodingStepsAllField),
            steps_done: field(Key::EncodingStepsDoneField),
        }
    }
}

/// Takes a value in, if it is a field.
fn take(value: &Value, optional: bool, found: &mut HashMap<String, Input>) {
    let Value::Field {
        name,
        encoding,
        secret,
    } = value
    else {
        return;
    };
    let input = found.entry(name.clone()).or_insert_with(|| Input {
        field: name.clone(),
        kind: InputKind::Value,
        secret: *secret,
        encoding: *encoding,
        optional,
    });
    input.secret |= *secret;
    input.optional &= optional;
    // `Location=F` reads one field as text and as flag; the text is what the job binds.
    if input.encoding == FieldEncoding::SignatureSlot {
        input.encoding = *encoding;
    }
}
