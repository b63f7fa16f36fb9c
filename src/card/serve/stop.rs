//! The wish to stop, from another thread: a signal, or a test.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Ends a server; clones share the wish.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<Wish>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Wish {
    wanted: bool,
    /// A connection that may be waiting for its other end.
    line: Option<TcpStream>,
}

/// While it lives, the connection ends with the wish.
pub(super) struct Registration<'a>(&'a Stop);

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.0.lock().line = None;
    }
}

impl Stop {
    /// Nobody wants to stop yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stop: a command that is being executed is finished first.
    pub fn now(&self) {
        let mut wish = self.lock();
        wish.wanted = true;
        if let Some(line) = &wish.line {
            // Only what comes in: the answer on its way still goes out.
            let _ = line.shutdown(Shutdown::Read);
        }
        self.0.changed.notify_all();
    }

    /// Whether somebody wants to stop.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.lock().wanted
    }

    /// Waits for the wish, but no longer than `time`; whether it came.
    pub(super) fn waits(&self, time: Duration) -> bool {
        let waited = self
            .0
            .changed
            .wait_timeout_while(self.lock(), time, |wish| !wish.wanted);
        waited.unwrap_or_else(PoisonError::into_inner).0.wanted
    }

    pub(super) fn register(&self, line: TcpStream) -> Registration<'_> {
        let mut wish = self.lock();
        if wish.wanted {
            let _ = line.shutdown(Shutdown::Read);
        }
        wish.line = Some(line);
        Registration(self)
    }

    fn lock(&self) -> MutexGuard<'_, Wish> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
