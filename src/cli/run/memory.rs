//! Keeps what is in memory from other programs: no core file, no debugger of the same user.
//!
//! Secrets are wiped when they are done with, but while a run lasts they are there, and what a
//! PKCS#11 module keeps is out of our hands.

/// From here on the process leaves no core file, and none of its memory can be read through `/proc`
/// by another process of the user. A system that refuses does not end the run.
#[cfg(unix)]
pub(super) fn seal() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    // The limit does not count where cores are piped into a program (core(5)).
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(not(unix))]
pub(super) const fn seal() {}
