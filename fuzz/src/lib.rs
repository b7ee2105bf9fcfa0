//! What the fuzz targets do with their bytes. protocol's tests do the same with the seeds in `corpus/`.

use bytes::{Bytes, BytesMut};
use helenus_protocol::{
    CqlType, DecodeValue, EncodeValue, FrameCodec, FrameFlags, FrameHeader, Opcode,
    ProtocolVersion, Reader, RequestBody, Response, ResponseBody, Row, SegmentDecoder,
    SegmentEncoder, SegmentFormat, Value,
};

/// The largest body that a compressed one may become.
const MAX_BODY: usize = 1 << 20;

/// A stream of v4 frames, compressed or not.
pub fn frames(mut data: &[u8]) {
    while let Ok(Some(header)) = FrameHeader::decode(data) {
        let end = FrameHeader::LENGTH + header.length as usize;
        let Some(body) = data.get(FrameHeader::LENGTH..end) else { return };
        // Snappy is there with its feature only.
        let compressions = ["lz4", "snappy"].into_iter().filter_map(|name| name.parse().ok());
        for compression in compressions {
            let mut codec = FrameCodec::new(header.version);
            codec.compression = Some(compression);
            let Ok(body) = codec.open(&header, Bytes::copy_from_slice(body), MAX_BODY) else {
                continue;
            };
            request(header.version, header.flags, header.opcode, &body);
            response(header.version, header.flags, header.opcode, &body);
        }
        data = &data[end..];
    }
}

/// A format and a stream of segments.
pub fn segments(data: &[u8]) {
    let Some((first, wire)) = data.split_first() else { return };
    let format = if first & 1 == 0 { SegmentFormat::Plain } else { SegmentFormat::Lz4 };
    let decoder = SegmentDecoder::new(format);
    let mut received = BytesMut::from(wire);
    while let Ok(Some(segment)) = decoder.decode(&mut received) {
        assert!(segment.payload.len() < 1 << 17);
    }

    let mut wrapped = Vec::new();
    SegmentEncoder::new(format).encode(wire, &mut wrapped);
    let (mut received, mut unwrapped) = (BytesMut::from(&wrapped[..]), Vec::new());
    while let Some(segment) = decoder.decode(&mut received).expect("it was just encoded") {
        unwrapped.extend_from_slice(&segment.payload);
    }
    assert_eq!(unwrapped, wire);
}

/// A version, flags, an opcode and a request's body.
pub fn requests(data: &[u8]) {
    if let Some((version, flags, opcode, body)) = message(data) {
        request(version, flags, opcode, &body);
    }
}

/// A version, flags, an opcode and a response's body.
pub fn responses(data: &[u8]) {
    if let Some((version, flags, opcode, body)) = message(data) {
        response(version, flags, opcode, &body);
    }
}

/// A type, and bytes as one of its values.
pub fn values(data: &[u8]) {
    let mut reader = Reader::new(data);
    let Ok(ty) = CqlType::decode(&mut reader) else { return };
    let Ok(value) = Value::decode(&ty, Some(reader.remaining())) else { return };
    let mut bytes = Vec::new();
    // A null in a collection can be read, but not written.
    if value.encode(&ty, &mut bytes).is_err() {
        return;
    }
    let again = Value::decode(&ty, Some(&bytes)).expect("it was just encoded");
    let mut twice = Vec::new();
    again.encode(&ty, &mut twice).expect("it was encoded before");
    assert_eq!(bytes, twice);
}

fn message(data: &[u8]) -> Option<(ProtocolVersion, FrameFlags, Opcode, Bytes)> {
    let (&[version, flags, opcode], body) = data.split_first_chunk::<3>()?;
    let version = ProtocolVersion::from_number(version)?;
    let body = Bytes::copy_from_slice(body);
    Some((version, FrameFlags::from_bits(flags), Opcode::from_number(opcode)?, body))
}

fn request(version: ProtocolVersion, flags: FrameFlags, opcode: Opcode, body: &Bytes) {
    let Ok(request) = RequestBody::decode(version, flags, opcode, body) else { return };
    let mut bytes = Vec::new();
    request.encode(version, &mut bytes).expect("what was decoded fits");
    let bytes = bytes.into();
    let again = RequestBody::decode(version, request.flags(), opcode, &bytes);
    assert_eq!(again.as_ref(), Ok(&request));
}

fn response(version: ProtocolVersion, flags: FrameFlags, opcode: Opcode, body: &Bytes) {
    let Ok(response) = ResponseBody::decode(version, flags, opcode, body) else { return };
    rows(&response);
    let mut bytes = Vec::new();
    // Class names that stand for types without a code may grow beyond what a string holds.
    if response.encode(version, &mut bytes).is_err() {
        return;
    }
    let again = ResponseBody::decode(version, response.flags(), opcode, &bytes.into());
    assert_eq!(again.as_ref(), Ok(&response));
}

fn rows(response: &ResponseBody) {
    let Response::Rows(rows) = &response.response else { return };
    let Some(columns) = &rows.metadata.columns else { return };
    let Ok(rows) = rows.typed::<Row<'_>>(columns) else { return };
    for row in rows {
        let Ok(mut row) = row else { return };
        while row.value::<Value>().is_ok() {}
    }
}
