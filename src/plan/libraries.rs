//! The libraries that a description names for the token, and which of them is meant on a system.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The libraries that a description names, as written.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Libraries {
    /// `PKCS11Library`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any: Option<String>,
    /// `PKCS11LibraryWindows32`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows32: Option<String>,
    /// `PKCS11LibraryWindows64`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows64: Option<String>,
    /// Other keys `PKCS11Library…` (perso) by what follows, in small letters: `linux64`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, String>,
    /// `MiniDriverLibrary`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mini_driver: Option<String>,
}

impl Libraries {
    /// The PKCS#11 library for a process of `bits` bits on `system` (`windows`, `linux`, `macos`),
    /// and the key that names it. The closest key counts (perso): system and word size, then the
    /// system, then `PKCS11Library`.
    #[must_use]
    pub fn pkcs11(&self, system: &str, bits: u32) -> Option<(String, &str)> {
        let suffixes = [format!("{system}{bits}"), system.to_owned(), String::new()];
        suffixes.iter().find_map(|wanted| {
            let mut named = self.by_suffix();
            let (suffix, library) = named.find(|(suffix, _)| suffix == wanted)?;
            Some((key(suffix), library))
        })
    }

    /// Every key that names a PKCS#11 library, with the library.
    pub fn named(&self) -> impl Iterator<Item = (String, &str)> {
        self.by_suffix()
            .map(|(suffix, library)| (key(suffix), library))
    }

    /// The key that would name the library of that system and word size.
    #[must_use]
    pub fn key_for(system: &str, bits: u32) -> String {
        key(&format!("{system}{bits}"))
    }

    /// What follows `PKCS11Library` in a key, and the library. An empty value names none.
    fn by_suffix(&self) -> impl Iterator<Item = (&str, &str)> {
        let known = [
            ("", &self.any),
            ("windows32", &self.windows32),
            ("windows64", &self.windows64),
        ];
        let known = known
            .into_iter()
            .filter_map(|(suffix, library)| Some((suffix, library.as_deref()?)));
        let others = self.others.iter();
        known
            .chain(others.map(|(suffix, library)| (suffix.as_str(), library.as_str())))
            .filter(|(_, library)| !library.is_empty())
    }
}

/// The key with this end, the system spelled with a capital: `PKCS11LibraryLinux64`.
fn key(suffix: &str) -> String {
    let mut characters = suffix.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    let suffix: String = first.into_iter().chain(characters).collect();
    format!("PKCS11Library{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn libraries(any: Option<&str>, others: &[(&str, &str)]) -> Libraries {
        let others = others.iter();
        Libraries {
            any: any.map(str::to_owned),
            windows32: Some("small.dll".to_owned()),
            windows64: Some("large.dll".to_owned()),
            others: others
                .map(|(suffix, library)| ((*suffix).to_owned(), (*library).to_owned()))
                .collect(),
            mini_driver: Some("mini.dll".to_owned()),
        }
    }

    #[test]
    fn the_closest_key_counts() {
        let all = libraries(Some("any"), &[("linux", "l"), ("linux64", "l64")]);
        let on = |system, bits| all.pkcs11(system, bits).map(|(_, library)| library);
        assert_eq!(on("linux", 64), Some("l64"));
        assert_eq!(on("linux", 32), Some("l"));
        assert_eq!(on("macos", 64), Some("any"));
        assert_eq!(on("windows", 32), Some("small.dll"));
        assert_eq!(on("windows", 64), Some("large.dll"));
        let (key, _) = all.pkcs11("linux", 64).unwrap();
        assert_eq!(key, "PKCS11LibraryLinux64");
    }

    #[test]
    fn an_empty_value_and_a_mini_driver_name_none() {
        let none = libraries(None, &[("linux64", "")]);
        assert_eq!(none.pkcs11("linux", 64), None);
        let keys: Vec<String> = none.named().map(|(key, _)| key).collect();
        assert_eq!(keys, ["PKCS11LibraryWindows32", "PKCS11LibraryWindows64"]);
    }
}
