//! A proxy between a client and a node.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use helenus_protocol::{
    Compression, ErrorKind, Event, FrameFlags, Request, Response, Startup, StatusChange,
};
use helenus_testkit::{EmbeddedCluster, Fault, Proxy, ProxyError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Client, V4, V5, error};
use crate::faults::CQL;

async fn proxied() -> (EmbeddedCluster, Proxy, SocketAddr) {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let proxy = Proxy::to(cluster.addresses()[0]).start().await.unwrap();
    let address = proxy.address();
    (cluster, proxy, address)
}

#[tokio::test]
async fn values_of_any_size_pass_in_every_version_and_compression() {
    let (_cluster, _proxy, address) = proxied().await;
    for (version, compression) in [
        (V4, None),
        (V4, Some(Compression::Lz4)),
        (V4, Some(Compression::Snappy)),
        (V5, None),
        (V5, Some(Compression::Lz4)),
    ] {
        let mut client = Client::connect_with(address, version, compression).await;
        client.use_keyspace().await;
        client.run("CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY, v blob)").await;
        let insert = client.prepare("INSERT INTO t (k, v) VALUES (?, ?)").await;
        for (key, length) in [(0, 0), (1, 131_071), (2, 3_000_000)] {
            let value = vec![u8::try_from(key).unwrap(); length];
            assert_eq!(client.execute(&insert, &(key, value.clone())).await, Response::Void);
            let cql = format!("SELECT v FROM t WHERE k = {key}");
            assert_eq!(client.select::<(Vec<u8>,)>(&cql).await, [(value,)]);
        }
    }
}

