use helenus_protocol::{
    BoundValues, Consistency, FrameCodec, FrameFlags, Prepare, Prepared, Query, QueryParameters,
    ResponseBody, Rows,
};

use super::super::answers::columns;
use super::super::cluster::Cluster;
use super::super::options::Options;
use super::*;
use crate::items::{PAGE_ROWS, PAGES, READ, SCAN, WRITE, payload};

/// A client that has no socket either.
struct Client {
    session: Session,
    codec: FrameCodec,
    segments: Option<(SegmentEncoder, SegmentDecoder)>,
}

impl Client {
    fn start(version: ProtocolVersion, compression: Option<Compression>) -> Self {
        let options = Options { port: 0, nodes: 3, tokens: 4, tls: None, core: None };
        let tables = SystemTables::new(Cluster::new(&options, 9042));
        let session = Session::new(Rc::new(Shared::new(tables).unwrap()), 0).unwrap();
        let mut client = Self { session, codec: FrameCodec::new(version), segments: None };
        let startup = Request::Startup(Startup::new(compression));
        let mut frame = Vec::new();
        client.codec.encode_request(&startup, 0, FrameFlags::NONE, &mut frame).unwrap();
        client.codec.compression = compression;
        let answers = client.exchange(&frame);
        assert!(matches!(answers[..], [(0, Response::Ready)]));
        if version == ProtocolVersion::V5 {
            let format = match compression {
                Some(_) => SegmentFormat::Lz4,
                None => SegmentFormat::Plain,
            };
            client.segments = Some((SegmentEncoder::new(format), SegmentDecoder::new(format)));
        }
        client
    }

    /// Sends frames, byte by byte but the last, and takes all answers.
    fn exchange(&mut self, frames: &[u8]) -> Vec<(i16, Response)> {
        let mut sent = Vec::new();
        match &mut self.segments {
            Some((encoder, _)) => encoder.encode(frames, &mut sent),
            None => sent.extend_from_slice(frames),
        }
        let (mut input, mut output) = (BytesMut::new(), Output::default());
        for byte in sent {
            input.extend_from_slice(&[byte]);
            self.session.receive(&mut input, &mut output).unwrap();
        }
        assert!(input.is_empty());
        let mut out = Vec::new();
        output.take(&mut out);
        self.open(&out)
    }

    fn open(&self, out: &[u8]) -> Vec<(i16, Response)> {
        let mut left = BytesMut::from(out);
        if let Some((_, decoder)) = &self.segments {
            let mut wrapped = std::mem::take(&mut left);
            while let Some(segment) = decoder.decode(&mut wrapped).unwrap() {
                left.extend_from_slice(&segment.payload);
            }
            assert!(wrapped.is_empty());
        }
        let mut answers = Vec::new();
        while let Some(header) = FrameHeader::decode(&left).unwrap() {
            let frame = left.split_to(FrameHeader::LENGTH + header.length as usize).freeze();
            let body = frame.slice(FrameHeader::LENGTH..);
            let body = self.codec.open(&header, body, 1 << 30).unwrap();
            let body = ResponseBody::decode(header.version, header.flags, header.opcode, &body);
            answers.push((header.stream, body.unwrap().response));
        }
        answers
    }

    fn frame(&self, request: &Request<'_>, stream: i16) -> Vec<u8> {
        let mut frame = Vec::new();
        self.codec.encode_request(request, stream, FrameFlags::NONE, &mut frame).unwrap();
        frame
    }

    fn ask(&mut self, request: &Request<'_>) -> Response {
        let answers = self.exchange(&self.frame(request, 7));
        let [(7, answer)] = answers.as_slice() else { panic!("{answers:?}") };
        answer.clone()
    }

    fn prepare(&mut self, cql: &str) -> Prepared {
        match self.ask(&Request::Prepare(Prepare { cql, keyspace: None })) {
            Response::Prepared(prepared) => prepared,
            other => panic!("{other:?}"),
        }
    }
}

fn execute<'a>(
    prepared: &'a Prepared,
    values: &'a BoundValues,
    skip_metadata: bool,
    paging_state: Option<&'a [u8]>,
) -> Request<'a> {
    let parameters = QueryParameters {
        values: values.as_values(),
        skip_metadata,
        paging_state,
        page_size: Some(5_000),
        ..QueryParameters::new(Consistency::LocalQuorum)
    };
    let result_metadata_id = prepared.result_metadata_id.as_deref();
    Request::Execute(Execute { id: &prepared.id, result_metadata_id, parameters })
}

const IDS: [i64; 4] = [0, -1, i64::MIN, 0x1d1c_f3a7_0000_0000];

fn dialects() -> [(ProtocolVersion, Option<Compression>); 4] {
    let lz4 = Some(Compression::Lz4);
    [
        (ProtocolVersion::V4, None),
        (ProtocolVersion::V4, lz4),
        (ProtocolVersion::V5, None),
        (ProtocolVersion::V5, lz4),
    ]
}

