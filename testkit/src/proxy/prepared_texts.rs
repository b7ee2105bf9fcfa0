//! What prepared statements were made of.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Statements that are remembered; the oldest go first.
const CAPACITY: usize = 10_000;

/// Texts by the ids that the node gave. A statement may be run on another connection than prepared it.
#[derive(Debug, Default)]
pub(super) struct PreparedTexts {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    texts: HashMap<Bytes, Arc<str>>,
    order: VecDeque<Bytes>,
}

impl PreparedTexts {
    pub(super) fn add(&self, id: &Bytes, cql: Arc<str>) {
        // The id must not keep the frame that it came in.
        let id = Bytes::copy_from_slice(id);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.texts.insert(id.clone(), cql).is_none() {
            known.order.push_back(id);
        }
        if known.order.len() > CAPACITY
            && let Some(oldest) = known.order.pop_front()
        {
            known.texts.remove(&oldest);
        }
    }

    pub(super) fn get(&self, id: &[u8]) -> Option<Arc<str>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.texts.get(id).cloned()
    }
}
