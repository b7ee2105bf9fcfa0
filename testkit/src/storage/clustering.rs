//! Where a row stands in its partition.

use std::ops::{Bound, RangeBounds};

use crate::schema::Column;
use crate::value::{write_byte_comparable, write_element};

/// A row's clustering, in the two forms that are needed: to order rows and to show their columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Clustering {
    /// Byte-comparable; the order of these bytes is the order of the rows.
    pub(crate) order: Box<[u8]>,
    /// The columns' values, each behind its length.
    pub(crate) values: Box<[u8]>,
}

impl Clustering {
    /// The clustering made of `values`, one for each of `columns`.
    pub(crate) fn new<'a>(columns: &[Column], values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut order = Vec::new();
        let mut stored = Vec::new();
        for (column, value) in columns.iter().zip(values) {
            write_byte_comparable(&column.ty, value, column.is_descending(), &mut order);
            write_element(Some(value), &mut stored);
        }
        Self { order: order.into(), values: stored.into() }
    }

    /// Bytes of the columns' values.
    pub(super) fn data_size(&self) -> usize {
        let mut rest = &*self.values;
        let mut size = 0;
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
            size += length;
            rest = after.get(length..).unwrap_or_default();
        }
        size
    }
}

type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// Rows next to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClusteringRange {
    lower: Bound<Box<[u8]>>,
    upper: Bound<Box<[u8]>>,
}

/// Greater than the first byte of every component, so that a prefix and this come after all that has the prefix.
const AFTER_PREFIX: u8 = 0xFF;

impl ClusteringRange {
    /// Every row of the partition.
    pub(crate) fn all() -> Self {
        Self { lower: Bound::Unbounded, upper: Bound::Unbounded }
    }

    /// The rows that begin with `prefix`, which is byte-comparable.
    pub(crate) fn of_prefix(prefix: &[u8]) -> Self {
        if prefix.is_empty() {
            return Self::all();
        }
        Self { lower: Bound::Included(prefix.into()), upper: Bound::Excluded(after(prefix)) }
    }

    /// Cuts off what comes before the rows that begin with `prefix`, and those too unless `inclusive`.
    pub(crate) fn starting_from(mut self, prefix: &[u8], inclusive: bool) -> Self {
        self.lower = Bound::Included(if inclusive { prefix.into() } else { after(prefix) });
        self
    }

    /// Cuts off what comes after the rows that begin with `prefix`, and those too unless `inclusive`.
    pub(crate) fn ending_at(mut self, prefix: &[u8], inclusive: bool) -> Self {
        self.upper = Bound::Excluded(if inclusive { after(prefix) } else { prefix.into() });
        self
    }

    /// Cuts off the row at `order` and those before it, or, if `reversed`, after it.
    pub(crate) fn resumed_after(&self, order: &[u8], reversed: bool) -> Self {
        if !self.contains(order) {
            let is_past = match (&self.lower, &self.upper) {
                (_, Bound::Excluded(end)) if !reversed => &**end <= order,
                (Bound::Included(first), _) if reversed => order < &**first,
                _ => false,
            };
            return if is_past { Self::nothing() } else { self.clone() };
        }
        let range = self.clone();
        if reversed { range.ending_at(order, false) } else { range.starting_from(order, false) }
    }

    /// The rows that are in both; `None` if none can be.
    pub(crate) fn intersection(&self, other: &Self) -> Option<Self> {
        // Lower bounds are always inclusive, and upper ones exclusive.
        let first = self.first().max(other.first());
        let end = match (&self.upper, &other.upper) {
            (Bound::Excluded(a), Bound::Excluded(b)) => Bound::Excluded(a.min(b).clone()),
            (Bound::Unbounded, bound) | (bound, _) => bound.clone(),
        };
        let range = Self { lower: Bound::Included(first.into()), upper: end };
        range.bounds().is_some().then_some(range)
    }

    /// The rows between two places.
    pub(crate) fn between(lower: Bound<Box<[u8]>>, upper: Bound<Box<[u8]>>) -> Self {
        Self { lower, upper }
    }

    /// Where it begins and where it ends.
    pub(crate) fn ends(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (self.lower.as_ref().map(AsRef::as_ref), self.upper.as_ref().map(AsRef::as_ref))
    }

    /// Where it begins.
    pub(crate) fn first(&self) -> &[u8] {
        match &self.lower {
            Bound::Included(first) | Bound::Excluded(first) => first,
            Bound::Unbounded => &[],
        }
    }

    fn nothing() -> Self {
        Self { lower: Bound::Included(Box::default()), upper: Bound::Excluded(Box::default()) }
    }

    /// The bounds, unless nothing can lie between them.
    pub(super) fn bounds(&self) -> Option<Bounds<'_>> {
        let lower = self.lower.as_ref().map(AsRef::as_ref);
        let upper = self.upper.as_ref().map(AsRef::as_ref);
        match (lower, upper) {
            (Bound::Included(first), Bound::Excluded(end)) if first >= end => None,
            bounds => Some(bounds),
        }
    }

    pub(crate) fn contains(&self, order: &[u8]) -> bool {
        self.bounds().is_some_and(|bounds| RangeBounds::<[u8]>::contains(&bounds, order))
    }
}

fn after(prefix: &[u8]) -> Box<[u8]> {
    let mut end = Vec::with_capacity(prefix.len() + 1);
    end.extend_from_slice(prefix);
    end.push(AFTER_PREFIX);
    end.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_range_holds_what_begins_with_it() {
        let range = ClusteringRange::of_prefix(&[2, 5]);
        assert!(range.contains(&[2, 5]) && range.contains(&[2, 5, 2, 9]));
        assert!(!range.contains(&[2, 4]) && !range.contains(&[2, 6]));
        assert!(!range.clone().starting_from(&[2, 5, 2, 9], false).contains(&[2, 5, 2, 9]));
        assert!(range.ending_at(&[2, 5, 2, 9], true).contains(&[2, 5, 2, 9]));
    }

    #[test]
    fn ranges_meet_where_both_are() {
        let all = ClusteringRange::all();
        let one = ClusteringRange::of_prefix(&[2, 5]);
        assert_eq!(all.intersection(&one), Some(one.clone()));
        assert_eq!(one.intersection(&all), Some(one.clone()));
        let later = all.clone().starting_from(&[2, 5, 3], true);
        let both = one.intersection(&later).unwrap();
        assert!(both.contains(&[2, 5, 3]) && !both.contains(&[2, 5, 2]) && !both.contains(&[2, 6]));
        assert_eq!(one.intersection(&ClusteringRange::of_prefix(&[2, 6])), None);
    }

    #[test]
    fn a_range_resumes_behind_a_row_and_is_empty_once_it_lies_before_it() {
        let range = ClusteringRange::of_prefix(&[2, 5]);
        let resumed = range.resumed_after(&[2, 5, 2, 1], false);
        assert!(!resumed.contains(&[2, 5, 2, 1]) && resumed.contains(&[2, 5, 2, 2]));
        assert!(range.resumed_after(&[2, 6], false).bounds().is_none());
        assert_eq!(range.resumed_after(&[2, 4], false), range);
        assert!(range.resumed_after(&[2, 4], true).bounds().is_none());
        assert_eq!(range.resumed_after(&[2, 6], true), range);
    }
}