fn rows(response: &Response) -> &Rows {
    match response {
        Response::Rows(rows) => rows,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_read_is_answered_with_its_own_key_in_every_dialect() {
    for (version, compression) in dialects() {
        let mut client = Client::start(version, compression);
        let read = client.prepare(READ);
        assert_eq!(
            (&read.metadata.columns[..], &read.metadata.partition_key[..]),
            (&columns()[..1], &[0][..])
        );
        for skip_metadata in [false, true] {
            let mut frames = Vec::new();
            for id in IDS {
                let values = BoundValues::encode(&(id,), &columns()[..1]).unwrap();
                let request = execute(&read, &values, skip_metadata, None);
                frames.extend(client.frame(&request, (id % 100) as i16));
            }
            let answers = client.exchange(&frames);
            assert_eq!(answers.len(), IDS.len());
            for ((stream, answer), id) in answers.iter().zip(IDS) {
                let rows = rows(answer);
                assert_eq!(rows.metadata.columns.is_none(), skip_metadata);
                let columns = columns();
                let row = rows.typed::<(i64, &[u8])>(&columns).unwrap().next().unwrap().unwrap();
                assert_eq!(
                    (*stream, row.0, row.1.len()),
                    ((id % 100) as i16, id, payload(0).len())
                );
            }
        }
    }
}

#[test]
fn a_write_is_answered_with_void() {
    for (version, compression) in dialects() {
        let mut client = Client::start(version, compression);
        let write = client.prepare(WRITE);
        let values = BoundValues::encode(&(1_i64, &payload(1)[..]), &columns()).unwrap();
        assert_eq!(client.ask(&execute(&write, &values, false, None)), Response::Void);
    }
}

#[test]
fn a_scan_gives_every_row_once() {
    let mut client = Client::start(ProtocolVersion::V5, None);
    let scan = client.prepare(SCAN);
    let (mut state, mut next) = (None, 0);
    let columns = columns();
    loop {
        let page = {
            let values = BoundValues::default();
            let frame = client.frame(&execute(&scan, &values, true, state.as_deref()), 1);
            let mut sent = Vec::new();
            let (encoder, _) = client.segments.as_mut().unwrap();
            encoder.encode(&frame, &mut sent);
            let (mut output, mut out) = (Output::default(), Vec::new());
            client.session.receive(&mut BytesMut::from(&sent[..]), &mut output).unwrap();
            output.take(&mut out);
            client.open(&out).remove(0).1
        };
        let rows = rows(&page);
        for row in rows.typed::<(i64, &[u8])>(&columns).unwrap() {
            let (id, found) = row.unwrap();
            assert_eq!((id, found), (next, &payload(id)[..]));
            next += 1;
        }
        state = rows.metadata.paging_state.clone();
        if state.is_none() {
            break;
        }
    }
    assert_eq!(next, (PAGES * PAGE_ROWS) as i64);
}

#[test]
fn the_nodes_know_each_other_and_the_keyspace() {
    let mut client = Client::start(ProtocolVersion::V4, None);
    let mut select = |cql| {
        let parameters = QueryParameters::new(Consistency::One);
        client.ask(&Request::Query(Query { cql, parameters }))
    };
    let peers = select("SELECT native_port, tokens FROM system.peers_v2");
    let peers = rows(&peers);
    let columns = peers.metadata.columns.clone().unwrap();
    let peers: Vec<_> =
        peers.typed::<(i32, Vec<&str>)>(&columns).unwrap().map(Result::unwrap).collect();
    assert_eq!(
        peers.iter().map(|(port, tokens)| (*port, tokens.len())).collect::<Vec<_>>(),
        [(9042, 4); 2]
    );
    let keyspaces =
        select("SELECT toJson(replication) AS replication FROM system_schema.keyspaces");
    let keyspaces = rows(&keyspaces);
    let columns = keyspaces.metadata.columns.clone().unwrap();
    let (json,) = keyspaces.typed::<(&str,)>(&columns).unwrap().next().unwrap().unwrap();
    assert_eq!(
        json,
        r#"{"class":"org.apache.cassandra.locator.NetworkTopologyStrategy","dc1":"3"}"#
    );
}

#[test]
fn what_it_has_no_answer_for_is_refused() {
    let mut client = Client::start(ProtocolVersion::V4, None);
    let mut kind = |cql| {
        let parameters = QueryParameters::new(Consistency::One);
        match client.ask(&Request::Query(Query { cql, parameters })) {
            Response::Error(error) => error.kind,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(kind("SELECT * FROM system_schema.scylla_tables"), ErrorKind::Invalid);
    assert_eq!(kind("SELECT shoe_size FROM system.local"), ErrorKind::Invalid);
    assert_eq!(kind("DROP KEYSPACE bench"), ErrorKind::SyntaxError);
}
