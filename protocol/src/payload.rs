use bytes::Bytes;

use crate::wire::{Reader, Writer};
use crate::{EncodeError, WireError};

/// A custom payload: names and bytes that mean something to a server's extension.
pub type Payload = Vec<(String, Option<Bytes>)>;

pub(crate) fn encode_payload(payload: &Payload, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    out.put_short_length("a custom payload", payload.len())?;
    for (name, bytes) in payload {
        out.put_string("a payload's name", name)?;
        out.put_bytes("a payload", bytes.as_deref())?;
    }
    Ok(())
}

pub(crate) fn decode_payload(reader: &mut Reader<'_>, body: &Bytes) -> Result<Payload, WireError> {
    let count = reader.short_count("a custom payload", 6)?;
    let entry = |_| {
        let name = reader.string("a payload's name")?.to_owned();
        Ok((name, reader.bytes("a payload")?.map(|bytes| body.slice_ref(bytes))))
    };
    (0..count).map(entry).collect()
}
