//! Faults of connections rather than of requests.

use std::io::ErrorKind as Io;
use std::time::Duration;

use helenus_protocol::{ErrorKind, Event, FrameFlags, Request, Response, Startup, StatusChange};
use helenus_testkit::{EmbeddedCluster, Fault};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Client, rows};
use crate::faults::{CQL, one, query};

const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_node_that_hangs_at_startup_serves_only_those_it_has() {
    let (cluster, address) = one().await;
    let mut inside = Client::connect(address).await;
    let hung = cluster.nodes()[0].inject(Fault::hang_startup());
    let mut outside = Client::open(address).await;
    let startup = Request::Startup(Startup::new(None));
    outside.send(&startup, 1, FrameFlags::NONE).await;
    while hung.strikes() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(inside.rows(CQL).await.count, 1);
    assert_eq!(cluster.nodes()[0].connections(), 2);
    let answered = timeout(Duration::from_millis(20), outside.bytes(1)).await;
    assert!(answered.is_err());
    drop(hung);
    Client::connect(address).await;
}

#[tokio::test]
async fn a_node_that_does_not_read_still_tells_events() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    client.register().await;
    let paused = cluster.nodes()[0].inject(Fault::pause_reads());
    client.ask(5).await;
    cluster.stop(1).await.unwrap();
    assert!(matches!(client.event().await, Event::Status(..)));
    assert_eq!(cluster.nodes()[0].requests(), 0);
    drop(paused);
    assert_eq!(rows(client.receive().await.1.response).count, 1);
}

#[tokio::test]
async fn a_node_takes_no_more_connections_than_its_limit() {
    let (cluster, address) = one().await;
    let mut first = Client::connect(address).await;
    let limit = cluster.inject(Fault::connection_limit(2));
    let second = Client::connect(address).await;
    let mut third = Client::open(address).await;
    assert!(third.rest().await.unwrap_or_default().is_empty());
    assert_eq!((limit.strikes(), cluster.nodes()[0].connections()), (1, 2));
    assert_eq!(first.rows(CQL).await.count, 1);
    drop(second);
    while cluster.nodes()[0].connections() > 1 {
        tokio::task::yield_now().await;
    }
    Client::connect(address).await;
}

#[tokio::test]
async fn a_node_refuses_connections_beyond_its_limit_and_listens_again_below_it() {
    let (cluster, address) = one().await;
    let first = Client::connect(address).await;
    let limit = cluster.inject(Fault::refuse_connections_beyond(2));
    let mut second = Client::connect(address).await;
    let refused = async || {
        TcpStream::connect(address).await.is_err_and(|e| e.kind() == Io::ConnectionRefused)
    };
    while !refused().await {
        tokio::task::yield_now().await;
    }
    assert_eq!(second.rows(CQL).await.count, 1);
    drop(first);
    cluster.wait_until(LONG, |cluster| cluster.nodes()[0].connections() == 1).await.unwrap();
    while refused().await {
        tokio::task::yield_now().await;
    }
    drop(limit);
    let mut clients = Vec::new();
    while clients.len() < 5 {
        clients.push(Client::connect(address).await);
    }
}

#[tokio::test]
async fn a_fault_may_strike_one_connection_only() {
    let (cluster, address) = one().await;
    let mut struck = Client::connect(address).await;
    let mut spared = Client::connect(address).await;
    struck.register().await;
    let connections = cluster.connections();
    let id = connections.iter().find(|connection| connection.hears_events).unwrap().id;
    assert_eq!(connections.len(), 2);
    assert_eq!(cluster.nodes()[0].clients(), connections);
    let overloaded = Fault::error(ErrorKind::Overloaded).on_connection(id);
    let _fault = cluster.inject(overloaded);
    assert_eq!(struck.error(CQL).await.kind, ErrorKind::Overloaded);
    assert_eq!(spared.rows(CQL).await.count, 1);

    let paused = cluster.inject(Fault::pause_reads().on_connection(id));
    struck.send(&Request::Options, 3, FrameFlags::NONE).await;
    assert_eq!(spared.rows(CQL).await.count, 1);
    let answered = timeout(Duration::from_millis(20), struck.receive()).await;
    assert!(answered.is_err());
    drop(paused);
    assert!(matches!(struck.receive().await.1.response, Response::Supported(_)));
}

#[tokio::test]
async fn the_writes_of_clients_back_up_while_a_node_does_not_read() {
    let (cluster, address) = one().await;
    let mut client = Client::connect(address).await;
    let paused = cluster.inject(Fault::pause_reads());
    let request = client.encode(&query(), 1, FrameFlags::NONE);
    let (requests, bound) = (200_000, Duration::from_millis(100));
    let mut sending = request.repeat(requests);
    let written = timeout(bound, client.stream.write_all(&sending)).await;
    assert!(written.is_err(), "{} bytes went", sending.len());
    assert_eq!(cluster.nodes()[0].requests(), 0);
    drop(paused);
    sending.clear();
    cluster.wait_until(LONG, |cluster| cluster.nodes()[0].requests() > 1000).await.unwrap();
}

#[tokio::test]
async fn a_storm_of_events_reaches_those_who_listen_in_full() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let [first, second] = cluster.addresses()[..] else { panic!() };
    let mut listener = Client::connect(first).await;
    listener.register().await;
    let mut deaf = Client::connect(first).await;
    let event = Event::Status(StatusChange::Up, second);
    cluster.announce(event.clone(), 20_000);
    for _ in 0..20_000 {
        assert_eq!(listener.event().await, event);
    }
    cluster.announce(event.clone(), 1);
    assert_eq!(listener.event().await, event);
    assert_eq!(deaf.rows(CQL).await.count, 1);
}
