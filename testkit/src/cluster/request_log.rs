//! What a node remembers of its requests.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::SeenRequest;

/// Requests that a node remembers.
const CAPACITY: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    requests: Mutex<VecDeque<SeenRequest>>,
}

impl RequestLog {
    /// Remembers a request, and forgets the oldest where there are too many.
    pub(crate) fn push(&self, request: SeenRequest) {
        let forgotten = {
            let mut requests = self.requests();
            let forgotten = if requests.len() == CAPACITY { requests.pop_front() } else { None };
            requests.push_back(request);
            forgotten
        };
        drop(forgotten);
    }

    /// Oldest first.
    pub(super) fn snapshot(&self) -> Vec<SeenRequest> {
        self.requests().iter().cloned().collect()
    }

    pub(super) fn clear(&self) {
        self.requests().clear();
    }

    fn requests(&self) -> MutexGuard<'_, VecDeque<SeenRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
