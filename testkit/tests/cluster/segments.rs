//! Version 5.

use std::net::SocketAddr;

use helenus_protocol::{
    Compression, ErrorKind, Execute, FrameFlags, Prepare, Query, QueryParameters, Register,
    Request, Response, Startup,
};
use helenus_testkit::EmbeddedCluster;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Client, V4, V5, error, parameters, rows, typed};

async fn v5() -> (EmbeddedCluster, SocketAddr) {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let address = cluster.addresses()[0];
    (cluster, address)
}

#[tokio::test]
async fn values_of_any_size_pass_in_plain_and_in_compressed_segments() {
    let (_cluster, address) = v5().await;
    for compression in [None, Some(Compression::Lz4)] {
        let mut client = Client::connect_with(address, V5, compression).await;
        client.use_keyspace().await;
        client.run("CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY, v blob)").await;
        let insert = client.prepare("INSERT INTO t (k, v) VALUES (?, ?)").await;
        for (key, length) in [(0, 0), (1, 131_000), (2, 131_071), (3, 131_072), (4, 1_000_000)] {
            let value = vec![u8::try_from(key).unwrap(); length];
            let done = client.execute(&insert, &(key, value.clone())).await;
            assert_eq!(done, Response::Void);
            let cql = format!("SELECT v FROM t WHERE k = {key}");
            assert_eq!(client.select::<(Vec<u8>,)>(&cql).await, [(value,)]);
        }
    }
}

#[tokio::test]
async fn many_requests_may_share_a_segment() {
    let (_cluster, address) = v5().await;
    let mut client = Client::connect_v5(address).await;
    let cql = "SELECT key FROM system.local";
    let query = Request::Query(Query { cql, parameters: parameters() });
    let mut bytes = Vec::new();
    for stream in 1..=50 {
        bytes.extend(client.encode(&query, stream, FrameFlags::NONE));
    }
    client.stream.write_all(&bytes).await.unwrap();
    for stream in 1..=50 {
        let (header, body) = client.receive().await;
        assert_eq!((header.stream, header.version), (stream, V5));
        assert_eq!(rows(body.response).count, 1);
    }
}

