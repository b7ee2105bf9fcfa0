use std::time::{Duration, Instant};

use helenus_policies::{
    DcAware, LatencyAware, LeastInFlight, PercentileDelay, ReplicaOrder, RetryBudget, RoundRobin,
    SlowStart, TokenAware,
};

use super::client::Client;
use super::report::Report;
use super::run::run;
use super::scenario::{Scenario, Trouble};

const SECOND: Duration = Duration::from_secs(1);

fn measured(scenario: &Scenario, client: &Client) -> Report {
    run(scenario, client, Instant::now())
}

/// The percentile policy, which is fed while a scenario runs.
fn speculating(client: Client, start: Instant) -> Client {
    client.speculating(PercentileDelay::new(99.0, 1, start)).on_a_budget(start)
}

#[test]
fn one_slow_node_of_four_does_not_show_by_default() {
    let healthy = Scenario::healthy(4, 25 * SECOND);
    let slow = healthy.clone().named("one of 4 slow").with(2, Trouble::Slow(10));
    let calm = measured(&healthy, &Client::standard());
    let default = measured(&slow, &Client::standard());
    let ratio = default.percentile(99).as_secs_f64() / calm.percentile(99).as_secs_f64();
    println!("default: p99 with a slow node is {ratio:.2} times that without");
    assert!(ratio <= 1.5, "{ratio}");
    assert!(default.to_slow() < 0.02, "{}", default.to_slow());

    let round_robin = measured(&slow, &Client::new("round robin", RoundRobin));
    assert!(round_robin.percentile(99) > 10 * default.percentile(99));

    let shuffled = TokenAware::new(DcAware::new("dc1"));
    measured(&slow, &Client::new("shuffled replicas", shuffled.clone()));
    let picked = Client::new("least in flight", LeastInFlight::new(shuffled.clone()));
    let aware = Client::new("latency-aware, shuffled", LatencyAware::new(shuffled));
    for client in [picked, aware] {
        let report = measured(&slow, &client);
        assert!(report.percentile(99) < 4 * calm.percentile(99), "{report}");
    }
}

#[test]
fn in_a_healthy_cluster_the_least_busy_replicas_share_the_load_as_evenly_as_shuffled_ones() {
    for requests_per_second in [100, 5_200] {
        let healthy = Scenario { requests_per_second, ..Scenario::healthy(4, 20 * SECOND) };
        let shuffled = TokenAware::new(DcAware::new("dc1"));
        let shuffled = measured(&healthy, &Client::new("shuffled replicas", shuffled));
        let default = measured(&healthy, &Client::standard());
        assert!(default.imbalance() < shuffled.imbalance() + 0.1);
        assert!(default.imbalance() < 1.2, "{}", default.imbalance());
    }
}

#[test]
fn speculation_cuts_the_tail_for_a_few_requests_more() {
    let mut slow = Scenario::healthy(4, 10 * SECOND).named("one of 4 slow, calm");
    slow.requests_per_second = 800;
    let slow = slow.with(1, Trouble::Slow(10));
    let ring = || {
        let replicas = TokenAware::new(DcAware::new("dc1")).with_order(ReplicaOrder::Ring);
        Client::new("ring order", replicas)
    };
    let start = Instant::now();
    let without = run(&slow, &ring(), start);
    let delay = PercentileDelay::new(90.0, 1, start);
    let with = run(&slow, &ring().named("ring order, speculating").speculating(delay), start);
    assert!(with.percentile(99) < without.percentile(99) * 3 / 4);
    assert!(with.load() < 1.15, "{}", with.load());
}

#[test]
fn the_load_of_a_dead_node_goes_to_all_others_and_no_request_fails() {
    for (nodes, name) in [(3, "one of 3 dead"), (5, "one of 5 dead")] {
        let dead = Scenario::healthy(nodes, 5 * SECOND).named(name).with(1, Trouble::Dead);
        for client in [Client::new("round robin", RoundRobin), Client::standard()] {
            let report = measured(&dead, &client);
            assert_eq!(report.failed, 0);
            // The dead node got what was sent before that was seen.
            let alive = report.attempts.iter().enumerate().filter(|(node, _)| *node != 1);
            let alive: Vec<_> = alive.map(|(_, attempts)| *attempts).collect();
            let (most, least) = (alive.iter().max(), alive.iter().min());
            assert!(most.zip(least).is_some_and(|(most, least)| most * 10 < least * 14));
            assert!(report.load() < 1.01, "{}", report.load());
        }
    }
}

