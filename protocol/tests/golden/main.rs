//! The bytes of every message, by hand from the specification and from what Cassandra 5.0.6 put on the wire.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod captured;
mod error;
mod request;
mod response;

use bytes::Bytes;
use helenus_protocol::{
    Dialect, FrameCodec, FrameFlags, FrameHeader, Opcode, ProtocolVersion, Request, Response,
    ResponseBody,
};

use ProtocolVersion::{V4, V5};

/// The bytes that hexadecimal digits stand for; quoted text stands for itself.
fn hex(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, part) in text.split('\'').enumerate() {
        if index % 2 == 1 {
            bytes.extend_from_slice(part.as_bytes());
            continue;
        }
        let digits: Vec<_> = part.chars().filter_map(|digit| digit.to_digit(16)).collect();
        bytes.extend(digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()));
    }
    bytes
}

#[track_caller]
fn is_request(version: ProtocolVersion, request: &Request<'_>, golden: &str) {
    let golden = hex(golden);
    let mut body = Vec::new();
    request.encode(version, &mut body).unwrap();
    assert_eq!(body, golden, "{body:02x?}");
    assert_eq!(Request::decode(version, request.opcode(), &golden).as_ref(), Ok(request));
}

#[track_caller]
fn is_response(dialect: impl Into<Dialect>, response: impl Into<ResponseBody>, golden: &str) {
    let (dialect, response) = (dialect.into(), response.into());
    let golden = Bytes::from(hex(golden));
    let mut body = Vec::new();
    response.encode(dialect.version, &mut body).unwrap();
    assert_eq!(body, golden, "{body:02x?}");
    let opcode = response.response.opcode();
    assert_eq!(ResponseBody::decode(dialect, response.flags(), opcode, &golden), Ok(response));
}

#[test]
fn a_request_s_frame() {
    let mut frame = Vec::new();
    let codec = FrameCodec::new(V5);
    codec.encode_request(&Request::Options, 0x0102, FrameFlags::BETA, &mut frame).unwrap();
    assert_eq!(frame, hex("05 10 0102 05 00000000"));
}

#[test]
fn a_response_s_frame() {
    let body = ResponseBody {
        tracing_id: Some(uuid::Uuid::from_u128(0x0001_0203_0405_0607_0809_0A0B_0C0D_0E0F)),
        warnings: vec!["slow".into()],
        payload: vec![("a".into(), Some(Bytes::from_static(&[1]))), ("b".into(), None)],
        response: Response::Void,
    };
    let mut frame = Vec::new();
    FrameCodec::new(V4).encode_response(&body, 3, &mut frame).unwrap();
    let golden = hex("84 0E 0003 08 0000002D
        000102030405060708090A0B0C0D0E0F
        0001 0004'slow'
        0002 0001'a' 00000001 01 0001'b' FFFFFFFF
        00000001");
    assert_eq!(frame, golden, "{frame:02x?}");
    let decoded = ResponseBody::decode(
        V4,
        FrameFlags::from_bits(0x0E),
        Opcode::Result,
        &Bytes::from(golden).slice(FrameHeader::LENGTH..),
    );
    assert_eq!(decoded, Ok(body));
}

#[test]
fn a_compressed_ready_as_cassandra_writes_it() {
    let frame = hex("84 01 0000 02 00000005 0000000000");
    let header = FrameHeader::decode(&frame).unwrap().unwrap();
    let mut codec = FrameCodec::new(V4);
    codec.compression = Some(helenus_protocol::Compression::Lz4);
    let body = Bytes::from(frame).slice(FrameHeader::LENGTH..);
    let body = codec.open(&header, body, 1024).unwrap();
    let decoded = ResponseBody::decode(V4, header.flags, header.opcode, &body);
    assert_eq!(decoded, Ok(Response::Ready.into()));
}
