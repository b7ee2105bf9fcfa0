//! What the log is made of.

use uuid::Uuid;

use super::bytes_in::BytesIn;
use super::bytes_out::BytesOut;
use super::mutation_bytes;
use crate::record_file::Format;
use crate::storage::Mutation;

pub(super) const FORMAT: Format =
    Format { magic: *b"HELENDAT", version: 1, what: "the data of an embedded cluster" };

/// Something that happened.
#[derive(Debug)]
pub(super) enum Entry {
    Schema(SchemaStatement),
    /// Together or not at all.
    Writes(Vec<(Uuid, Mutation)>),
    Truncate(Uuid),
}

/// A statement that changed the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SchemaStatement {
    pub(super) cql: String,
    /// The keyspace of names that say none.
    pub(super) keyspace: Option<String>,
    /// The tables that it made, by which writes call them.
    pub(super) created: Vec<CreatedTable>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CreatedTable {
    pub(super) id: Uuid,
    pub(super) keyspace: String,
    pub(super) name: String,
}

const SCHEMA: u8 = 0;
const WRITES: u8 = 1;
const TRUNCATE: u8 = 2;

impl SchemaStatement {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = BytesOut::default();
        out.byte(SCHEMA);
        out.slice(self.cql.as_bytes());
        out.option(self.keyspace.as_deref(), |out, name| out.slice(name.as_bytes()));
        out.count(self.created.len());
        for CreatedTable { id, keyspace, name } in &self.created {
            out.bytes.extend_from_slice(id.as_bytes());
            out.slice(keyspace.as_bytes());
            out.slice(name.as_bytes());
        }
        out.bytes
    }

    fn decode(bytes: &mut BytesIn<'_>) -> Option<Self> {
        let (cql, keyspace) = (bytes.text()?, bytes.option(BytesIn::text)?);
        let created = bytes.list(|bytes| {
            Some(CreatedTable { id: bytes.uuid()?, keyspace: bytes.text()?, name: bytes.text()? })
        })?;
        Some(Self { cql, keyspace, created })
    }
}

/// Writes to tables, which belong together.
pub(super) fn encode_writes<'m>(writes: impl IntoIterator<Item = (Uuid, &'m Mutation)>) -> Vec<u8> {
    let mut out = BytesOut::default();
    out.byte(WRITES);
    for (table, mutation) in writes {
        out.bytes.extend_from_slice(table.as_bytes());
        mutation_bytes::write(mutation, &mut out);
    }
    out.bytes
}

pub(super) fn encode_truncate(table: Uuid) -> Vec<u8> {
    let mut out = BytesOut::default();
    out.byte(TRUNCATE);
    out.bytes.extend_from_slice(table.as_bytes());
    out.bytes
}

impl Entry {
    /// `None` for bytes that are no entry.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = BytesIn::new(bytes);
        let entry = match bytes.byte()? {
            SCHEMA => Self::Schema(SchemaStatement::decode(&mut bytes)?),
            WRITES => {
                let mut writes = Vec::new();
                while !bytes.is_empty() {
                    writes.push((bytes.uuid()?, mutation_bytes::read(&mut bytes)?));
                }
                Self::Writes(writes)
            }
            TRUNCATE => Self::Truncate(bytes.uuid()?),
            _ => return None,
        };
        bytes.is_empty().then_some(entry)
    }
}
