use std::fmt;
use std::hint::black_box;

use helenus_policies::{Plan, Routing, Topology};
use helenus_protocol::{Consistency, Token};

use crate::Error;
use crate::cluster::{Cluster, nodes, policy, strategy};

/// Keys whose plans are asked for, one after another, so that the ring is not always entered at the same place.
const KEYS: usize = 4096;

/// Something that a session has its policies do, ready to be done again and again.
pub struct Task {
    /// What the command line calls it.
    pub name: &'static str,
    work: Box<dyn FnMut()>,
}

impl Task {
    /// The names of all of them.
    pub const NAMES: [&'static str; 4] = ["first-node", "topology", "table", "refresh"];

    /// A task on a cluster of so many nodes.
    ///
    /// # Errors
    /// A name that is none.
    pub fn new(name: &str, count: u32) -> Result<Self, Error> {
        match name {
            "first-node" => Ok(first_node(count)),
            "topology" => Ok(topology(count)),
            "table" => Ok(table(count)),
            "refresh" => Ok(refresh(count)),
            _ => Err(format!("there is no task {name:?}: {}", Self::NAMES.join(", ")).into()),
        }
    }

    /// Does it once.
    pub fn run(&mut self) {
        (self.work)();
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The node that a request with a token goes to.
fn first_node(count: u32) -> Task {
    let cluster = Cluster::new(nodes(count));
    let policy = policy();
    let mut random = fastrand::Rng::with_seed(1);
    let tokens: Vec<_> = (0..KEYS).map(|_| Token(random.i64(..))).collect();
    let mut seed = 0;
    let work = move || {
        let routing = Routing {
            token: Some(tokens[seed as usize % KEYS]),
            replicas: Some(cluster.table()),
            ..Routing::new(Consistency::LocalQuorum, seed)
        };
        seed += 1;
        black_box(Plan::default().next(&*policy, &routing, &cluster));
    };
    Task { name: "first-node", work: Box::new(work) }
}

/// Everything that is known of the nodes.
fn topology(count: u32) -> Task {
    let nodes = nodes(count);
    let work = move || {
        black_box(Topology::new(nodes.clone()));
    };
    Task { name: "topology", work: Box::new(work) }
}

/// The replicas of every part of the ring.
fn table(count: u32) -> Task {
    let (topology, strategy) = (Topology::new(nodes(count)), strategy());
    let work = move || {
        black_box(topology.replicas(&strategy));
    };
    Task { name: "table", work: Box::new(work) }
}

/// What follows when one node has other tokens: nodes and replicas, made from those before.
fn refresh(count: u32) -> Task {
    let strategy = strategy();
    let mut random = fastrand::Rng::with_seed(1);
    let mut topology = Topology::new(nodes(count));
    let mut table = topology.replicas(&strategy);
    let work = move || {
        let mut nodes = topology.nodes().to_vec();
        if let Some(node) = nodes.first_mut() {
            node.tokens.iter_mut().for_each(|token| token.0 = random.i64(..));
        }
        let next = topology.next(nodes);
        table = next.next_replicas(&strategy, &topology, &table);
        topology = next;
        black_box((&topology, &table));
    };
    Task { name: "refresh", work: Box::new(work) }
}
