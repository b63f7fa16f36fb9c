//! A plan as a table that a person can review.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value as Json;

use super::{ApplicationOrder, MASK, Plan, PlanError};
use crate::operation::{Action, CardAction, Operation, Origin, UndoClass};

/// The operations as a table, block by block: name, what is done, with which values, whether it
/// can be undone, and where it was written. Credentials are masked.
///
/// # Errors
///
/// [`PlanError::Unwritable`], which no plan that perso compiled is.
pub fn show(plan: &Plan) -> Result<String, PlanError> {
    let plan = plan.masked()?;
    let mut text = String::new();
    head(&plan, &mut text);
    block("initialization", &plan.initialization, &mut text)?;
    for application in &plan.applications.list {
        let title = match &application.step {
            Some(step) => format!("application {} ({step})", application.name),
            None => format!("application {}", application.name),
        };
        block(&title, &application.operations, &mut text)?;
    }
    block("finalization", &plan.finalization, &mut text)?;
    if let Some(program) = &plan.fallback_program {
        let title = format!("on a blank card token, initialise uses {}", program.profile);
        table(&title, &program_rows(&json(program)?), &mut text);
    }
    for _ in &plan.follow_up {
        line(
            &mut text,
            "after success: card production post-processor (server)",
        );
    }
    Ok(text)
}

fn head(plan: &Plan, text: &mut String) {
    let names = |list: Vec<&str>| match list.is_empty() {
        true => "none".to_owned(),
        false => list.join(", "),
    };
    let sources = plan.sources.iter().map(|source| source.name.as_str());
    line(text, &format!("sources   {}", names(sources.collect())));
    let requires = plan.requires.iter().map(|capability| capability.word());
    line(text, &format!("requires  {}", names(requires.collect())));
    let inputs: Vec<String> = plan
        .inputs
        .iter()
        .map(|input| {
            let secret = if input.secret { " (secret)" } else { "" };
            format!("{}{secret}", input.field)
        })
        .collect();
    let inputs = names(inputs.iter().map(String::as_str).collect());
    line(text, &format!("inputs    {inputs}"));
    let outputs = plan.outputs.iter().map(|output| output.field.as_str());
    line(text, &format!("outputs   {}", names(outputs.collect())));
    if let ApplicationOrder::FromField { field } = &plan.applications.order {
        line(
            text,
            &format!("order     of the applications: field {field}"),
        );
    }
    let added = additions(plan);
    if !added.is_empty() {
        let added = added.join(", ");
        let note = "not in the profile (--synthesize-pkcs15)";
        line(text, &format!("adds      {added}: {note}"));
    }
    line(text, &format!("content   {}", plan.digests.content));
}

