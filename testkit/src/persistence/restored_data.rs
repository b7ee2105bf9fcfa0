/// What an [`EmbeddedCluster`](crate::EmbeddedCluster) found where it keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RestoredData {
    /// Statements that made the schema.
    pub schema_statements: u64,
    /// Writes, each of a statement or a batch.
    pub writes: u64,
    /// Bytes at the end that were left out: the beginning of a record whose process was killed while it wrote.
    pub cut_off: u64,
}
