//! From the values of an operation to what PKCS#11 takes.

use der::Encode as _;
use der::oid::ObjectIdentifier;

use crate::operation::{DataAttributes, Input};
use crate::pki::{Integrity, Pkcs12};
use crate::secret::{Encoding, Secret};
use crate::token::pkcs11::DataObject;
use crate::token::{Retry, TokenError};

pub(super) fn read_pkcs12(container: &Input, password: &Input) -> Result<Pkcs12, TokenError> {
    let container = bytes(container)?.expose();
    Pkcs12::read(container, bytes(password)?, Integrity::Required)
        .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))
}

pub(super) fn data_object(
    data: &Input,
    label: Option<&Input>,
    attributes: &DataAttributes,
) -> Result<DataObject, TokenError> {
    let label = label.map(|label| text(bytes(label)?)).transpose()?;
    let object_id = attributes.object_id.as_deref().map(object_identifier);
    Ok(DataObject {
        label: label.unwrap_or_default().to_owned(),
        value: bytes(data)?.clone(),
        application: attributes.application.clone(),
        object_id: object_id.transpose()?,
        private: attributes.private,
        modifiable: attributes.modifiable,
        copyable: attributes.copyable,
        destroyable: attributes.destroyable,
    })
}

pub(super) fn object_identifier(dotted: &str) -> Result<Vec<u8>, TokenError> {
    ObjectIdentifier::new(dotted)
        .ok()
        .and_then(|oid| oid.to_der().ok())
        .ok_or_else(|| {
            TokenError::new(
                Retry::Refused,
                format!("`{dotted}` is no object identifier"),
            )
        })
}

pub(super) fn from_hex(digits: &str) -> Result<Vec<u8>, TokenError> {
    Encoding::Hex
        .decode(&Secret::from(digits.to_owned()))
        .map(|bytes| bytes.expose().to_vec())
        .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))
}

pub(super) fn bytes(input: &Input) -> Result<&Secret, TokenError> {
    input.bytes().ok_or_else(|| {
        TokenError::new(
            Retry::Refused,
            "only a login can be entered at the PIN pad of a PKCS#11 token",
        )
    })
}

pub(super) fn text(secret: &Secret) -> Result<&str, TokenError> {
    secret
        .expose_text()
        .map_err(|_| TokenError::new(Retry::Refused, "a label is not UTF-8 text"))
}
