//! Answers that come later.

use std::time::{Duration, Instant};

use helenus_protocol::FrameFlags;
use helenus_testkit::Fault;
use tokio::io::AsyncWriteExt;

use crate::client::{Client, V4, V5};
use crate::faults::{one, query};

#[tokio::test]
async fn a_delayed_answer_keeps_no_other_waiting() {
    let (cluster, address) = one().await;
    for version in [V4, V5] {
        let mut client = Client::connect_with(address, version, None).await;
        let delay = Duration::from_millis(30);
        let slow = cluster.nodes()[0].inject(Fault::delay(delay).times(2));
        let asked = Instant::now();
        for stream in 1..=3 {
            client.ask(stream).await;
        }
        assert_eq!(client.streams(3).await, [3, 1, 2]);
        assert!(asked.elapsed() >= delay);
        assert_eq!(slow.strikes(), 2);
    }
}

#[tokio::test]
async fn delays_differ_and_a_seed_repeats_them() {
    let (cluster, address) = one().await;
    let mut orders = Vec::new();
    for seed in [1, 1, 2] {
        let jitter = Fault::jittered_delay(Duration::ZERO..Duration::from_millis(400)).seed(seed);
        let mut client = Client::connect(address).await;
        let _slow = cluster.inject(jitter);
        let mut bytes = Vec::new();
        for stream in 1..=4 {
            bytes.extend(client.encode(&query(), stream, FrameFlags::NONE));
        }
        client.stream.write_all(&bytes).await.unwrap();
        orders.push(client.streams(4).await);
    }
    assert_eq!(orders[0], orders[1]);
    assert_ne!(orders[0], orders[2]);
}

/// Queries on these streams, to be sent at once.
fn pipelined(client: &mut Client, streams: &[i16]) -> Vec<u8> {
    streams.iter().flat_map(|stream| client.encode(&query(), *stream, FrameFlags::NONE)).collect()
}

#[tokio::test]
async fn delays_follow_a_table_of_percentiles() {
    let (cluster, address) = one().await;
    let mut client = Client::connect(address).await;
    let (usual, rare) = (Duration::from_millis(1), Duration::from_millis(300));
    let table = [(90.0, usual), (90.0, rare)];
    let _slow = cluster.inject(Fault::delay_percentiles(table).seed(3));
    let asked = Instant::now();
    let streams: Vec<_> = (1..=200).collect();
    let requests = pipelined(&mut client, &streams);
    client.stream.write_all(&requests).await.unwrap();
    let answered = client.streams(200).await;
    assert!(asked.elapsed() >= rare);
    // Those that are delayed alike come in the order in which they were asked.
    let rare = answered.windows(2).position(|pair| pair[1] < pair[0]).unwrap() + 1;
    assert!(answered[rare..].is_sorted());
    assert!((5..40).contains(&(200 - rare)), "{}", 200 - rare);
}

#[tokio::test]
async fn requests_queue_on_a_node_that_works_on_few_at_once() {
    let (cluster, address) = one().await;
    let mut client = Client::connect(address).await;
    let time = Duration::from_millis(10);
    let busy = cluster.inject(Fault::service_time(time, 2));
    let requests = pipelined(&mut client, &[1, 2, 3, 4, 5, 6, 7]);
    let asked = Instant::now();
    client.stream.write_all(&requests).await.unwrap();
    for round in [1, 1, 2, 2, 3, 3, 4] {
        client.receive().await;
        assert!(asked.elapsed() >= time * round, "{round}: {:?}", asked.elapsed());
    }
    assert_eq!(busy.strikes(), 7);
    drop(busy);
    client.ask(1).await;
    assert_eq!(client.streams(1).await, [1]);
}

#[tokio::test]
async fn an_answer_comes_even_long_after_the_client_gave_up() {
    let (cluster, address) = one().await;
    for version in [V4, V5] {
        let mut client = Client::connect_with(address, version, None).await;
        let late = cluster.inject(Fault::delay(Duration::from_millis(80)).times(1));
        client.ask(9).await;
        for stream in 10..40 {
            client.ask(stream).await;
            assert_eq!(client.streams(1).await, [stream]);
        }
        // The fault is over, and what it delayed is not lost.
        drop(late);
        assert_eq!(client.streams(1).await, [9]);
    }
}
