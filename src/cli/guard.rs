//! The last line: a panic is a bug of perso and says so, without the data it stumbled over.

use std::io::Write;
use std::panic::{self, PanicHookInfo, UnwindSafe};
use std::sync::Once;

use super::Exit;

/// Runs a command; a panic in it becomes an exit code.
pub(super) fn guarded(run: impl FnOnce() -> Exit + UnwindSafe) -> Exit {
    panic::catch_unwind(run).unwrap_or(Exit::Bug)
}

/// Replaces the words of the runtime: its message may quote the input, secrets included.
pub(super) fn speak_for_panics() {
    static SPOKEN: Once = Once::new();
    panic::set_hook(Box::new(|info| {
        SPOKEN.call_once(|| {
            let _ = std::io::stderr().write_all(apology(info).as_bytes());
        });
    }));
}

fn apology(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(
        || "at an unknown place".to_owned(),
        |place| format!("at {}:{}", place.file(), place.line()),
    );
    format!(
        "perso stumbled {place}: this is a bug of perso, not of your files.\n\
         Please report it with the version ({}) and, if you may share them, the files.\n",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_exit_code() {
        assert_eq!(guarded(|| panic!("secret 1234")), Exit::Bug);
        assert_eq!(guarded(|| Exit::Done), Exit::Done);
    }
}
