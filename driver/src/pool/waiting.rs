use std::sync::Arc;
use std::time::Duration;

use helenus_policies::{Priority, Ticket};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::{Pool, PoolExhausted};

/// A request that waits until one of several nodes has room for it. Dropped, it has given up.
pub(crate) struct Waiting {
    bell: Arc<Notify>,
    places: Vec<Place>,
    since: Instant,
}

/// Its place in the queue of one node.
struct Place {
    pool: Arc<Pool>,
    ticket: Ticket,
    has_found_room: bool,
}

impl Waiting {
    /// Queues for all of these nodes; `None` where all of their queues are full.
    pub(crate) fn enter(pools: &[Arc<Pool>], priority: Priority) -> Option<Self> {
        let bell = Arc::default();
        let place = |pool: &Arc<Pool>| {
            let ticket = pool.room().enter(priority, &bell).ok()?;
            Some(Place { pool: Arc::clone(pool), ticket, has_found_room: false })
        };
        let places: Vec<_> = pools.iter().filter_map(place).collect();
        (!places.is_empty()).then(|| Self { bell, places, since: Instant::now() })
    }

    /// Waits to be called; `false` if that does not happen in time.
    pub(crate) async fn called(&self, until: Instant) -> bool {
        timeout_at(until, self.bell.notified()).await.is_ok()
    }

    /// Tries each node that has called, until one takes it. A node for which `send` says that it is gone is not waited
    /// for any more.
    pub(crate) fn try_each<T, E>(
        &mut self,
        mut send: impl FnMut(&Pool) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let mut index = 0;
        while let Some(place) = self.places.get_mut(index) {
            if !place.pool.room().was_called(place.ticket, &self.bell) {
                index += 1;
                continue;
            }
            match send(&place.pool) {
                Ok(Some(sent)) => {
                    place.has_found_room = true;
                    place.pool.vitals().tally.acquire_times.record(self.since.elapsed());
                    return Ok(Some(sent));
                }
                Ok(None) => index += 1,
                Err(error) => {
                    self.places.swap_remove(index);
                    if self.places.is_empty() {
                        return Err(error);
                    }
                }
            }
        }
        Ok(None)
    }

    /// What it means that it `waited` in vain.
    pub(crate) fn exhausted(self, waited: Duration) -> Option<PoolExhausted> {
        let first = Arc::clone(&self.places.first()?.pool);
        let others = self.places.len() - 1;
        drop(self);
        Some(PoolExhausted::new(&first, others, waited))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pool.room().leave(self.ticket, self.has_found_room);
    }
}
