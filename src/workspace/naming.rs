//! Paths for the machine and names for people.

use std::path::{Component, Path, PathBuf};

/// The absolute form of `path`, without `.`; the same file always gets the same one, except
/// through links. A `..` is resolved on disk, because behind a link it leads elsewhere than its
/// spelling says.
pub(super) fn absolute(here: &Path, path: &Path) -> PathBuf {
    let joined = here.join(path);
    let path = std::path::absolute(&joined).unwrap_or(joined);
    if !path.components().any(|part| part == Component::ParentDir) {
        return path;
    }
    let resolved = match (path.parent(), path.file_name()) {
        (Some(folder), Some(file)) => folder.canonicalize().map(|folder| folder.join(file)),
        _ => path.canonicalize(),
    };
    resolved.unwrap_or(path)
}

/// The name of an absolute `path` in reports: relative to `here` when it lies below, parts
/// separated by `/`. What is not Unicode in it is replaced.
pub(super) fn name(here: &Path, path: &Path) -> String {
    let Ok(below) = path.strip_prefix(here) else {
        let whole = path.to_string_lossy();
        return whole.replace(std::path::MAIN_SEPARATOR, "/");
    };
    let parts: Vec<_> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    if parts.is_empty() {
        return ".".to_owned();
    }
    parts.join("/")
}

/// The name of a member of an archive, as Java and its tools write it: `card.dsz!/card.dsc`.
pub(super) fn member_name(archive: &str, member: &str) -> String {
    format!("{archive}!/{member}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_below_the_working_directory() {
        let here = Path::new("/w/here");
        let shown = |path: &str| name(here, &absolute(here, Path::new(path)));
        assert_eq!(shown("./a/./b.dsc"), "a/b.dsc");
        assert_eq!(shown("/w/here/a.dsc"), "a.dsc");
        assert_eq!(shown("/w/hereabouts/a.dsc"), "/w/hereabouts/a.dsc");
        assert_eq!(shown("."), ".");
    }
}
