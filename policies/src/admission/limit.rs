/// Lets so many requests run at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConcurrencyLimit {
    limit: usize,
    running: usize,
}

impl ConcurrencyLimit {
    /// So many at the same time.
    pub fn new(limit: usize) -> Self {
        Self { limit, running: 0 }
    }

    /// Lets one more run if there is room.
    pub fn enter(&mut self) -> bool {
        let has_room = self.has_room();
        self.running += usize::from(has_room);
        has_room
    }

    /// One of those that run has ended.
    pub fn leave(&mut self) {
        self.running = self.running.saturating_sub(1);
    }

    /// Whether one more may run.
    pub fn has_room(&self) -> bool {
        self.running < self.limit
    }

    /// Those that run.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Another limit from now on; those that run beyond it go on.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_run_than_may() {
        let mut limit = ConcurrencyLimit::new(2);
        assert!(limit.enter() && limit.enter() && !limit.enter());
        limit.leave();
        assert!(limit.enter() && !limit.enter());
        limit.set_limit(1);
        limit.leave();
        assert!(!limit.enter());
        limit.leave();
        assert!(limit.enter());
        assert_eq!(limit.running(), 1);
    }
}
