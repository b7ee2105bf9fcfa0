use std::cell::Cell;

use crate::pool::random;

/// A number that differs from request to request, by which policies spread the load: each thread counts for itself.
pub(super) fn next() -> u64 {
    thread_local! {
        static NEXT: Cell<u64> = Cell::new(random());
    }
    NEXT.replace(NEXT.get().wrapping_add(1))
}
