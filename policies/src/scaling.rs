use std::time::{Duration, Instant};

/// What a pool has to do at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLoad {
    /// Connections that work.
    pub connections: usize,
    /// Requests that wait for an answer.
    pub in_flight: usize,
    /// Requests that wait for a place on a connection.
    pub waiting: usize,
}

/// How many connections a pool should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scaling {
    /// As many as before.
    Stay,
    /// More: so many in all.
    Grow(usize),
    /// Fewer: so many in all.
    Shrink(usize),
}

/// Sizes a pool by its load.
///
/// It grows as soon as the smoothed utilisation is high, and shrinks when that has been low for all of the cool-down, one
/// step at a time, and only if what is left will not have to grow again. It decides how many connections there should be;
/// to get there, and to replace those that are lost, is reconnection's business.
#[derive(Debug, Clone)]
pub struct Scaler {
    min: usize,
    max: usize,
    per_connection: f64,
    scale_up: f64,
    scale_down: f64,
    step_up: usize,
    step_down: usize,
    interval: Duration,
    cool_down: Duration,
    target: usize,
    /// Requests in flight or waiting, smoothed over half an interval.
    demand: Option<f64>,
    observed: Instant,
    evaluated: Instant,
    /// Since when every evaluation would have let it shrink.
    calm_since: Option<Instant>,
}

impl Scaler {
    /// From `min` (where it starts) to `max` connections, each of which takes `per_connection` requests well. At least
    /// one of each.
    ///
    /// Grows by 2 at a utilisation of 0.8, shrinks by 1 at 0.3; looks every 10 s, cools down for 30 s.
    pub fn new(min: usize, max: usize, per_connection: u32, now: Instant) -> Self {
        let min = min.max(1);
        Self {
            min,
            max: max.max(min),
            per_connection: f64::from(per_connection.max(1)),
            scale_up: 0.8,
            scale_down: 0.3,
            step_up: 2,
            step_down: 1,
            interval: Duration::from_secs(10),
            cool_down: Duration::from_secs(30),
            target: min,
            demand: None,
            observed: now,
            evaluated: now,
            calm_since: None,
        }
    }

    /// The utilisations at which it shrinks and grows. Default 0.3 and 0.8.
    #[must_use]
    pub fn with_thresholds(mut self, down: f64, up: f64) -> Self {
        self.scale_down = down;
        self.scale_up = up;
        self
    }

    /// Connections by which it shrinks and grows at a time. Default 1 and 2; at least 1.
    #[must_use]
    pub fn with_steps(mut self, down: usize, up: usize) -> Self {
        self.step_down = down.max(1);
        self.step_up = up.max(1);
        self
    }

    /// How often it decides. Default 10 s; at least 1 ms.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_millis(1));
        self
    }

    /// How long the load must have been low, and nothing changed, before it shrinks. Default 30 s.
    #[must_use]
    pub fn with_cool_down(mut self, cool_down: Duration) -> Self {
        self.cool_down = cool_down;
        self
    }

    /// Other bounds from now on, each at least 1; the target moves into them, and the load is remembered.
    pub fn set_bounds(&mut self, min: usize, max: usize) {
        self.min = min.max(1);
        self.max = max.max(self.min);
        self.target = self.target.clamp(self.min, self.max);
    }

    /// As many requests as each connection takes well from now on, at least 1.
    pub fn set_per_connection(&mut self, requests: u32) {
        self.per_connection = f64::from(requests.max(1));
    }

    /// Takes it that connections were given up for another reason: there should be no more than `connections`, as far
    /// as the minimum allows.
    pub fn settle_for(&mut self, connections: usize) {
        self.target = self.target.min(connections).max(self.min);
    }

    /// How many connections there should be.
    pub fn target(&self) -> usize {
        self.target
    }

    /// The smoothed part of what the pool takes well that is in use; 0.0 while nothing is known.
    pub fn utilization(&self) -> f64 {
        self.demand.unwrap_or(0.0) / self.capacity(self.target)
    }

    /// Takes in the load, several times an interval, and decides once in each.
    pub fn observe(&mut self, load: PoolLoad, now: Instant) -> Scaling {
        self.smooth(load, now);
        if now.saturating_duration_since(self.evaluated) < self.interval {
            return Scaling::Stay;
        }
        self.evaluated = now;
        self.decide(now)
    }

    fn smooth(&mut self, load: PoolLoad, now: Instant) {
        let elapsed = now.saturating_duration_since(self.observed).as_secs_f64();
        self.observed = now;
        if load.connections == 0 {
            // A dead node is not helped by more connections, and what piled up says nothing of its load.
            self.demand = None;
            self.calm_since = None;
            return;
        }
        let demand = (load.in_flight + load.waiting) as f64;
        let of_new = 1.0 - (-2.0 * elapsed / self.interval.as_secs_f64()).exp();
        self.demand = Some(self.demand.map_or(demand, |old| old + (demand - old) * of_new));
    }

    fn decide(&mut self, now: Instant) -> Scaling {
        let Some(demand) = self.demand else { return Scaling::Stay };
        let utilization = demand / self.capacity(self.target);
        if utilization >= self.scale_up {
            self.calm_since = None;
            let grown = (self.target + self.step_up).min(self.max);
            if grown > self.target {
                self.target = grown;
                return Scaling::Grow(grown);
            }
            return Scaling::Stay;
        }
        let shrunk = self.target.saturating_sub(self.step_down).max(self.min);
        let is_calm = utilization <= self.scale_down
            && shrunk < self.target
            && demand / self.capacity(shrunk) < self.scale_up;
        if !is_calm {
            self.calm_since = None;
            return Scaling::Stay;
        }
        let since = *self.calm_since.get_or_insert(now);
        if now.saturating_duration_since(since) < self.cool_down {
            return Scaling::Stay;
        }
        self.calm_since = Some(now);
        self.target = shrunk;
        Scaling::Shrink(shrunk)
    }

    fn capacity(&self, connections: usize) -> f64 {
        connections as f64 * self.per_connection
    }
}

#[cfg(test)]
mod tests;
