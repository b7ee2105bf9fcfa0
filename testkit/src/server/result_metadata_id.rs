//! What v5 calls the columns of a prepared statement's rows.

use helenus_protocol::ResultMetadata;
use md5::{Digest, Md5};

/// Equal for equal columns, on every node; without columns it is the digest of nothing, as Cassandra's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResultMetadataId([u8; 16]);

impl ResultMetadataId {
    pub(super) fn of(metadata: &ResultMetadata) -> Self {
        let mut digest = Md5::new();
        for column in metadata.columns.iter().flatten() {
            for part in [&*column.keyspace, &*column.table, &*column.name] {
                digest.update(part);
                digest.update([0]);
            }
            digest.update(column.ty.to_string());
            digest.update([0]);
        }
        Self(digest.finalize().into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
