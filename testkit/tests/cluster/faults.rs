//! What goes wrong on demand, as it looks on the wire.

use std::net::SocketAddr;

use helenus_protocol::{
    Batch, BatchKind, BatchStatement, BoundValues, Compression, Consistency, ErrorKind, FrameFlags,
    FrameHeader, Opcode, Query, Request, Response, SegmentDecoder, SegmentError, SegmentFormat,
    Statement, WriteType,
};
use helenus_testkit::{ClusterError, EmbeddedCluster, Fault};

use crate::client::{Client, V4, V5, error, parameters};

pub(crate) const CQL: &str = "SELECT key FROM system.local";

pub(crate) async fn one() -> (EmbeddedCluster, SocketAddr) {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let address = cluster.addresses()[0];
    (cluster, address)
}

pub(crate) fn query() -> Request<'static> {
    Request::Query(Query { cql: CQL, parameters: parameters() })
}

impl Client {
    pub(crate) async fn ask(&mut self, stream: i16) {
        self.send(&query(), stream, FrameFlags::NONE).await;
    }

    pub(crate) async fn streams(&mut self, count: usize) -> Vec<i16> {
        let mut streams = Vec::new();
        for _ in 0..count {
            streams.push(self.receive().await.0.stream);
        }
        streams
    }
}

#[tokio::test]
async fn a_dropped_answer_never_comes_though_its_request_is_carried_out() {
    let (cluster, address) = one().await;
    let mut client = Client::connect(address).await;
    client.use_keyspace().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    let dropped = cluster.inject(Fault::drop_answers().matching("INSERT"));
    let insert = Query { cql: "INSERT INTO t (k) VALUES (1)", parameters: parameters() };
    client.send(&Request::Query(insert), 7, FrameFlags::NONE).await;
    client.ask(8).await;
    assert_eq!(client.streams(1).await, [8]);
    assert_eq!(dropped.strikes(), 1);
    drop(dropped);
    assert_eq!(client.rows("SELECT * FROM t").await.count, 1);
}

#[tokio::test]
async fn an_answer_may_come_twice() {
    let (cluster, address) = one().await;
    for version in [V4, V5] {
        let mut client = Client::connect_with(address, version, None).await;
        let _twice = cluster.inject(Fault::duplicate_answers().times(1));
        client.ask(5).await;
        client.ask(6).await;
        assert_eq!(client.streams(3).await, [5, 5, 6]);
    }
}

#[tokio::test]
async fn an_answer_may_come_on_a_stream_that_nobody_asked_on() {
    let (cluster, address) = one().await;
    let mut client = Client::connect(address).await;
    let _wrong = cluster.inject(Fault::wrong_stream().times(1));
    client.ask(5).await;
    assert_eq!(client.streams(1).await, [0x4005]);
}

#[tokio::test]
async fn an_answer_may_announce_more_than_a_frame_can_hold() {
    let (cluster, address) = one().await;
    for version in [V4, V5] {
        let mut client = Client::connect_with(address, version, None).await;
        let _huge = cluster.inject(Fault::oversized_length().times(1));
        client.ask(5).await;
        let frame = client.frame_bytes(FrameHeader::LENGTH).await;
        let refused = FrameHeader::decode(&frame).unwrap_err().to_string();
        assert!(refused.contains("2139062143"), "{refused}");
    }
}

#[tokio::test]
async fn a_segment_may_not_match_its_checksum() {
    let (cluster, address) = one().await;
    let mut client = Client::connect_v5(address).await;
    let wrong = cluster.inject(Fault::wrong_checksum());
    client.ask(5).await;
    let mut bytes = client.bytes(64).await;
    let damaged = SegmentDecoder::new(SegmentFormat::Plain).decode(&mut bytes);
    assert!(matches!(damaged, Err(SegmentError::PayloadChecksum { .. })), "{damaged:?}");
    let mut client = Client::connect(address).await;
    client.ask(5).await;
    assert_eq!(client.streams(1).await, [5]);
    assert!(wrong.strikes() >= 2);
}

#[tokio::test]
async fn a_segment_header_may_not_match_its_checksum() {
    let (cluster, address) = one().await;
    for (compression, format) in
        [(None, SegmentFormat::Plain), (Some(Compression::Lz4), SegmentFormat::Lz4)]
    {
        let mut client = Client::connect_with(address, V5, compression).await;
        let _wrong = cluster.inject(Fault::wrong_header_checksum().times(1));
        client.ask(5).await;
        let mut bytes = client.bytes(16).await;
        let damaged = SegmentDecoder::new(format).decode(&mut bytes);
        assert!(matches!(damaged, Err(SegmentError::HeaderChecksum)), "{damaged:?}");
    }
}

#[tokio::test]
async fn a_node_claims_to_have_forgotten_what_was_prepared() {
    let (cluster, address) = one().await;
    let mut client = Client::connect(address).await;
    client.use_keyspace().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    let insert = client.prepare("INSERT INTO t (k) VALUES (?)").await;
    let forgetful = cluster.inject(Fault::unprepared().times(2));
    client.rows(CQL).await;
    let unprepared = ErrorKind::Unprepared { id: insert.id.clone() };
    let failed = error(client.execute(&insert, &(1,)).await);
    assert_eq!(failed.kind, unprepared);
    assert!(failed.message.starts_with("Prepared query with ID "));
    let values = BoundValues::encode(&(1,), &insert.metadata.columns).unwrap();
    let batch = Request::Batch(Batch {
        kind: BatchKind::Logged,
        statements: vec![BatchStatement {
            statement: Statement::Prepared(&insert.id),
            values: values.as_values(),
        }],
        parameters: parameters(),
    });
    assert_eq!(error(client.call(&batch).await).kind, unprepared);
    assert_eq!(forgetful.strikes(), 2);
    assert_eq!(client.rows("SELECT * FROM t").await.count, 0);
    assert_eq!(client.call(&batch).await, Response::Void);
}