#[test]
fn a_flapping_node_costs_retries_but_no_request() {
    let mut flapping = Scenario::healthy(6, 20 * SECOND).named("one of 6 flaps");
    for second in (0..20).step_by(4) {
        let time = second * SECOND..(second + 1) * SECOND;
        flapping.troubles.push((3, time, Trouble::Dead));
    }
    let start = Instant::now();
    let default = run(&flapping, &Client::standard().on_a_budget(start), start);
    assert_eq!(default.failed, 0);
    assert!(default.retries > 0 && default.load() < 1.01, "{}", default.load());
    let gentle = SlowStart::new(Client::replicas(DcAware::new("dc1"))).with_window(2 * SECOND);
    let gentle = run(&flapping, &Client::new("default, slow start", gentle), start);
    assert_eq!(gentle.failed, 0);
    assert!(gentle.attempts[3] < default.attempts[3]);
}

#[test]
fn a_hot_partition_is_shared_by_its_replicas() {
    let hot = Scenario { hot: 0.5, ..Scenario::healthy(6, 5 * SECOND) }.named("hot partition");
    let ring = TokenAware::new(DcAware::new("dc1")).with_order(ReplicaOrder::Ring);
    let ring = measured(&hot, &Client::new("ring order", ring));
    let default = measured(&hot, &Client::standard());
    // Three of six nodes have the hot half, and a sixth of the rest each.
    assert!(default.imbalance() < 1.7, "{}", default.imbalance());
    assert!(ring.imbalance() > 2.5, "{}", ring.imbalance());
    assert!(default.percentile(99) < ring.percentile(99) / 10);
}

#[test]
fn a_thousand_nodes_of_which_twenty_are_slow() {
    let mut slow = Scenario::healthy(1_000, SECOND / 5).named("20 of 1000 slow");
    for node in 0..20 {
        slow = slow.with(node * 50, Trouble::Slow(10));
    }
    let healthy = measured(&Scenario::healthy(1_000, SECOND / 5), &Client::standard());
    let default = measured(&slow, &Client::standard());
    let round_robin = measured(&slow, &Client::new("round robin", RoundRobin));
    assert!(default.percentile(99) < healthy.percentile(99) * 3 / 2);
    assert!(default.to_slow() < round_robin.to_slow() / 2.0);
    assert_eq!(default.failed, 0);
}

/// A data center of eight nodes is lost; what it served overloads the three remote ones that may be used.
fn lost_datacenter() -> Scenario {
    let mut lost = Scenario::healthy(8, 10 * SECOND).named("data center lost");
    lost.datacenters.push(("dc2", 3));
    lost.requests_per_second = 16_000;
    for node in 0..8 {
        lost.troubles.push((node, 2 * SECOND..Duration::MAX, Trouble::Dead));
    }
    lost
}

#[test]
fn the_outage_of_a_data_center_multiplies_the_load_by_no_more_than_the_budget() {
    let lost = lost_datacenter();
    let client = || {
        let policy = DcAware::new("dc1").with_remote_hosts(3);
        Client::new("default, no budget", Client::replicas(policy))
    };
    let start = Instant::now();
    let unlimited = run(&lost, &client(), start);
    let limited = run(&lost, &client().named("default, budget").on_a_budget(start), start);
    // A fifth of the requests, 10 a second, the reserve of 100, and the credit for what was lost with its connection.
    let seconds = lost.length.as_secs() as f64 + 1.0;
    let most = 0.2 * limited.requests as f64 + 10.0 * seconds + 100.0 + 32_768.0;
    assert!(limited.retries as f64 <= most, "{} of {most}", limited.retries);
    assert!(limited.load() <= 1.0 + most / limited.requests as f64, "{}", limited.load());
    assert!(unlimited.load() > limited.load() * 1.2, "{}", unlimited.load());
    assert!(limited.failed <= limited.requests / 2);
}

#[test]
fn all_together_survive_a_slow_and_a_flapping_node() {
    let start = Instant::now();
    let mut trouble = Scenario::healthy(6, 10 * SECOND).named("slow and flapping");
    trouble = trouble.with(1, Trouble::Slow(10));
    for second in [1, 4, 7] {
        trouble.troubles.push((4, second * SECOND..(second + 1) * SECOND, Trouble::Dead));
    }
    let client = speculating(Client::standard().named("default, speculating"), start);
    let report = run(&trouble, &client, start);
    assert_eq!(report.failed, 0);
    assert!(report.load() < 1.1, "{}", report.load());
    let left = client.budget.as_ref().map_or(0, RetryBudget::left);
    assert!(left > 0);
    let healthy = measured(&Scenario::healthy(6, 10 * SECOND), &Client::standard());
    assert!(report.percentile(99) < healthy.percentile(99) * 3 / 2);
}