/// Names of the files that perso added to the profile.
fn additions(plan: &Plan) -> Vec<&str> {
    let programs = plan
        .operations()
        .filter_map(|operation| match &operation.action {
            Action::Initialise { program, .. } => program.as_ref(),
            _ => None,
        });
    let added = programs.flat_map(|program| &program.operations);
    added
        .filter(|operation| operation.is_addition())
        .filter_map(|operation| match &operation.action {
            CardAction::CreateFile { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect()
}

struct Row {
    id: String,
    what: String,
    values: String,
    undo: &'static str,
    place: String,
}

fn block(title: &str, operations: &[Operation], text: &mut String) -> Result<(), PlanError> {
    if operations.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::new();
    for operation in operations {
        let json = json(operation)?;
        rows.push(row(&json, operation.undo, &operation.origin));
        rows.extend(json.get("program").into_iter().flat_map(program_rows));
    }
    table(title, &rows, text);
    Ok(())
}

fn json(part: &impl Serialize) -> Result<Json, PlanError> {
    serde_json::to_value(part).map_err(|_| PlanError::Unwritable)
}

/// The operations of a card program.
fn program_rows(program: &Json) -> Vec<Row> {
    let operations = program.get("operations").and_then(Json::as_array);
    let rows = operations.into_iter().flatten().filter_map(|card| {
        let undo = serde_json::from_value(card.get("undo")?.clone()).ok()?;
        let origin = serde_json::from_value(card.get("origin")?.clone()).ok()?;
        Some(row(card, undo, &origin))
    });
    rows.collect()
}

fn table(title: &str, rows: &[Row], text: &mut String) {
    line(text, &format!("\n{title}"));
    let width = |of: fn(&Row) -> &str| {
        rows.iter()
            .map(|row| of(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let id = width(|row| &row.id);
    let what = width(|row| &row.what);
    for row in rows {
        line(
            text,
            &format!(
                "  {:id$}  {:what$}  {:12}  {:<24}  {}",
                row.id, row.what, row.undo, row.place, row.values
            ),
        );
    }
}

fn row(json: &Json, undo: UndoClass, origin: &Origin) -> Row {
    let word = |name: &str| json.get(name).and_then(Json::as_str).unwrap_or_default();
    Row {
        id: word("id").to_owned(),
        what: word("operation").to_owned(),
        values: arguments(json),
        undo: match undo {
            UndoClass::Reading => "reading",
            UndoClass::Reversible => "reversible",
            UndoClass::Irreversible => "irreversible",
        },
        place: format!("{}:{}", origin.source, origin.line),
    }
}

/// Arguments as `name=value`, those of the table itself left out.
fn arguments(json: &Json) -> String {
    const COLUMNS: [&str; 6] = ["id", "operation", "undo", "origin", "requires", "program"];
    let Json::Object(fields) = json else {
        return String::new();
    };
    let shown: Vec<String> = fields
        .iter()
        .filter(|(name, value)| !COLUMNS.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| format!("{name}={}", brief(value)))
        .collect();
    shown.join(" ")
}

/// A value in a few words.
fn brief(json: &Json) -> String {
    match json {
        Json::Object(fields) => match fields.get("kind").and_then(Json::as_str) {
            Some(kind) => value(kind, json),
            None => {
                let inside: Vec<_> = fields
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(name, value)| format!("{name}={}", brief(value)))
                    .collect();
                format!("({})", inside.join(" "))
            }
        },
        Json::Array(items) => {
            let inside: Vec<_> = items.iter().map(brief).collect();
            format!("[{}]", inside.join(" "))
        }
        Json::String(text) => visible(text),
        other => other.to_string(),
    }
}

fn value(kind: &str, json: &Json) -> String {
    let word = |name: &str| json.get(name).and_then(Json::as_str).unwrap_or_default();
    let part = |name: &str| json.get(name).map(brief).unwrap_or_default();
    let secret = json.get("secret") == Some(&Json::Bool(true));
    match kind {
        "text" if secret => MASK.to_owned(),
        "text" => format!("\"{}\"", visible(word("text"))),
        "bytes" => bytes(word("hex")),
        "field" if word("encoding") == "text" => format!("<{}>", visible(word("name"))),
        "field" => format!("<{}:{}>", visible(word("name")), word("encoding")),
        "result" => format!("{}.{}", word("operation"), word("part")),
        "generated" => format!("random({})", visible(word("name"))),
        "dialog" => {
            let which = if json.get("old").is_some() {
                "old "
            } else {
                ""
            };
            format!("dialog({which}{})", word("form"))
        }
        "protected-path" => "pin-pad".to_owned(),
        "concatenation" => {
            let parts = json.get("parts").and_then(Json::as_array);
            let parts: Vec<_> = parts.into_iter().flatten().map(brief).collect();
            parts.join("+")
        }
        "conditional" => format!(
            "if({} then {} else {})",
            part("flag"),
            part("when_true"),
            part("when_false")
        ),
        _ => kind.to_owned(),
    }
}

/// Bytes above this are only counted.
const SHOWN_BYTES: usize = 16;

fn bytes(hex: &str) -> String {
    match hex.len() / 2 {
        count if count > SHOWN_BYTES => format!("{count} bytes"),
        _ => hex.to_owned(),
    }
}

/// Control characters would let a text draw over the table.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .collect()
}

fn line(text: &mut String, line: &str) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{}", line.trim_end());
}
