//! Versions of products.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::TargetError;

/// A version: numbers with dots between them. Compared number by number, missing ones count as 0.
#[derive(Clone, Debug)]
pub struct Version {
    numbers: Vec<u32>,
}

impl FromStr for Version {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        };
        let numbers: Option<Vec<u32>> = text.split('.').map(number).collect();
        match numbers {
            Some(numbers) => Ok(Self { numbers }),
            None => Err(TargetError::Version(text.to_owned())),
        }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        let padded = |version: &Self| {
            let mut numbers = version.numbers.clone();
            numbers.resize(length, 0);
            numbers
        };
        padded(self).cmp(&padded(other))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.numbers.iter().map(u32::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

/// A product, with its version where that is known: `personal-desktop-client 5.7.2`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Product {
    /// Its name; whether perso knows it is for a rule to say.
    pub name: String,
    /// Its version.
    pub version: Option<Version>,
}

impl FromStr for Product {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (name, version) = match text.trim().split_once(char::is_whitespace) {
            Some((name, version)) => (name, Some(version.trim().parse()?)),
            None => (text.trim(), None),
        };
        Ok(Self {
            name: name.to_owned(),
            version,
        })
    }
}
