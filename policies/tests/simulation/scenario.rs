use std::ops::Range;
use std::time::Duration;

/// What happens to a node.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// Everything takes so many times as long.
    Slow(u32),
    /// It loses its connections and takes no new ones.
    Dead,
}

/// A cluster, what is asked of it, and what happens to it.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Nodes of each data center.
    pub(crate) datacenters: Vec<(&'static str, u32)>,
    pub(crate) requests_per_second: u32,
    pub(crate) length: Duration,
    /// The part of the requests that go to one partition.
    pub(crate) hot: f64,
    /// What happens to which node, from when to when.
    pub(crate) troubles: Vec<(u32, Range<Duration>, Trouble)>,
}

impl Scenario {
    /// Nodes in one data center at about a third of what they can do.
    pub(crate) fn healthy(nodes: u32, length: Duration) -> Self {
        Self {
            name: "healthy",
            datacenters: vec![("dc1", nodes)],
            requests_per_second: nodes * 1_300,
            length,
            hot: 0.0,
            troubles: vec![],
        }
    }

    pub(crate) fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// The same with a trouble that lasts.
    pub(crate) fn with(mut self, node: u32, trouble: Trouble) -> Self {
        self.troubles.push((node, Duration::ZERO..Duration::MAX, trouble));
        self
    }

    /// Nodes to which the same has happened.
    pub(crate) fn nodes_in(&self, is_it: impl Fn(&Trouble) -> bool) -> Vec<u32> {
        self.troubles.iter().filter(|(_, _, trouble)| is_it(trouble)).map(|(n, _, _)| *n).collect()
    }
}
