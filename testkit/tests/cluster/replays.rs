//! What a proxy recorded, and what it answers later.

use std::fs;
use std::time::{Duration, Instant};

use helenus_protocol::{
    Compression, ErrorKind, FrameFlags, FrameHeader, Opcode, ProtocolVersion, QueryParameters,
    Request, Response,
};
use helenus_testkit::{
    EmbeddedCluster, Fault, Proxy, RecordFileError, RecordedDirection, Recording, Replay,
};

use crate::client::{Client, V4, V5, error, parameters};
use crate::directory::Directory;

const READ: &str = "SELECT v FROM ks.t WHERE k = 1";

/// Asks through a proxy that records.
async fn record(path: &str, version: ProtocolVersion, compression: Option<Compression>) {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let proxy = Proxy::to(cluster.addresses()[0]).record(path).start().await.unwrap();
    let slow = Fault::delay(Duration::from_millis(40)).matching("FROM ks.t");
    let _slow = cluster.inject(slow);
    let mut client = Client::connect_with(proxy.address(), version, compression).await;
    client.use_keyspace().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v text)").await;
    let insert = client.prepare("INSERT INTO t (k, v) VALUES (?, ?)").await;
    for text in ["before", "after"] {
        assert_eq!(client.execute(&insert, &(1, text.repeat(100))).await, Response::Void);
        client.rows(READ).await;
    }
    drop(client);
    proxy.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_client_that_asks_the_same_hears_the_same_without_a_node() {
    let directory = Directory::new();
    for (version, compression) in [(V4, Some(Compression::Snappy)), (V5, Some(Compression::Lz4))] {
        let path = directory.path("a.rec");
        record(&path, version, compression).await;
        let replay = Replay::of(Recording::open(&path).unwrap()).start().await.unwrap();
        // Compression is what this client asks for.
        for compression in [None, Some(Compression::Lz4)] {
            let mut client = Client::connect_with(replay.address(), version, compression).await;
            let insert = client.prepare("INSERT INTO t (k, v) VALUES (?, ?)").await;
            assert_eq!(client.execute(&insert, &(1, "after".repeat(100))).await, Response::Void);
            let timed = QueryParameters { timestamp: Some(7), ..parameters() };
            client.query_with(READ, timed).await;
            assert_eq!(client.select::<(String,)>(READ).await, [("after".repeat(100),)]);
            let missing = error(client.execute(&insert, &(2, "other")).await);
            assert_eq!(missing.kind, ErrorKind::Invalid);
            let unknown = client.error("SELECT v FROM ks.u").await.message;
            assert_eq!(unknown, "the recording has no answer to QUERY: SELECT v FROM ks.u");
        }
        let unanswered = replay.unanswered();
        assert_eq!(unanswered.len(), 4);
        assert!(unanswered[0].starts_with("EXECUTE of "), "{unanswered:?}");
        replay.shutdown().await;
    }
}

#[tokio::test]
async fn answers_come_in_their_order_and_in_their_time() {
    let directory = Directory::new();
    let path = directory.path("a.rec");
    record(&path, V5, None).await;
    let recording = Recording::open(&path).unwrap();
    let replay = Replay::of(recording.clone()).keep_time().start().await.unwrap();
    let mut client = Client::connect_v5(replay.address()).await;
    let start = Instant::now();
    for expected in ["before", "after", "after"] {
        assert_eq!(client.select::<(String,)>(READ).await, [(expected.repeat(100),)]);
    }
    assert!(start.elapsed() >= Duration::from_millis(120));

    let mut old = Client::open(replay.address()).await;
    old.send(&Request::Options, 1, FrameFlags::NONE).await;
    assert_eq!(
        error(old.receive().await.1.response).message,
        "Invalid or unsupported protocol version (4); the recording has v5"
    );
}

#[tokio::test]
async fn a_recording_holds_frames_as_they_were_meant_and_no_passwords() {
    let directory = Directory::new();
    let path = directory.path("a.rec");
    let builder = EmbeddedCluster::builder().authentication("ada", "lovelace");
    let cluster = builder.start().await.unwrap();
    let proxy = Proxy::to(cluster.addresses()[0]).record(&path).start().await.unwrap();
    let mut client = Client::open_v5(proxy.address()).await;
    client.log_in("ada", "lovelace").await;
    client.query("SELECT key FROM system.local").await;
    drop(client);
    proxy.shutdown().await.unwrap();

    let content = fs::read(&path).unwrap();
    assert_eq!(content[..10], *b"HELENREC\0\x01");
    assert!(!content.windows(8).any(|part| part == b"lovelace"));
    let recording = Recording::open(&path).unwrap();
    assert_eq!(recording.cut_off(), 0);
    let frames: Vec<_> = recording
        .frames()
        .iter()
        .map(|frame| {
            let header = FrameHeader::decode(&frame.frame).unwrap().unwrap();
            assert_eq!(frame.frame.len(), FrameHeader::LENGTH + header.length as usize);
            assert_eq!(frame.connection, 1);
            (frame.direction, header.opcode)
        })
        .collect();
    let (asked, answered) = (RecordedDirection::Request, RecordedDirection::Answer);
    let expected = [
        (asked, Opcode::Startup),
        (answered, Opcode::Authenticate),
        (asked, Opcode::AuthResponse),
        (answered, Opcode::AuthSuccess),
        (asked, Opcode::Query),
        (answered, Opcode::Result),
    ];
    assert_eq!(frames, expected);
    assert!(recording.frames().is_sorted_by_key(|frame| frame.at));
}

#[tokio::test]
async fn a_recording_that_was_broken_off_is_read_up_to_there_and_a_damaged_one_refused() {
    let directory = Directory::new();
    let path = directory.path("a.rec");
    record(&path, V4, None).await;
    let content = fs::read(&path).unwrap();
    let frames = Recording::open(&path).unwrap().frames().len();
    fs::write(&path, &content[..content.len() - 40]).unwrap();
    let cut = Recording::open(&path).unwrap();
    assert!(cut.cut_off() > 0 && cut.frames().len() < frames);

    let mut damaged = content.clone();
    damaged[200] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let error = Recording::open(&path).unwrap_err();
    assert!(matches!(error, RecordFileError::Damaged { .. }), "{error}");
    fs::write(&path, b"SELECT * FROM t").unwrap();
    let error = Recording::open(&path).unwrap_err();
    assert_eq!(error.to_string(), format!("{path} is not a recording"));
    let error = Recording::open(directory.path("none.rec")).unwrap_err();
    assert!(matches!(error, RecordFileError::Io { doing: "read", .. }), "{error}");

    let nowhere = directory.path("no/where.rec");
    let started = Proxy::to(([127, 0, 0, 1], 9042).into()).record(&nowhere).start().await;
    assert!(started.unwrap_err().to_string().contains(&nowhere));
}
