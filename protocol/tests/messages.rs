//! Whatever the protocol can say reads back as it was written, and whatever it cannot say is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod strategy;

use bytes::Bytes;
use helenus_protocol::{
    CqlType, DecodeValue, EncodeValue, Encoded, FrameFlags, FrameHeader, Opcode, ProtocolVersion,
    Reader, Request, RequestBody, ResponseBody, Row, Value,
};
use proptest::collection::vec;
use proptest::prelude::*;
use strategy::{cql_type, request, response_body, typed_value, version};

const OPCODES: std::ops::RangeInclusive<u8> = 0..=0x10;

fn encoded_request(version: ProtocolVersion, request: &Request<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    request.encode(version, &mut body).unwrap();
    body
}

fn encoded_response(version: ProtocolVersion, response: &ResponseBody) -> Bytes {
    let mut body = Vec::new();
    response.encode(version, &mut body).unwrap();
    body.into()
}

/// Damages one byte and cuts the end off.
fn damaged(mut bytes: Vec<u8>, at: prop::sample::Index, byte: u8, cut: usize) -> Vec<u8> {
    bytes.truncate(bytes.len().saturating_sub(cut));
    if !bytes.is_empty() {
        let at = at.index(bytes.len());
        bytes[at] = byte;
    }
    bytes
}

/// Reads everything that a body may be, to the last value of the last row.
fn read_all(version: ProtocolVersion, flags: u8, opcode: u8, body: &Bytes) {
    let Some(opcode) = Opcode::from_number(opcode) else { return };
    let flags = FrameFlags::from_bits(flags);
    if let Ok(request) = RequestBody::decode(version, flags, opcode, body) {
        assert!(request.request.opcode() == opcode);
    }
    let Ok(body) = ResponseBody::decode(version, flags, opcode, body) else { return };
    assert_eq!(body.response.opcode(), opcode);
    let helenus_protocol::Response::Rows(rows) = body.response else { return };
    let Some(columns) = &rows.metadata.columns else { return };
    for row in rows.typed::<Row<'_>>(columns).unwrap() {
        let Ok(mut row) = row else { return };
        while row.value::<Value>().is_ok() {}
    }
}

proptest! {
    #[test]
    fn requests_read_back_as_they_were_written(
        (version, request) in version().prop_flat_map(|version| (Just(version), request(version))),
    ) {
        let body = encoded_request(version, &request);
        let decoded = Request::decode(version, request.opcode(), &body);
        prop_assert_eq!(decoded.as_ref(), Ok(&request));
        prop_assert_eq!(encoded_request(version, &decoded.unwrap()), body);
    }

    #[test]
    fn requests_read_back_behind_a_payload(
        (version, request) in version().prop_flat_map(|version| (Just(version), request(version))),
        payload in vec(("\\PC{0,8}", any::<Option<Vec<u8>>>()), 0..3),
    ) {
        let payload = payload.into_iter().map(|(name, bytes)| (name, bytes.map(Bytes::from)));
        let request = RequestBody { payload: payload.collect(), request };
        let mut body = Vec::new();
        request.encode(version, &mut body).unwrap();
        let body = body.into();
        let decoded = RequestBody::decode(version, request.flags(), request.request.opcode(), &body);
        prop_assert_eq!(decoded, Ok(request));
    }

    #[test]
    fn responses_read_back_as_they_were_written(
        (version, response) in version().prop_flat_map(|v| (Just(v), response_body(v))),
    ) {
        let body = encoded_response(version, &response);
        let opcode = response.response.opcode();
        let decoded = ResponseBody::decode(version, response.flags(), opcode, &body);
        prop_assert_eq!(decoded.as_ref(), Ok(&response));
        prop_assert_eq!(encoded_response(version, &decoded.unwrap()), body);
    }

    #[test]
    fn types_read_back_as_they_were_written(version in version(), ty in cql_type()) {
        let mut bytes = Vec::new();
        ty.encode(version, &mut bytes).unwrap();
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(CqlType::decode(&mut reader), Ok(ty));
        prop_assert!(reader.is_empty());
    }

    #[test]
    fn values_read_back_as_they_were_written((ty, value) in typed_value()) {
        let mut bytes = Vec::new();
        let encoded = value.encode(&ty, &mut bytes).unwrap();
        prop_assert_eq!(encoded == Encoded::Null, value == Value::Null);
        let cell = (encoded == Encoded::Value).then_some(bytes.as_slice());
        let decoded = Value::decode(&ty, cell);
        prop_assert_eq!(decoded.as_ref(), Ok(&value));
        let mut again = Vec::new();
        prop_assert_eq!(decoded.unwrap().encode(&ty, &mut again), Ok(encoded));
        prop_assert_eq!(&again, &bytes);
    }

    #[test]
    fn any_header_is_read_or_refused(bytes in vec(any::<u8>(), 0..12)) {
        if let Ok(Some(header)) = FrameHeader::decode(&bytes) {
            let mut again = Vec::new();
            header.encode(&mut again);
            prop_assert_eq!(&again, &bytes[..FrameHeader::LENGTH]);
        }
    }

    #[test]
    fn any_body_is_read_or_refused(
        version in version(),
        flags: u8,
        opcode in OPCODES,
        body: Vec<u8>,
    ) {
        read_all(version, flags, opcode, &body.into());
    }

    #[test]
    fn a_damaged_request_is_read_or_refused(
        (version, request) in version().prop_flat_map(|version| (Just(version), request(version))),
        (at, byte, cut) in (any::<prop::sample::Index>(), any::<u8>(), 0..3_usize),
    ) {
        let body = damaged(encoded_request(version, &request), at, byte, cut);
        read_all(version, 0, request.opcode().number(), &body.into());
    }

    #[test]
    fn a_damaged_response_is_read_or_refused(
        (version, response) in version().prop_flat_map(|v| (Just(v), response_body(v))),
        (at, byte, cut) in (any::<prop::sample::Index>(), any::<u8>(), 0..3_usize),
    ) {
        let body = damaged(encoded_response(version, &response).into(), at, byte, cut);
        let opcode = response.response.opcode().number();
        read_all(version, response.flags().bits(), opcode, &body.into());
    }

    #[test]
    fn any_bytes_are_read_as_a_value_or_refused(ty in cql_type(), bytes: Vec<u8>) {
        if let Ok(value) = Value::decode(&ty, Some(&bytes)) {
            prop_assert_ne!(value, Value::Null);
        }
    }

    #[test]
    fn a_damaged_value_is_read_or_refused(
        (ty, value) in typed_value(),
        (at, byte, cut) in (any::<prop::sample::Index>(), any::<u8>(), 0..3_usize),
    ) {
        let mut bytes = Vec::new();
        value.encode(&ty, &mut bytes).unwrap();
        let bytes = damaged(bytes, at, byte, cut);
        if let Ok(value) = Value::decode(&ty, Some(&bytes)) {
            prop_assert_ne!(value, Value::Null);
        }
    }
}
