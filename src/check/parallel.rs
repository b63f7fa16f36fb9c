//! The same work for many files, on all cores where there are some.

/// Applies `work` to each item and keeps the order.
#[cfg(feature = "native")]
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
    items.par_iter().map(work).collect()
}

/// Applies `work` to each item in order.
#[cfg(not(feature = "native"))]
pub(super) fn map<T, R>(items: &[T], work: impl Fn(&T) -> R) -> Vec<R> {
    items.iter().map(work).collect()
}
