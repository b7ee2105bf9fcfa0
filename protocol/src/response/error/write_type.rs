use std::fmt;

/// What a write that timed out or failed was part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WriteType {
    /// A write to one partition.
    Simple,
    /// A logged batch, once its log was written.
    Batch,
    /// An unlogged batch.
    UnloggedBatch,
    /// A counter update.
    Counter,
    /// The log of a logged batch.
    BatchLog,
    /// A conditional statement's Paxos phase.
    Cas,
    /// A view's update.
    View,
    /// Change data capture.
    Cdc,
    /// A type that this crate does not know.
    Unknown,
}

const NAMES: [(WriteType, &str); 8] = [
    (WriteType::Simple, "SIMPLE"),
    (WriteType::Batch, "BATCH"),
    (WriteType::UnloggedBatch, "UNLOGGED_BATCH"),
    (WriteType::Counter, "COUNTER"),
    (WriteType::BatchLog, "BATCH_LOG"),
    (WriteType::Cas, "CAS"),
    (WriteType::View, "VIEW"),
    (WriteType::Cdc, "CDC"),
];

impl WriteType {
    pub(in crate::response) fn from_name(name: &str) -> Self {
        NAMES.iter().find(|(_, known)| *known == name).map_or(Self::Unknown, |(kind, _)| *kind)
    }
}

impl fmt::Display for WriteType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(kind, _)| kind == self).map_or("UNKNOWN", |(_, name)| name);
        f.write_str(name)
    }
}
