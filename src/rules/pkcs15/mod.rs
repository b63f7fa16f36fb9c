//! PKCS#15: the files by which software finds PINs, keys and certificates on a card.

mod blob_in_certificate_file;
mod dangling_file_path;
mod incomplete_pkcs15_directory;
mod malformed_pkcs15_entry;
mod missing_ef_dir;
mod tlv_length_mismatch;
mod undefined_auth_object;
mod unusable_dir_entry;
mod wasteful_maxsize;

use std::ops::Range;

use super::{ProfileContext, Rule, line_end, rule};
use crate::diagnostic::{Edit, Fix, Label};
use crate::model::{Constant, FileIndex, FileKind};
use crate::syntax::cpf::{Statement, StatementKind};

pub(super) const RULES: &[&Rule] = &[
    &blob_in_certificate_file::RULE,
    &dangling_file_path::RULE,
    &incomplete_pkcs15_directory::RULE,
    &malformed_pkcs15_entry::RULE,
    &missing_ef_dir::RULE,
    &tlv_length_mismatch::RULE,
    &undefined_auth_object::RULE,
    &unusable_dir_entry::RULE,
    &wasteful_maxsize::RULE,
];

/// A label on bytes of constant data.
fn label_bytes(
    cx: &ProfileContext<'_>,
    constant: &Constant,
    bytes: Range<usize>,
    message: impl Into<String>,
) -> Label {
    cx.label(constant.place(bytes), message)
}

/// A file that a fix adds.
struct NewFile<'n> {
    name: &'n str,
    id: u16,
    content: Vec<u8>,
}

/// Declares a file in a directory and fills it. `None` where there is no safe place for it, or
/// its name is taken.
fn add_file(cx: &ProfileContext<'_>, directory: FileIndex, file: &NewFile<'_>) -> Option<Fix> {
    let profile = cx.profile;
    if profile.file_named(file.name).is_some() {
        return None;
    }
    let master_file = profile.file(profile.pkcs15().master_file?);
    let master_file = profile.tree.statement(master_file.statement);
    let StatementKind::MasterFile { end: Some(end), .. } = master_file.kind else {
        return None;
    };
    let parent = profile.file(directory);
    let opening = profile.tree.statement(parent.statement);
    let declaration = format!(
        "{eol}CreateEf {} id=0x{:04X} maxsize=auto read=always update=never",
        file.name,
        file.id,
        eol = line_end(profile.text)
    );
    let digits: Vec<_> = file
        .content
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let block = [
        String::new(),
        String::new(),
        format!("File Static {}", file.name),
        format!("data = 0x{{ {} }}", digits.join(" ")),
        "Endfile".to_owned(),
    ];
    let block = block.join(line_end(profile.text));
    let edits = [
        behind(cx, opening, declaration)?,
        behind(cx, profile.tree.statement(end), block)?,
    ];
    let place = match parent.kind {
        FileKind::Mf => "the master file".to_owned(),
        _ => format!("`{}`", parent.name),
    };
    Some(Fix::on_request(
        format!("add `{}` to {place}", file.name),
        edits,
    ))
}

/// Adds text at the end of the line on which a statement ends; not where that line is continued.
fn behind(cx: &ProfileContext<'_>, statement: &Statement, text: String) -> Option<Edit> {
    let rest = &cx.profile.text[statement.span.end as usize..];
    let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
    if line.contains('\\') {
        return None;
    }
    let end = statement.span.end + u32::try_from(line.len()).ok()?;
    Some(cx.edit(crate::source::Span::empty(end), text))
}
