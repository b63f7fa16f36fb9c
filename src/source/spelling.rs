//! "Did you mean": the nearest known name, within bounds that keep the proposal sensible. Knows no names.

use strsim::osa_distance;

/// The known name nearest to `name`, if one is near enough.
///
/// The bound is one letter up to 5 letters, two up to 11, three beyond (a transposition counts as
/// one). A difference in letter case alone is always near. At equal distance the name that agrees
/// in letter case at more places wins (`CreatEf` is `CreateEf`, not `CreateDf`), then the earlier
/// one. Names of one or two letters match by case only.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = name.to_lowercase();
    let length = folded.chars().count();
    let bound = match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=11 => 2,
        _ => 3,
    };
    let mut best: Option<(usize, usize, &str)> = None;
    for candidate in known {
        if candidate.chars().count().abs_diff(length) > bound {
            continue;
        }
        let distance = osa_distance(&folded, &candidate.to_lowercase());
        if distance > bound {
            continue;
        }
        let exact = osa_distance(name, candidate);
        if best.is_none_or(|(d, e, _)| (distance, exact) < (d, e)) {
            best = Some((distance, exact, candidate));
        }
    }
    best.map(|(_, _, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposals_stay_sensible() {
        let words = ["CreateDf", "CreateEf", "File", "PIN", "PUK"];
        assert_eq!(nearest("CreatEf", words), Some("CreateEf"));
        assert_eq!(nearest("createdf", words), Some("CreateDf"));
        assert_eq!(nearest("Flie", words), Some("File"));
        assert_eq!(nearest("Something", words), None);
        assert_eq!(nearest("PI", words), None);
    }
}
