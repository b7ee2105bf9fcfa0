//! The partitions of a table, in the order of the ring.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::mutation::Mutation;
use super::partition::{Partition, PartitionKey};

#[derive(Debug, Default)]
pub(crate) struct TableData {
    partitions: BTreeMap<PartitionKey, Partition>,
}

impl TableData {
    pub(crate) fn apply(&mut self, mutation: Mutation) {
        self.partitions.entry(mutation.key).or_default().apply(mutation.change, mutation.timestamp);
    }

    pub(crate) fn partition(&self, key: &PartitionKey) -> Option<(&PartitionKey, &Partition)> {
        self.partitions.get_key_value(key)
    }

    /// The partitions between two places on the ring.
    pub(crate) fn partitions(
        &self,
        lower: Bound<&PartitionKey>,
        upper: Bound<&PartitionKey>,
    ) -> impl Iterator<Item = (&PartitionKey, &Partition)> {
        let is_empty = match (lower, upper) {
            (Bound::Included(lower), Bound::Included(upper)) => lower > upper,
            (
                Bound::Included(lower) | Bound::Excluded(lower),
                Bound::Excluded(upper) | Bound::Included(upper),
            ) => lower >= upper,
            _ => false,
        };
        (!is_empty).then(|| self.partitions.range((lower, upper))).into_iter().flatten()
    }

    /// All partitions, in the order of the ring.
    pub(super) fn all(&self) -> impl Iterator<Item = (&PartitionKey, &Partition)> {
        self.partitions.iter()
    }

    pub(crate) fn truncate(&mut self) {
        self.partitions.clear();
    }
}
