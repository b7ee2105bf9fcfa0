use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use super::Vitals;

/// Connections of a node that are counted: those beyond are so many that the load of these tells enough.
const PLACES: usize = 16;

/// How many requests wait on each connection of a node. Read by requests that look for the less busy node, so that it
/// takes no pool to read; each connection writes a cache line of its own.
#[derive(Debug, Default)]
pub(crate) struct Loads {
    places: [Place; PLACES],
    /// A bit for each place that is taken.
    taken: AtomicU32,
}

#[derive(Debug, Default)]
#[repr(align(64))]
struct Place(AtomicUsize);

impl Loads {
    /// Requests that wait for the node's answers.
    #[inline]
    pub(crate) fn sum(&self) -> usize {
        let mut left = self.taken.load(Relaxed);
        let mut sum = 0;
        while left != 0 {
            sum += self.places[left.trailing_zeros() as usize % PLACES].0.load(Relaxed);
            left &= left - 1;
        }
        sum
    }

    fn take(&self) -> Option<usize> {
        let free = |taken: u32| (taken.trailing_ones() as usize) < PLACES;
        let take = |taken: u32| free(taken).then(|| taken | (taken + 1));
        let before = self.taken.fetch_update(Relaxed, Relaxed, take).ok()?;
        Some(before.trailing_ones() as usize)
    }

    fn leave(&self, place: usize) {
        self.places[place].0.store(0, Relaxed);
        self.taken.fetch_and(!(1 << place), Relaxed);
    }
}

/// How many requests wait on one connection.
#[derive(Debug)]
pub(crate) struct Load {
    vitals: Arc<Vitals>,
    /// Where the node has it counted.
    place: Option<usize>,
    /// Where it has not.
    alone: AtomicUsize,
}

impl Load {
    pub(crate) fn of(vitals: &Arc<Vitals>) -> Self {
        let (place, vitals) = (vitals.loads.take(), Arc::clone(vitals));
        Self { vitals, place, alone: AtomicUsize::new(0) }
    }

    #[inline]
    pub(crate) fn get(&self) -> usize {
        self.count().load(Relaxed)
    }

    #[inline]
    pub(crate) fn set(&self, waiting: usize) {
        self.count().store(waiting, Relaxed);
    }

    #[inline]
    fn count(&self) -> &AtomicUsize {
        self.place.map_or(&self.alone, |place| &self.vitals.loads.places[place % PLACES].0)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.vitals.loads.leave(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_has_the_load_of_its_connections() {
        let vitals = Vitals::new();
        let (one, two) = (Load::of(&vitals), Load::of(&vitals));
        one.set(3);
        two.set(4);
        assert_eq!((one.get(), two.get(), vitals.loads.sum()), (3, 4, 7));
        drop(one);
        assert_eq!(vitals.loads.sum(), 4);
        Load::of(&vitals).set(5);
        assert_eq!(vitals.loads.sum(), 4, "it is gone again");
    }

    #[test]
    fn connections_beyond_those_that_are_counted_keep_their_own_load() {
        let vitals = Vitals::new();
        let loads: Vec<_> = (0..=PLACES).map(|_| Load::of(&vitals)).collect();
        (0..).zip(&loads).for_each(|(n, load)| load.set(n));
        assert!((0..).zip(&loads).all(|(n, load)| load.get() == n));
        assert_eq!(vitals.loads.sum(), (0..PLACES).sum::<usize>());
    }
}