#[tokio::test]
async fn a_damaged_segment_is_told_on_stream_zero_and_ends_the_connection() {
    let (_cluster, address) = v5().await;
    for damaged in [0, 10] {
        let mut client = Client::connect_v5(address).await;
        let request = Request::Register(Register::all());
        let mut bytes = client.encode(&request, 7, FrameFlags::NONE);
        bytes[damaged] ^= 0x10;
        client.stream.write_all(&bytes).await.unwrap();
        let (header, body) = client.receive().await;
        assert_eq!(header.stream, 0);
        let error = error(body.response);
        assert_eq!(error.kind, ErrorKind::ProtocolError);
        assert!(error.message.contains("checksum"), "{error}");
        assert_eq!(client.stream.read(&mut [0; 16]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_connection_keeps_to_the_version_of_its_startup() {
    let (_cluster, address) = v5().await;
    let mut client = Client::connect_with(address, V4, None).await;
    client.stream.write_all(&[5, 0, 0, 7, 5, 0, 0, 0, 0]).await.unwrap();
    assert_eq!(
        error(client.receive().await.1.response).message,
        "Invalid message version. Got 5/v5 but previous messages on this connection had version 4/v4"
    );
}

#[tokio::test]
async fn snappy_is_for_v4_only_and_a_password_travels_in_a_segment() {
    let cluster =
        EmbeddedCluster::builder().authentication("ada", "lovelace").start().await.unwrap();
    let mut client = Client::open_v5(cluster.addresses()[0]).await;
    let snappy = Request::Startup(Startup::new(Some(Compression::Snappy)));
    let refused = error(client.call(&snappy).await);
    assert_eq!(refused.message, "Snappy compression is not supported in protocol V5");
    assert_eq!(client.log_in("ada", "lovelace").await, Response::AuthSuccess(None));
    assert_eq!(client.rows("SELECT key FROM system.local").await.count, 1);
}

#[tokio::test]
async fn events_come_in_segments() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let mut watcher = Client::connect_v5(cluster.addresses()[0]).await;
    watcher.register().await;
    cluster.stop(1).await.unwrap();
    assert_eq!(watcher.event().await.name(), "STATUS_CHANGE");
}

#[tokio::test]
async fn whoever_holds_old_columns_gets_the_new_ones_with_their_id() {
    let (_cluster, address) = v5().await;
    let mut client = Client::connect_v5(address).await;
    client.use_keyspace().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int)").await;
    client.run("INSERT INTO t (k, v) VALUES (1, 2)").await;
    let select = client.prepare("SELECT * FROM t").await;
    let held = select.result_metadata_id.clone().unwrap();
    let insert = client.prepare("INSERT INTO t (k) VALUES (1) IF NOT EXISTS").await;
    let of_nothing = insert.result_metadata_id.clone().unwrap();
    assert_eq!(of_nothing[..4], [0xD4, 0x1D, 0x8C, 0xD9]);

    let skip = QueryParameters { skip_metadata: true, ..parameters() };
    let request = Request::Execute(Execute {
        id: &select.id,
        result_metadata_id: Some(&held),
        parameters: skip.clone(),
    });
    let current = rows(client.call(&request).await).metadata;
    assert_eq!((current.columns, current.new_metadata_id), (None, None));

    client.run("DROP TABLE t").await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v text, w int)").await;
    client.run("INSERT INTO t (k, v) VALUES (1, 'a')").await;
    let again = client.prepare("SELECT * FROM t").await;
    assert_eq!(again.id, select.id);
    let changed = rows(client.call(&request).await);
    assert_eq!(changed.metadata.new_metadata_id, again.result_metadata_id);
    assert_eq!(typed::<(i32, String, Option<i32>)>(&changed), [(1, "a".to_owned(), None)]);

    // Rows that tell whether a condition held are nobody's to keep.
    let insert = client.prepare("INSERT INTO t (k) VALUES (1) IF NOT EXISTS").await;
    let applied = Request::Execute(Execute {
        id: &insert.id,
        result_metadata_id: Some(&of_nothing),
        parameters: skip,
    });
    let metadata = rows(client.call(&applied).await).metadata;
    assert!(metadata.columns.is_some() && metadata.new_metadata_id.is_none());
}

#[tokio::test]
async fn a_request_may_name_its_keyspace_and_its_time() {
    let (_cluster, address) = v5().await;
    let mut client = Client::connect_v5(address).await;
    client.use_keyspace().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int)").await;
    let mut client = Client::connect_v5(address).await;
    assert_eq!(client.error("SELECT * FROM t").await.kind, ErrorKind::Invalid);
    let in_ks = |now| QueryParameters { keyspace: Some("ks"), now_in_seconds: now, ..parameters() };
    let insert = "INSERT INTO t (k, v) VALUES (1, 2) USING TTL 100";
    assert_eq!(client.query_with(insert, in_ks(Some(1_000_000))).await, Response::Void);
    for (now, left) in [(1_000_040, Some(60)), (1_000_099, Some(1)), (1_000_100, None)] {
        let answer = client.query_with("SELECT ttl(v) FROM t", in_ks(Some(now))).await;
        let ttl: Vec<(Option<i32>,)> = typed(&rows(answer));
        assert_eq!(ttl.first().copied(), left.map(|left| (Some(left),)));
    }
    let prepare = Request::Prepare(Prepare { cql: "SELECT * FROM t", keyspace: Some("ks") });
    assert!(matches!(client.call(&prepare).await, Response::Prepared(_)));
    let prepare = Request::Prepare(Prepare { cql: "SELECT * FROM t", keyspace: Some("other") });
    assert_eq!(error(client.call(&prepare).await).kind, ErrorKind::Invalid);
}
