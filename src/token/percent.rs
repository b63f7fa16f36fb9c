//! Percent-encoding, by which a URI holds every byte (RFC 3986 section 2.1).

/// The bytes that a part of a URI stands for; `None` where a `%` is not followed by two hexadecimal
/// digits.
pub(super) fn decode(part: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || {
            let digit = char::from(rest.next()?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        bytes.push(match byte {
            b'%' => digit()? << 4 | digit()?,
            other => other,
        });
    }
    Some(bytes)
}

/// A part of a URI that stands for `bytes`; those that are `plain` (ASCII alone) stay.
pub(super) fn encode(bytes: &[u8], plain: impl Fn(u8) -> bool) -> String {
    let mut part = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte.is_ascii() && plain(byte) {
            true => part.push(char::from(byte)),
            false => part.push_str(&format!("%{byte:02X}")),
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_bytes() {
        assert_eq!(decode("a%3Fb%c3%A9").unwrap(), "a?bé".as_bytes());
        assert_eq!(
            encode("a?bé".as_bytes(), |byte| byte != b'?'),
            "a%3Fb%C3%A9"
        );
        for broken in ["%", "%4", "%4g", "100%", "%+1"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }
}
