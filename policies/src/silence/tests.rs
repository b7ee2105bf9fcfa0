//! Nodes in virtual time, to which requests go all the time, and which pause or freeze.

use super::*;
use crate::random::{below, draw, unit};

const MS: Duration = Duration::from_millis(1);
const LOOK: u32 = 50;

/// A node that answers a request after `latency` milliseconds, unless it is paused.
struct Responder {
    latency: u32,
    /// Milliseconds from when to when it does nothing.
    pauses: Vec<(u32, u32)>,
    /// When the requests in flight were sent.
    sent: Vec<u32>,
    received: u64,
}

impl Responder {
    fn new(latency: u32, pauses: Vec<(u32, u32)>) -> Self {
        Self { latency, pauses, sent: vec![], received: 0 }
    }

    fn step(&mut self, millis: u32, request: bool) {
        self.sent.extend(request.then_some(millis));
        let past = self.pauses.partition_point(|(_, until)| *until <= millis);
        if self.pauses.get(past).is_some_and(|(from, _)| *from <= millis) {
            return;
        }
        let before = self.sent.len();
        self.sent.retain(|sent| sent + self.latency > millis);
        self.received += (before - self.sent.len()) as u64;
    }
}

/// When the first of two nodes is suspected, and when no longer, in milliseconds. `looks` says whether the client is
/// awake.
fn suspicions(
    mut nodes: [Responder; 2],
    until: u32,
    requests_per_second: f64,
    is_awake: impl Fn(u32) -> bool,
) -> Vec<u32> {
    let start = Instant::now();
    let mut detector = SilenceDetector::new(start);
    let mut changes = Vec::new();
    for millis in 0..until {
        for (node, salt) in nodes.iter_mut().zip(0_u64..) {
            let random = unit(draw(salt, millis.into()));
            node.step(millis, is_awake(millis) && random < requests_per_second / 1e3);
        }
        if millis % LOOK == 0 && is_awake(millis) {
            let traffic = Traffic {
                in_flight: nodes[0].sent.len(),
                received: nodes[0].received,
                in_flight_to_others: nodes[1].sent.len(),
                received_from_others: nodes[1].received,
                usual: Some(nodes[0].latency * MS),
            };
            let before = detector.is_suspected();
            detector.observe(traffic, start + millis * MS);
            if detector.is_suspected() != before {
                changes.push(millis);
            }
        }
    }
    changes
}

/// Pauses of so long, at random, every two seconds or so.
fn garbage_collections(length: u32, until: u32, salt: u64) -> Vec<(u32, u32)> {
    let mut pauses = Vec::new();
    let mut at = 0;
    for nth in 0.. {
        at += length + below(draw(salt, nth), 4_000) as u32;
        if at > until {
            break;
        }
        pauses.push((at, at + length));
    }
    pauses
}

#[test]
fn an_hour_of_garbage_collections_makes_nobody_suspect() {
    let hour = 3_600_000;
    for requests_per_second in [5.0, 300.0] {
        let node = |salt| Responder::new(2, garbage_collections(200, hour, salt));
        let changes = suspicions([node(1), node(2)], hour, requests_per_second, |_| true);
        assert_eq!(changes, [0_u32; 0], "{requests_per_second} requests a second");
    }
}

#[test]
fn a_frozen_node_is_suspected_well_within_a_second_and_until_it_answers() {
    for (requests_per_second, freeze) in [(20.0, 5_003), (100.0, 5_049), (500.0, 5_000)] {
        let frozen = Responder::new(2, vec![(freeze, 12_000)]);
        let nodes = [frozen, Responder::new(2, vec![])];
        let changes = suspicions(nodes, 20_000, requests_per_second, |_| true);
        let [suspected, cleared] = *changes else { panic!("{changes:?}") };
        assert!((400..=700).contains(&(suspected - freeze)), "after {}", suspected - freeze);
        assert!((12_000..=12_000 + LOOK).contains(&cleared));
    }
}

#[test]
fn a_slow_node_is_given_more_time() {
    let slow = Responder::new(150, vec![(5_000, 5_900)]);
    let changes = suspicions([slow, Responder::new(2, vec![])], 10_000, 50.0, |_| true);
    assert_eq!(changes, [0_u32; 0]);
}

#[test]
fn a_client_that_was_asleep_suspects_nobody() {
    let is_awake = |millis| !(5_000..15_000).contains(&millis);
    // It was asked before the client fell asleep, and answers a little later than the other one once it wakes up.
    let late = Responder::new(2, vec![(4_900, 15_200)]);
    let changes = suspicions([late, Responder::new(2, vec![])], 20_000, 200.0, is_awake);
    assert_eq!(changes, [0_u32; 0]);
}

#[test]
fn when_nobody_answers_nobody_is_suspected() {
    let node = || Responder::new(2, vec![(5_000, 9_000)]);
    assert_eq!(suspicions([node(), node()], 10_000, 200.0, |_| true), [0_u32; 0]);
}

#[test]
fn a_node_that_nothing_was_asked_of_may_be_silent() {
    let start = Instant::now();
    let mut detector = SilenceDetector::new(start);
    for look in 1..1_000 {
        let traffic = Traffic { received_from_others: look.into(), ..Traffic::default() };
        assert_eq!(detector.observe(traffic, start + look * LOOK * MS), Silence::Usual);
    }
}

/// What is made of the silence of a node that all of a client's requests wait for, look by look, where heartbeats to
/// others are answered or not.
fn all_waiting_for_one(others_answer_heartbeats: bool) -> Vec<Silence> {
    let start = Instant::now();
    let mut detector = SilenceDetector::new(start);
    let mut traffic = Traffic { in_flight: 64, received: 9, ..Traffic::default() };
    let look = |look: u32| {
        let silence = detector.observe(traffic, start + look * LOOK * MS);
        match (silence, others_answer_heartbeats) {
            (Silence::Doubtful, true) => traffic.received_from_others = 1,
            (Silence::Doubtful, false) => traffic.in_flight_to_others = 1,
            _ => {}
        }
        silence
    };
    (1..=40).map(look).collect()
}

#[test]
fn a_node_that_everything_waits_for_is_suspected_once_others_answer_heartbeats() {
    let silences = all_waiting_for_one(true);
    let suspected = silences.iter().position(|silence| *silence == Silence::Suspect);
    assert!(suspected.is_some_and(|look| look <= 12), "{silences:?}");
}

#[test]
fn where_heartbeats_to_others_are_not_answered_either_it_is_the_network() {
    let silences = all_waiting_for_one(false);
    assert!(!silences.contains(&Silence::Suspect), "{silences:?}");
}
