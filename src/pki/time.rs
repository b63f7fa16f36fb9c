//! Points in time, handed in by whoever has a clock.

use std::fmt;
use std::time::Duration;

use der::DateTime;
use x509_cert::time as x509;

/// 9999-12-31T23:59:59Z, the last moment that X.509 can write.
const LAST: u64 = 253_402_300_799;

/// Whole seconds since 1970-01-01T00:00:00Z; at most the end of the year 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The moment `seconds` after the epoch; later than the year 9999 counts as its end.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(if seconds < LAST { seconds } else { LAST })
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// The moment `days` later.
    #[must_use]
    pub const fn plus_days(self, days: u32) -> Self {
        Self::from_seconds(self.0.saturating_add(days as u64 * 86_400))
    }

    pub(super) fn from_x509(time: x509::Time) -> Self {
        Self::from_seconds(time.to_unix_duration().as_secs())
    }

    /// The moment as ASN.1 writes it.
    ///
    /// # Errors
    /// Not to be expected: every moment up to the year 9999 can be written.
    pub fn to_date_time(self) -> der::Result<DateTime> {
        DateTime::from_unix_duration(Duration::from_secs(self.0))
    }
}

/// As RFC 3339 writes it: `2026-03-01T12:00:00Z`.
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_date_time() {
            Ok(date) => date.fmt(f),
            Err(_) => write!(f, "{} s", self.0),
        }
    }
}

/// From when to when a certificate is valid, both ends included (RFC 5280 section 4.1.2.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Validity {
    /// First valid moment.
    pub not_before: UnixTime,
    /// Last valid moment.
    pub not_after: UnixTime,
}

impl Validity {
    /// Valid from `start` for `days` days.
    #[must_use]
    pub const fn days_from(start: UnixTime, days: u32) -> Self {
        Self {
            not_before: start,
            not_after: start.plus_days(days),
        }
    }

    /// Whether `moment` lies inside.
    #[must_use]
    pub fn contains(self, moment: UnixTime) -> bool {
        self.not_before <= moment && moment <= self.not_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_rfc_3339_up_to_the_last_year_of_x509() {
        let start = UnixTime::from_seconds(1_772_366_400);
        assert_eq!(start.to_string(), "2026-03-01T12:00:00Z");
        assert_eq!(start.plus_days(1).to_string(), "2026-03-02T12:00:00Z");
        let last = UnixTime::from_seconds(u64::MAX).plus_days(u32::MAX);
        assert_eq!(last.to_string(), "9999-12-31T23:59:59Z");
        assert!(last.to_date_time().is_ok());
    }

    #[test]
    fn both_ends_are_valid() {
        let validity = Validity::days_from(UnixTime::from_seconds(100), 1);
        assert!(validity.contains(validity.not_before));
        assert!(validity.contains(validity.not_after));
        assert!(!validity.contains(UnixTime::from_seconds(99)));
        assert!(!validity.contains(UnixTime::from_seconds(86_501)));
    }
}
