//! Version numbers of the vendor's products.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A version of one to four numbers, such as `22.10.2`. Versions compare number by number;
/// a missing number counts as 0, so `22.10` equals `22.10.0`.
#[derive(Clone, Copy, Debug)]
pub struct Version {
    parts: [u32; Self::MOST],
    given: usize,
}

/// A text that is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a version is one to four numbers with dots between them, such as 22.10.2")]
pub struct MalformedVersion;

impl Version {
    const MOST: usize = 4;

    /// A version of these numbers; what is beyond the fourth is cut off.
    pub const fn new(numbers: &[u32]) -> Self {
        let mut parts = [0; Self::MOST];
        let mut given = 0;
        while given < numbers.len() && given < Self::MOST {
            parts[given] = numbers[given];
            given += 1;
        }
        Self { parts, given }
    }

    /// Whether this version is `series` or a release of it: `1.8.3.2` is within `1.8.3`.
    pub fn is_within(self, series: Self) -> bool {
        self.parts[..series.given] == series.parts[..series.given]
    }
}

impl FromStr for Version {
    type Err = MalformedVersion;

    fn from_str(text: &str) -> Result<Self, MalformedVersion> {
        let mut version = Self {
            parts: [0; Self::MOST],
            given: 0,
        };
        for number in text.split('.') {
            let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let part = version.parts.get_mut(version.given).filter(|_| digits);
            *part.ok_or(MalformedVersion)? = number.parse().map_err(|_| MalformedVersion)?;
            version.given += 1;
        }
        Ok(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, number) in self.parts[..self.given].iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            // Identity Manager writes its month with two digits: 23.04.6.
            let width = if at == 1 && self.parts[0] >= 20 { 2 } else { 1 };
            write!(out, "{dot}{number:0width$}")?;
        }
        Ok(())
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts.cmp(&other.parts)
    }
}