#[tokio::test]
async fn events_and_logins_pass() {
    let builder = EmbeddedCluster::builder().datacenter("dc1", 2).authentication("ada", "lovelace");
    let cluster = builder.start().await.unwrap();
    let proxy = Proxy::to(cluster.addresses()[0]).start().await.unwrap();
    for open in [Client::open(proxy.address()).await, Client::open_v5(proxy.address()).await] {
        let mut client = open;
        assert_eq!(client.log_in("ada", "lovelace").await, Response::AuthSuccess(None));
        client.register().await;
        cluster.stop(1).await.unwrap();
        assert!(matches!(client.event().await, Event::Status(StatusChange::Down, _)));
        cluster.restart(1).await.unwrap();
    }
    cluster.shutdown().await;
    proxy.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_refused_request_does_not_reach_the_node() {
    let (cluster, proxy, address) = proxied().await;
    for version in [V4, V5] {
        let mut client = Client::connect_with(address, version, None).await;
        let mut other = Client::connect_with(address, version, None).await;
        let select = client.prepare(CQL).await;
        cluster.forget_statements();
        let overloaded = Fault::error(ErrorKind::Overloaded).matching("FROM system.local").times(2);
        let fault = proxy.inject(overloaded);
        // By the text of what was prepared, on whatever connection.
        for client in [&mut client, &mut other] {
            assert_eq!(error(client.execute(&select, &()).await).kind, ErrorKind::Overloaded);
        }
        assert_eq!(fault.strikes(), 2);
        cluster.requests().executing("system.local").assert_none();
        let unprepared = proxy.inject(Fault::unprepared().times(1));
        let refused = error(client.execute(&select, &()).await);
        assert_eq!(refused.kind, ErrorKind::Unprepared { id: select.id.clone() });
        drop((fault, unprepared));
        assert!(matches!(client.execute(&select, &()).await, Response::Rows(_)));
    }
}

#[tokio::test]
async fn answers_are_delayed_dropped_and_doubled() {
    let (_cluster, proxy, address) = proxied().await;
    for (version, compression) in [(V4, None), (V5, Some(Compression::Lz4))] {
        let mut client = Client::connect_with(address, version, compression).await;
        let delay = Duration::from_millis(30);
        let slow = proxy.inject(Fault::delay(delay).times(1));
        let start = Instant::now();
        client.ask(1).await;
        client.ask(2).await;
        assert_eq!(client.streams(2).await, [2, 1]);
        assert!(start.elapsed() >= delay);
        let dropped = proxy.inject(Fault::drop_answers().times(1));
        let doubled = proxy.inject(Fault::duplicate_answers());
        client.ask(3).await;
        client.ask(4).await;
        assert_eq!(client.streams(2).await, [4, 4]);
        drop((slow, dropped, doubled));
        assert_eq!(client.rows(CQL).await.count, 1);
    }
}

#[tokio::test]
async fn answers_are_spoilt_and_connections_end() {
    let (cluster, proxy, address) = proxied().await;
    let spoilt = async |version, fault: Fault| {
        let mut client = Client::connect_with(address, version, None).await;
        let _fault = proxy.inject(fault);
        client.ask(1).await;
        client.bytes(12).await.to_vec()
    };
    assert_eq!(spoilt(V4, Fault::wrong_stream()).await[2..4], [0x40, 1]);
    assert_eq!(spoilt(V4, Fault::oversized_length()).await[5..9], [0x7F; 4]);
    assert_eq!(
        spoilt(V4, Fault::garbage(20).seed(3)).await,
        spoilt(V5, Fault::garbage(20).seed(3)).await
    );
    let mut segments = Vec::new();
    for fault in [Fault::delay(Duration::ZERO), Fault::wrong_checksum()] {
        let mut client = Client::connect_v5(address).await;
        let _fault = proxy.inject(fault);
        client.ask(1).await;
        // The header of a segment tells how long its payload is; both have checksums.
        let mut segment = client.bytes(6).await.to_vec();
        let length = 6 + usize::from(segment[0]) + 4;
        segment.extend(client.bytes(length - segment.len()).await);
        segments.push(segment);
    }
    let [right, wrong] = &segments[..] else { panic!() };
    assert_eq!(right[..right.len() - 1], wrong[..wrong.len() - 1]);
    assert_eq!(right.last().unwrap() ^ 0xFF, *wrong.last().unwrap());

    for (fault, whole) in [(Fault::close(), false), (Fault::close_mid_frame(), true)] {
        let mut client = Client::connect(address).await;
        let _fault = proxy.inject(fault);
        client.ask(1).await;
        assert_eq!(!client.rest().await.unwrap().is_empty(), whole);
    }
    let mut client = Client::connect(address).await;
    let reset = proxy.inject(Fault::reset());
    client.ask(1).await;
    let error = client.rest().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    drop(reset);
    // What the node was asked, it did.
    cluster.requests().executing("system.local").assert_count(9);
}

#[tokio::test]
async fn connections_are_limited_hang_and_are_not_read() {
    let (cluster, proxy, address) = proxied().await;
    let mut first = Client::connect(address).await;
    let connection = proxy.connections()[0].id;
    let limit = proxy.inject(Fault::connection_limit(1));
    let mut turned_away = TcpStream::connect(address).await.unwrap();
    assert_eq!(turned_away.read(&mut [0]).await.unwrap(), 0);
    drop(limit);
    let hung = proxy.inject(Fault::hang_startup());
    let mut outside = Client::open(address).await;
    outside.send(&Request::Startup(Startup::new(None)), 1, FrameFlags::NONE).await;
    while hung.strikes() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(first.rows(CQL).await.count, 1);
    drop(hung);
    let paused = proxy.inject(Fault::pause_reads().on_connection(connection));
    first.ask(3).await;
    assert_eq!(Client::connect(address).await.rows(CQL).await.count, 1);
    assert!(timeout(Duration::from_millis(20), first.receive()).await.is_err());
    drop(paused);
    assert_eq!(first.streams(1).await, [3]);
    drop((first, outside));
    let closed = |cluster: &EmbeddedCluster| cluster.connections().is_empty();
    cluster.wait_until(Duration::from_secs(10), closed).await.unwrap();
    assert!(proxy.connections().is_empty());
}

#[tokio::test]
async fn what_is_not_understood_is_passed_on_as_it_is() {
    let (cluster, proxy, address) = proxied().await;
    let _fault = proxy.inject(Fault::error(ErrorKind::Overloaded));
    for bytes in [&[3, 0, 0, 7, 5, 0, 0, 0, 0][..], b"\x16\x03\x01\x00\x05hello"] {
        let mut answers = Vec::new();
        for address in [address, cluster.addresses()[0]] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            answers.push(answer);
        }
        assert!(!answers[0].is_empty());
        assert_eq!(answers[0], answers[1]);
    }
}

#[tokio::test]
async fn a_node_that_is_away_or_goes_ends_the_client_s_connection() {
    let (cluster, proxy, address) = proxied().await;
    let mut client = Client::connect(address).await;
    cluster.stop(0).await.unwrap();
    assert_eq!(client.rest().await.unwrap(), b"");
    let mut refused = TcpStream::connect(address).await.unwrap();
    assert!(refused.read(&mut [0]).await.is_ok_and(|read| read == 0));
    cluster.restart(0).await.unwrap();
    assert_eq!(Client::connect(address).await.rows(CQL).await.count, 1);

    let taken = Proxy::to(cluster.addresses()[0]).listen(proxy.address()).start().await;
    assert!(matches!(taken, Err(ProxyError::Bind { address: at, .. }) if at == address));
    proxy.shutdown().await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
