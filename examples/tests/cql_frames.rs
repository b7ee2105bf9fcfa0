//! Runs cql-frames on streams of both directions and both versions.

use std::io::Write;
use std::process::{Command, Stdio};

use helenus::{ColumnSpec, Compression, Consistency, CqlType};
use helenus_protocol::{
    AuthResponse, FrameCodec, FrameFlags, ProtocolVersion, Query, QueryParameters, Request,
    Response, ResponseBody, ResultMetadata, Rows, SegmentEncoder, SegmentFormat, Startup,
};

/// Runs the program on `input`; returns whether it succeeded, and what it printed on both outputs.
fn print(arguments: &[&str], input: &[u8]) -> (bool, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cql-frames"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cql-frames runs");
    child.stdin.take().expect("its input").write_all(input).expect("it reads its input");
    let output = child.wait_with_output().expect("it ends");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn requests(version: ProtocolVersion, compression: Option<Compression>) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut codec = FrameCodec::new(version);
    let startup = Request::Startup(Startup::new(compression));
    codec.encode_request(&startup, 0, FrameFlags::NONE, &mut stream).expect("STARTUP");
    codec.compression = compression;
    let long = format!("SELECT v FROM ks.t WHERE k = 1 /* {} */", "x".repeat(500));
    let parameters = QueryParameters::new(Consistency::LocalQuorum);
    let login = Request::AuthResponse(AuthResponse { token: Some(b"\0ann\0s3cret") });
    let query = Request::Query(Query { cql: &long, parameters });
    let mut frames = Vec::new();
    for (stream, request) in [(1, login), (258, query)] {
        codec.encode_request(&request, stream, FrameFlags::NONE, &mut frames).expect("a request");
    }
    match (version, compression) {
        (ProtocolVersion::V4, _) => stream.extend(frames),
        (ProtocolVersion::V5, None) => {
            SegmentEncoder::new(SegmentFormat::Plain).encode(&frames, &mut stream);
        }
        (ProtocolVersion::V5, Some(_)) => {
            SegmentEncoder::new(SegmentFormat::Lz4).encode(&frames, &mut stream);
        }
    }
    stream
}

#[test]
fn requests_are_printed_in_both_versions_compressed_or_not_and_secrets_are_not() {
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        for compression in [None, Some(Compression::Lz4)] {
            let (is_success, text) = print(&[], &requests(version, compression));
            assert!(is_success, "{text}");
            for wanted in
                ["Startup", "AuthResponse", "stream   258", "SELECT v FROM ks.t", "LocalQuorum"]
            {
                assert!(text.contains(wanted), "{wanted} is not in {text}");
            }
            assert!(text.lines().all(|line| line.contains(&version.to_string())), "{text}");
            assert!(!text.contains("s3cret") && !text.contains("115, 51"), "{text}");
        }
    }
}

#[test]
fn rows_are_printed_with_their_values() {
    let columns = vec![
        ColumnSpec::new("ks", "t", "k", CqlType::Int),
        ColumnSpec::new("ks", "t", "v", CqlType::Text),
    ];
    let content = [&[0, 0, 0, 4, 0, 0, 0, 42][..], &[0xFF; 4]].concat().into();
    let rows = Rows { metadata: ResultMetadata::of(columns), count: 1, content };
    let mut body = ResponseBody::from(Response::Rows(rows));
    body.warnings.push("too many tombstones".to_owned());
    let mut stream = Vec::new();
    let codec = FrameCodec::new(ProtocolVersion::V4);
    codec.encode_response(&body, 7, &mut stream).expect("a response");
    let hex: String = stream.iter().map(|byte| format!("{byte:02x} ")).collect();
    for (arguments, input) in [(&[][..], &stream[..]), (&["--hex"], hex.as_bytes())] {
        let (is_success, text) = print(arguments, input);
        assert!(is_success, "{text}");
        for wanted in ["k int, v text", "Int(42), Null", "too many tombstones"] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
    }
}

#[test]
fn a_stream_that_breaks_off_or_makes_no_sense_ends_it_with_what_was_readable() {
    let whole = requests(ProtocolVersion::V4, None);
    let (is_success, text) = print(&[], &whole[..whole.len() - 3]);
    assert!(!is_success && text.contains("AuthResponse"), "{text}");
    assert!(text.contains("bytes into a message"), "{text}");

    let (is_success, text) = print(&[], b"HTTP/1.1 400 Bad Request\r\n");
    assert!(!is_success && text.contains("protocol version"), "{text}");

    let mut damaged = requests(ProtocolVersion::V5, None);
    if let Some(last) = damaged.last_mut() {
        *last ^= 1;
    }
    let (is_success, text) = print(&[], &damaged);
    assert!(!is_success && text.contains("checksum"), "{text}");
}
