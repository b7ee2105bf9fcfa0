use crate::wire::{Reader, Writer};
use crate::{EncodeError, ProtocolVersion, WireError};

const WITH_KEYSPACE: i32 = 0x01;

/// A CQL text to prepare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepare<'a> {
    /// The statement.
    pub cql: &'a str,
    /// The keyspace of unqualified table names, where it is not the connection's. v5 only.
    pub keyspace: Option<&'a str>,
}

impl<'a> Prepare<'a> {
    pub(super) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        out.put_long_string("a statement", self.cql)?;
        match (version, self.keyspace) {
            (ProtocolVersion::V4, None) => {}
            (ProtocolVersion::V4, Some(_)) => {
                return Err(EncodeError::NeedsV5 { what: "a statement's keyspace" });
            }
            (ProtocolVersion::V5, None) => out.put_int(0),
            (ProtocolVersion::V5, Some(keyspace)) => {
                out.put_int(WITH_KEYSPACE);
                out.put_string("a keyspace", keyspace)?;
            }
        }
        Ok(())
    }

    pub(super) fn decode(
        version: ProtocolVersion,
        reader: &mut Reader<'a>,
    ) -> Result<Self, WireError> {
        let cql = reader.long_string("a statement")?;
        let has_keyspace =
            version == ProtocolVersion::V5 && reader.int("PREPARE's flags")? & WITH_KEYSPACE != 0;
        let keyspace = if has_keyspace { Some(reader.string("a keyspace")?) } else { None };
        Ok(Self { cql, keyspace })
    }
}