#[tokio::test]
async fn garbage_is_random_and_the_same_for_the_same_seed() {
    let (cluster, address) = one().await;
    let mut seen = Vec::new();
    for seed in [1, 1, 2] {
        let mut client = Client::connect(address).await;
        let _garbage = cluster.inject(Fault::garbage(64).seed(seed));
        client.ask(5).await;
        seen.push(client.bytes(64).await);
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
}

#[tokio::test]
async fn a_connection_may_end_in_the_place_of_an_answer_or_within_it() {
    let (cluster, address) = one().await;
    for version in [V4, V5] {
        let mut client = Client::connect_with(address, version, None).await;
        let whole = {
            client.ask(1).await;
            client.frame_bytes(FrameHeader::LENGTH).await.len()
        };
        for (fault, least) in [(Fault::close(), 0), (Fault::close_mid_frame(), whole / 4)] {
            let mut client = Client::connect_with(address, version, None).await;
            let _closing = cluster.inject(fault);
            client.ask(5).await;
            let rest = client.rest().await.unwrap();
            assert!(rest.len() >= least && rest.len() < whole, "{} bytes", rest.len());
            assert_eq!(rest.is_empty(), least == 0);
        }
    }
    let mut client = Client::connect(address).await;
    let _reset = cluster.inject(Fault::reset());
    client.ask(5).await;
    assert_eq!(client.rest().await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn errors_of_any_kind_come_for_the_next_statements_that_match() {
    let (cluster, address) = one().await;
    let mut client = Client::connect(address).await;
    client.use_keyspace().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    let insert = client.prepare("INSERT INTO t (k) VALUES (?)").await;
    let timed_out = ErrorKind::WriteTimeout {
        consistency: Consistency::Quorum,
        received: 1,
        required: 2,
        write_type: WriteType::Simple,
        contentions: None,
    };
    for kind in [timed_out, ErrorKind::Overloaded, ErrorKind::IsBootstrapping] {
        let fault = Fault::error(kind.clone()).matching("INTO t").times(2);
        let failing = cluster.nodes()[0].inject(fault);
        assert_eq!(client.rows(CQL).await.count, 1);
        assert_eq!(error(client.execute(&insert, &(1,)).await).kind, kind);
        assert_eq!(client.error("INSERT INTO t (k) VALUES (1)").await.kind, kind);
        assert_eq!(failing.strikes(), 2);
        assert_eq!(client.rows("SELECT * FROM t").await.count, 0);
    }
    client.run("INSERT INTO t (k) VALUES (1)").await;
    let seen = cluster.nodes()[0].statements();
    let inserts = seen.iter().filter(|statement| statement.cql.starts_with("INSERT"));
    assert_eq!(inserts.count(), 7);
}

#[tokio::test]
async fn chance_decides_as_the_seed_has_it() {
    let (cluster, address) = one().await;
    let mut client = Client::connect(address).await;
    let mut series = Vec::new();
    for _ in 0..2 {
        let fault = Fault::error(ErrorKind::Overloaded).with_probability(0.3).seed(5);
        let failing = cluster.inject(fault);
        let mut failed = Vec::new();
        for _ in 0..100 {
            failed.push(matches!(client.query(CQL).await, Response::Error(_)));
        }
        assert_eq!(
            usize::try_from(failing.strikes()).unwrap(),
            failed.iter().filter(|f| **f).count()
        );
        assert!((15..45).contains(&failing.strikes()), "{}", failing.strikes());
        series.push(failed);
    }
    assert_eq!(series[0], series[1]);
    let _never = cluster.inject(Fault::error(ErrorKind::Overloaded).with_probability(0.0));
    assert_eq!(client.rows(CQL).await.count, 1);
}

#[tokio::test]
async fn a_fault_strikes_where_it_is_injected_until_it_is_dropped() {
    let cluster =
        EmbeddedCluster::builder().datacenter("dc1", 1).datacenter("dc2", 2).start().await.unwrap();
    let dc2 = cluster.datacenter("dc2").unwrap();
    assert_eq!(dc2.nodes().len(), 2);
    let overloaded = || Fault::error(ErrorKind::Overloaded).to(Opcode::Query);
    let failing = dc2.inject(overloaded());
    let mut answers = Vec::new();
    for address in cluster.addresses() {
        let mut client = Client::connect(address).await;
        answers.push(matches!(client.query(CQL).await, Response::Error(_)));
        assert!(matches!(client.call(&Request::Options).await, Response::Supported(_)));
    }
    assert_eq!(answers, [false, true, true]);
    drop(failing);
    let mut client = Client::connect(cluster.addresses()[2]).await;
    assert_eq!(client.rows(CQL).await.count, 1);
    cluster.nodes()[2].inject(overloaded()).leave();
    assert_eq!(client.error(CQL).await.kind, ErrorKind::Overloaded);
    let missing = cluster.datacenter("dc3");
    assert!(matches!(missing, Err(ClusterError::NoSuchDatacenter { name }) if name == "dc3"));
}
