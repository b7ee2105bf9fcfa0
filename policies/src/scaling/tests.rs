//! Pools of up to 16 connections, 100 requests each, under traces of load, looked at every second.

use proptest::prelude::*;

use super::*;
use crate::random::{below, draw};

const PER_CONNECTION: u32 = 100;
const SECOND: Duration = Duration::from_secs(1);

/// What a pool did under a trace of demands, one a second.
#[derive(Debug, Default)]
struct Course {
    /// The connections after each second.
    sizes: Vec<usize>,
    /// How often it turned from growing to shrinking or back.
    turns: usize,
    /// The longest time in which requests waited although there might have been more connections, in seconds.
    starved: usize,
}

fn run(trace: impl Iterator<Item = usize>, is_dead: impl Fn(usize) -> bool) -> Course {
    let mut now = Instant::now();
    let mut scaler = Scaler::new(1, 16, PER_CONNECTION, now);
    let (mut course, mut last_grew, mut starved) = (Course::default(), None, 0);
    for (second, demand) in trace.enumerate() {
        now += SECOND;
        let target = scaler.target();
        let connections = if is_dead(second) { 0 } else { target };
        let in_flight = demand.min(connections * PER_CONNECTION as usize);
        let load = PoolLoad { connections, in_flight, waiting: demand - in_flight };
        let grew = match scaler.observe(load, now) {
            Scaling::Grow(_) => Some(true),
            Scaling::Shrink(_) => Some(false),
            Scaling::Stay => None,
        };
        if grew.is_some() {
            course.turns += usize::from(last_grew.is_some() && last_grew != grew);
            last_grew = grew;
        }
        let has_changed = scaler.target() != target;
        let waits = load.waiting > 0 && target < 16 && !has_changed && connections > 0;
        starved = if waits { starved + 1 } else { 0 };
        course.starved = course.starved.max(starved);
        course.sizes.push(scaler.target());
    }
    course
}

fn alive(_: usize) -> bool {
    false
}

/// A demand with 30 % of noise to either side.
fn noisy(demand: usize, nth: usize) -> usize {
    demand * (70 + below(draw(7, nth as u64), 61)) / 100
}

#[test]
fn a_steady_load_finds_its_size_and_stays_there() {
    for demand in [10, 79, 81, 150, 400, 990, 5000] {
        let course = run((0..3600).map(|nth| noisy(demand, nth)), alive);
        assert!(course.turns <= 1, "{demand}: {} turns", course.turns);
        let settled = course.sizes[600];
        assert!(course.sizes[600..].iter().all(|size| *size == settled), "{demand}");
        assert!(course.starved <= 10, "{demand}: {} s", course.starved);
        assert!(settled * 100 >= demand.min(1600), "{demand}: {settled}");
    }
}

#[test]
fn a_burst_grows_the_pool_and_calm_shrinks_it_to_its_minimum() {
    let trace = (0..1800).map(|nth| if (300..600).contains(&nth) { 900 } else { 20 });
    let course = run(trace, alive);
    assert_eq!(course.turns, 1);
    assert_eq!(course.sizes[299], 1);
    assert!((11..=13).contains(&course.sizes[599]), "{}", course.sizes[599]);
    assert_eq!(course.sizes[1799], 1);
    assert!(course.starved <= 10, "{} s", course.starved);
}

#[test]
fn short_spikes_are_ignored() {
    let trace = (0..3600).map(|nth| if nth % 60 == 0 { 500 } else { 20 });
    let course = run(trace, alive);
    assert!(course.sizes.iter().all(|size| *size <= 3));
    assert!(course.turns <= 1, "{} turns", course.turns);
}

#[test]
fn a_ramp_is_followed() {
    let up = 0..1000;
    let down = (0..1000).rev();
    let course = run(up.chain(down).chain((0..600).map(|_| 0)), alive);
    assert_eq!(course.turns, 1);
    assert!(course.starved <= 10);
    assert_eq!(course.sizes.last(), Some(&1));
}

#[test]
fn a_sawtooth_faster_than_the_cool_down_turns_nothing_around() {
    for period in [4, 10, 20, 30] {
        let course = run((0..3600).map(|nth| nth % period * 600 / period), alive);
        assert!(course.turns <= 1, "{period} s: {} turns", course.turns);
    }
}

#[test]
fn a_slow_sawtooth_turns_no_more_than_twice_in_a_period() {
    let course = run((0..6000).map(|nth| nth % 600), alive);
    assert!(course.turns <= 20, "{} turns", course.turns);
    assert!(course.starved <= 10);
}

#[test]
fn it_never_shrinks_to_what_would_have_to_grow_again() {
    let mut now = Instant::now();
    let scaler = Scaler::new(1, 16, PER_CONNECTION, now);
    let mut scaler = scaler.with_thresholds(0.5, 0.8).with_steps(2, 2);
    let mut sizes = Vec::new();
    for _ in 0..3600 {
        now += SECOND;
        let load = PoolLoad { connections: scaler.target(), in_flight: 140, waiting: 0 };
        scaler.observe(load, now);
        sizes.push(scaler.target());
    }
    // 140 of 300 are few, and 140 of 100 are too many.
    assert!(sizes[60..].iter().all(|size| *size == 3));
}

#[test]
fn a_dead_node_gets_no_more_connections_for_what_piles_up() {
    let is_dead = |second| (300..900).contains(&second);
    let trace = (0..1200).map(|nth| if is_dead(nth) { 10_000 } else { 60 });
    let course = run(trace, is_dead);
    assert!(course.sizes.iter().all(|size| *size == 1));
}

#[test]
fn bounds_can_be_moved_while_it_runs() {
    let mut now = Instant::now();
    let mut scaler = Scaler::new(1, 16, PER_CONNECTION, now);
    for _ in 0..60 {
        now += SECOND;
        scaler.observe(PoolLoad { connections: scaler.target(), in_flight: 390, waiting: 0 }, now);
    }
    assert_eq!(scaler.target(), 5);
    scaler.set_bounds(2, 4);
    assert_eq!(scaler.target(), 4);
    scaler.set_bounds(6, 8);
    assert_eq!(scaler.target(), 6);
    scaler.settle_for(3);
    assert_eq!(scaler.target(), 6, "the minimum stays");
    scaler.set_bounds(1, 8);
    scaler.settle_for(3);
    assert_eq!(scaler.target(), 3);
    scaler.set_per_connection(PER_CONNECTION * 100);
    assert!(scaler.utilization() < 0.02);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_trace_makes_it_leave_its_bounds_or_turn_twice_within_the_cool_down(
        demands in prop::collection::vec(0..3000_usize, 60..600),
        hold in 1..40_usize,
    ) {
        let trace = demands.iter().flat_map(|demand| std::iter::repeat_n(*demand, hold)).take(3000);
        let course = run(trace, alive);
        prop_assert!(course.sizes.iter().all(|size| (1..=16).contains(size)));
        prop_assert!(course.turns <= 2 * course.sizes.len() / 30);
    }
}
