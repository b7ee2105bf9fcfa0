use helenus_protocol::{Consistency, Token};

use super::Tags;
use crate::{ReplicaTable, StatementKind};

static NO_TAGS: Tags = Tags::NONE;

/// What of a request decides where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Routing<'a> {
    /// The token of its partition key, where that is known.
    pub token: Option<Token>,
    /// The replicas of its keyspace, where that is known.
    pub replicas: Option<&'a ReplicaTable>,
    /// Its consistency level.
    pub consistency: Consistency,
    /// Whether it is conditional: its Paxos rounds collide less when all clients ask the same replica.
    pub is_conditional: bool,
    /// Whether it reads or writes.
    pub kind: StatementKind,
    /// What the application says of it, by its execution profile.
    pub tags: &'a Tags,
    /// A number that differs from request to request, by which policies spread the load.
    pub seed: u64,
}

impl<'a> Routing<'a> {
    /// A request of which no more is known than its consistency level.
    pub fn new(consistency: Consistency, seed: u64) -> Self {
        Self {
            token: None,
            replicas: None,
            consistency,
            is_conditional: false,
            kind: StatementKind::Other,
            tags: &NO_TAGS,
            seed,
        }
    }

    /// Its replicas, the token's owner first; none where they are not known.
    pub fn replicas(&self) -> &'a [crate::NodeIndex] {
        match (self.token, self.replicas) {
            (Some(token), Some(table)) => table.replicas(token),
            _ => &[],
        }
    }

    /// Whether Paxos decides: it is conditional, or a read at a serial level.
    pub fn is_linearizable(&self) -> bool {
        self.is_conditional || self.consistency.is_serial()
    }

    /// The same request, spread differently.
    pub(super) fn reseeded(&self, nth: u64) -> Self {
        Self { seed: crate::random::draw(self.seed, nth), ..*self }
    }
}
