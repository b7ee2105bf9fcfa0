use super::Values;
use crate::wire::{Reader, Writer};
use crate::{Consistency, EncodeError, ProtocolVersion, WireError};

const VALUES: i32 = 0x01;
const SKIP_METADATA: i32 = 0x02;
const PAGE_SIZE: i32 = 0x04;
const PAGING_STATE: i32 = 0x08;
const SERIAL_CONSISTENCY: i32 = 0x10;
const TIMESTAMP: i32 = 0x20;
const NAMES: i32 = 0x40;
const KEYSPACE: i32 = 0x80;
const NOW_IN_SECONDS: i32 = 0x100;
const OF_BATCH: i32 = SERIAL_CONSISTENCY | TIMESTAMP | KEYSPACE | NOW_IN_SECONDS;

/// What QUERY and EXECUTE say beside the statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryParameters<'a> {
    /// How many replicas must answer.
    pub consistency: Consistency,
    /// The values of the markers.
    pub values: Values<'a>,
    /// Leave the columns out of the answer: the client knows them from PREPARE.
    pub skip_metadata: bool,
    /// Rows per page; without it all rows come at once.
    pub page_size: Option<i32>,
    /// Where the page before ended.
    pub paging_state: Option<&'a [u8]>,
    /// The level of a conditional statement's Paxos phase; servers refuse such a statement if this is not a serial one.
    pub serial_consistency: Option<Consistency>,
    /// The write's timestamp, in microseconds since the Unix epoch; without it the coordinator's clock counts.
    pub timestamp: Option<i64>,
    /// The keyspace of unqualified table names. v5 only.
    pub keyspace: Option<&'a str>,
    /// What the server shall take for the present, in seconds since the Unix epoch. v5 only.
    pub now_in_seconds: Option<i32>,
}

impl<'a> QueryParameters<'a> {
    /// A consistency and nothing else.
    pub fn new(consistency: Consistency) -> Self {
        Self { consistency, ..Self::default() }
    }

    #[inline]
    fn flags(&self) -> i32 {
        let set = |is_set: bool, flag: i32| if is_set { flag } else { 0 };
        set(!self.values.is_empty(), VALUES)
            | set(self.skip_metadata, SKIP_METADATA)
            | set(self.page_size.is_some(), PAGE_SIZE)
            | set(self.paging_state.is_some(), PAGING_STATE)
            | set(self.serial_consistency.is_some(), SERIAL_CONSISTENCY)
            | set(self.timestamp.is_some(), TIMESTAMP)
            | set(self.values.is_named() && !self.values.is_empty(), NAMES)
            | set(self.keyspace.is_some(), KEYSPACE)
            | set(self.now_in_seconds.is_some(), NOW_IN_SECONDS)
    }

    #[inline]
    pub(super) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        put_head(version, self.consistency, self.flags(), out)?;
        if !self.values.is_empty() {
            self.values.encode(out);
        }
        if let Some(page_size) = self.page_size {
            out.put_int(page_size);
        }
        if let Some(state) = self.paging_state {
            out.put_bytes("a paging state", Some(state))?;
        }
        if let Some(serial) = self.serial_consistency {
            out.put_short(serial.number());
        }
        if let Some(timestamp) = self.timestamp {
            out.put_long(timestamp);
        }
        if let Some(keyspace) = self.keyspace {
            out.put_string("a keyspace", keyspace)?;
        }
        if let Some(now) = self.now_in_seconds {
            out.put_int(now);
        }
        Ok(())
    }

    pub(super) fn decode(
        version: ProtocolVersion,
        reader: &mut Reader<'a>,
    ) -> Result<Self, WireError> {
        let consistency = Consistency::from_number(reader.short("a consistency level")?)?;
        let flags = take_flags(version, reader)?;
        Self::decode_fields(consistency, flags, reader)
    }

    /// What a batch ends with: the same notation, with fewer fields.
    pub(super) fn decode_of_batch(
        version: ProtocolVersion,
        reader: &mut Reader<'a>,
    ) -> Result<Self, WireError> {
        let consistency = Consistency::from_number(reader.short("a consistency level")?)?;
        let flags = take_flags(version, reader)?;
        if flags & !OF_BATCH != 0 {
            return Err(WireError::Unknown {
                what: "a batch's flags",
                value: format!("{flags:#x}"),
            });
        }
        Self::decode_fields(consistency, flags, reader)
    }

    fn decode_fields(
        consistency: Consistency,
        flags: i32,
        reader: &mut Reader<'a>,
    ) -> Result<Self, WireError> {
        let mut parameters = Self::new(consistency);
        parameters.skip_metadata = flags & SKIP_METADATA != 0;
        if flags & VALUES != 0 {
            parameters.values = Values::decode(reader, flags & NAMES != 0)?;
        }
        if flags & PAGE_SIZE != 0 {
            parameters.page_size = Some(reader.int("a page size")?);
        }
        if flags & PAGING_STATE != 0 {
            parameters.paging_state = reader.bytes("a paging state")?;
        }
        if flags & SERIAL_CONSISTENCY != 0 {
            let level = Consistency::from_number(reader.short("a serial consistency level")?)?;
            parameters.serial_consistency = Some(level);
        }
        if flags & TIMESTAMP != 0 {
            parameters.timestamp = Some(reader.long("a timestamp")?);
        }
        if flags & KEYSPACE != 0 {
            parameters.keyspace = Some(reader.string("a keyspace")?);
        }
        if flags & NOW_IN_SECONDS != 0 {
            parameters.now_in_seconds = Some(reader.int("the present")?);
        }
        Ok(parameters)
    }
}

/// The level, and the flags of QUERY, EXECUTE and BATCH: a byte in v4, an int in v5.
#[inline]
fn put_head(
    version: ProtocolVersion,
    consistency: Consistency,
    flags: i32,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let [c0, c1] = consistency.number().to_be_bytes();
    let [f0, f1, f2, f3] = flags.to_be_bytes();
    match version {
        ProtocolVersion::V5 => out.put(&[c0, c1, f0, f1, f2, f3]),
        ProtocolVersion::V4 if flags & KEYSPACE != 0 => {
            return Err(EncodeError::NeedsV5 { what: "a request's keyspace" });
        }
        ProtocolVersion::V4 if flags > u8::MAX.into() => {
            return Err(EncodeError::NeedsV5 { what: "now_in_seconds" });
        }
        ProtocolVersion::V4 => out.put(&[c0, c1, f3]),
    }
    Ok(())
}

fn take_flags(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<i32, WireError> {
    match version {
        ProtocolVersion::V5 => reader.int("a request's flags"),
        // v4 has no meaning for this bit, and real servers pass over it.
        ProtocolVersion::V4 => Ok(i32::from(reader.byte("a request's flags")?) & !KEYSPACE),
    }
}
