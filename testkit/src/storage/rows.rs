//! The rows of a partition, in their order. Most partitions of most tables have one.

use std::collections::{BTreeMap, btree_map};
use std::ops::{Bound, RangeBounds};

use super::row::Row;

#[derive(Debug)]
pub(super) enum Rows {
    /// None, or one.
    Few(Option<Box<(Box<[u8]>, Row)>>),
    Many(BTreeMap<Box<[u8]>, Row>),
}

/// Two bounds on the bytes that order rows.
type Bounds<'b> = (Bound<&'b [u8]>, Bound<&'b [u8]>);

impl Default for Rows {
    fn default() -> Self {
        Self::Few(None)
    }
}

impl Rows {
    pub(super) fn get(&self, order: &[u8]) -> Option<&Row> {
        match self {
            Self::Few(few) => few.as_deref().filter(|only| *only.0 == *order).map(|only| &only.1),
            Self::Many(rows) => rows.get(order),
        }
    }

    /// The row at a place, made of `values` if there is none.
    pub(super) fn get_or_insert(&mut self, order: Box<[u8]>, values: Box<[u8]>) -> &mut Row {
        if let Self::Few(few) = self
            && let Some(other) = few.take_if(|only| only.0 != order)
        {
            *self = Self::Many(BTreeMap::from([*other]));
        }
        match self {
            Self::Few(few) => &mut few.get_or_insert_with(|| Box::new((order, Row::new(values)))).1,
            Self::Many(rows) => rows.entry(order).or_insert_with(|| Row::new(values)),
        }
    }

    pub(super) fn range(&self, bounds: Bounds<'_>) -> Range<'_> {
        match self {
            Self::Few(few) => {
                let only = few.as_deref().map(|only| (&*only.0, &only.1));
                Range::Few(only.filter(|only| RangeBounds::<[u8]>::contains(&bounds, only.0)))
            }
            Self::Many(rows) => Range::Many(rows.range::<[u8], _>(bounds)),
        }
    }

    /// Lets `change` look at every row between two bounds.
    pub(super) fn for_each_in(&mut self, bounds: Bounds<'_>, mut change: impl FnMut(&mut Row)) {
        match self {
            Self::Few(few) => {
                let only = few.as_deref_mut();
                only.filter(|only| RangeBounds::<[u8]>::contains(&bounds, &*only.0))
                    .into_iter()
                    .for_each(|only| change(&mut only.1));
            }
            Self::Many(rows) => {
                rows.range_mut::<[u8], _>(bounds).for_each(|(_, row)| change(row));
            }
        }
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Row) -> bool) {
        match self {
            Self::Few(few) => drop(few.take_if(|only| !keep(&mut only.1))),
            Self::Many(rows) => rows.retain(|_, row| keep(row)),
        }
    }
}

/// Rows next to each other, each behind what orders it.
pub(super) enum Range<'a> {
    Few(Option<(&'a [u8], &'a Row)>),
    Many(btree_map::Range<'a, Box<[u8]>, Row>),
}

impl<'a> Iterator for Range<'a> {
    type Item = (&'a [u8], &'a Row);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(row) => row.take(),
            Self::Many(rows) => rows.next().map(|(order, row)| (&**order, row)),
        }
    }
}

impl DoubleEndedIterator for Range<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(row) => row.take(),
            Self::Many(rows) => rows.next_back().map(|(order, row)| (&**order, row)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Bounds<'static> = (Bound::Unbounded, Bound::Unbounded);

    #[test]
    fn one_row_and_many_are_found_and_dropped_alike() {
        let mut rows = Rows::default();
        for count in 0..4 {
            assert_eq!(rows.range(ALL).count(), usize::from(count));
            let order = || Box::from([9 - count]);
            assert!(rows.get(&order()).is_none());
            rows.get_or_insert(order(), Box::default());
            rows.get_or_insert(order(), Box::default());
            assert!(rows.get(&order()).is_some());
        }
        let order: Vec<_> = rows.range(ALL).map(|(order, _)| order[0]).collect();
        assert_eq!(order, [6, 7, 8, 9]);
        let within = (Bound::Included(&[7][..]), Bound::Excluded(&[9][..]));
        assert_eq!(rows.range(within).rev().map(|(order, _)| order[0]).collect::<Vec<_>>(), [8, 7]);
        let mut seen = 0;
        rows.for_each_in(within, |_| seen += 1);
        assert_eq!(seen, 2);
        rows.retain(|_| false);
        assert_eq!(rows.range(ALL).count(), 0);
    }

    #[test]
    fn the_only_row_is_within_bounds_or_not() {
        let mut rows = Rows::default();
        rows.get_or_insert(Box::from([5]), Box::default());
        let from = |first: u8| [first];
        assert_eq!(rows.range((Bound::Included(&from(5)), Bound::Unbounded)).count(), 1);
        assert_eq!(rows.range((Bound::Included(&from(6)), Bound::Unbounded)).count(), 0);
        rows.retain(|_| false);
        assert!(rows.get(&[5]).is_none());
    }
}
