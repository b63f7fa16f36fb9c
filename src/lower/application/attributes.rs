//! `AttributesDataObject`: attributes of a data object (DATA).

use super::Lowering;
use crate::model::Entry;
use crate::operation::DataAttributes;

impl<'t> Lowering<'_, 't> {
    pub(super) fn data_attributes(&mut self, entry: &Entry<'t>) -> Option<DataAttributes> {
        let text = entry.value_span.of(self.encoding.text);
        let mut attributes = DataAttributes::default();
        for item in items(text) {
            if read(item, &mut attributes).is_none() {
                self.refuse(
                    entry.value_span,
                    format!("`{item}` is no attribute of a data object"),
                    "write `CKA_PRIVATE=TRUE` (also COPYABLE, MODIFIABLE, DESTROYABLE), \
                     `CKA_APPLICATION=\"text\"`, `CKA_OBJECT_ID=1.2.3`, with commas between them",
                );
                return None;
            }
        }
        Some(attributes)
    }
}

/// Parts between commas outside quotes.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(str::trim)
}

fn read(item: &str, attributes: &mut DataAttributes) -> Option<()> {
    let (name, value) = item.split_once('=')?;
    let value = value.trim();
    match name.trim().to_ascii_uppercase().as_str() {
        "CKA_PRIVATE" => attributes.private = Some(flag(value)?),
        "CKA_COPYABLE" => attributes.copyable = Some(flag(value)?),
        "CKA_MODIFIABLE" => attributes.modifiable = Some(flag(value)?),
        "CKA_DESTROYABLE" => attributes.destroyable = Some(flag(value)?),
        "CKA_APPLICATION" => {
            let text = value.strip_prefix('"')?.strip_suffix('"')?;
            attributes.application = Some(text.to_owned());
        }
        "CKA_OBJECT_ID" => attributes.object_id = Some(object_identifier(value)?),
        _ => return None,
    }
    Some(())
}

fn flag(word: &str) -> Option<bool> {
    match word.to_ascii_uppercase().as_str() {
        "TRUE" => Some(true),
        "FALSE" => Some(false),
        _ => None,
    }
}

fn object_identifier(text: &str) -> Option<String> {
    let arcs: Option<Vec<u64>> = text.split('.').map(|arc| arc.parse().ok()).collect();
    let arcs = arcs?;
    let valid = arcs.len() >= 2 && arcs[0] <= 2 && (arcs[0] == 2 || arcs[1] < 40);
    valid.then(|| text.to_owned())
}
