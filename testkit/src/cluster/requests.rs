//! Requests to choose from, to count and to make claims about.

use std::fmt;
use std::net::SocketAddr;

use helenus_protocol::{Consistency, Opcode};

use super::{ConnectionId, Node, SeenRequest};

/// Requests that are shown.
const SHOWN: usize = 50;

/// Requests that nodes were sent, in the order in which they came.
///
/// ```
/// use helenus_testkit::EmbeddedCluster;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), helenus_testkit::ClusterError> {
/// let cluster = EmbeddedCluster::start(3).await?;
/// let node = &cluster.nodes()[1];
/// cluster.requests().on(node).executing("SELECT").assert_count(0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Requests {
    all: Vec<SeenRequest>,
    /// Indexes in `all`.
    chosen: Vec<usize>,
    /// What they were chosen by.
    choice: String,
}

impl Requests {
    pub(super) fn new(mut all: Vec<SeenRequest>) -> Self {
        all.sort_by_key(|request| request.at);
        Self { chosen: (0..all.len()).collect(), all, choice: String::new() }
    }

    /// Those that this node was sent.
    pub fn on(self, node: &Node) -> Self {
        self.at_address(node.address())
    }

    /// Those that the node on this address was sent.
    pub fn at_address(self, node: SocketAddr) -> Self {
        self.which(&format!("on {node}"), |request| request.node == node)
    }

    /// Those that this shard was sent, of whatever node.
    pub fn on_shard(self, shard: u16) -> Self {
        self.which(&format!("on shard {shard}"), |request| request.shard == Some(shard))
    }

    /// Those that came on this connection.
    pub fn over(self, connection: ConnectionId) -> Self {
        self.which(&format!("over {connection}"), |request| request.connection == connection)
    }

    /// Those that ask for this.
    pub fn of(self, opcode: Opcode) -> Self {
        self.which(&format!("of {opcode:?}"), |request| request.opcode == opcode)
    }

    /// QUERY, EXECUTE and BATCH requests with a statement that contains `part`.
    pub fn executing(self, part: &str) -> Self {
        let runs = |opcode| matches!(opcode, Opcode::Query | Opcode::Execute | Opcode::Batch);
        self.which(&format!("executing {part:?}"), |request| {
            runs(request.opcode) && contains(request, part)
        })
    }

    /// PREPARE requests whose statement contains `part`.
    pub fn preparing(self, part: &str) -> Self {
        self.which(&format!("preparing {part:?}"), |request| {
            request.opcode == Opcode::Prepare && contains(request, part)
        })
    }

    /// Those at this consistency level.
    pub fn at_consistency(self, level: Consistency) -> Self {
        self.which(&format!("at {level}"), |request| request.consistency == Some(level))
    }

    /// Those for which `is_so` holds; `what` says what that is, for messages.
    pub fn which(mut self, what: &str, is_so: impl Fn(&SeenRequest) -> bool) -> Self {
        self.chosen.retain(|index| is_so(&self.all[*index]));
        self.choice = format!("{} {what}", self.choice);
        self
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.chosen.len()
    }

    /// One after another.
    pub fn iter(&self) -> impl Iterator<Item = &SeenRequest> {
        self.chosen.iter().map(|index| &self.all[*index])
    }

    /// Claims that there are this many.
    ///
    /// # Panics
    /// If there are not; the message shows what was seen.
    #[track_caller]
    pub fn assert_count(&self, expected: usize) {
        let count = self.count();
        assert!(
            count == expected,
            "expected {expected} requests{}, saw {count}: {self}",
            self.choice
        );
    }

    /// Claims that there is at least one.
    ///
    /// # Panics
    /// If there is none; the message shows what was seen.
    #[track_caller]
    pub fn assert_some(&self) {
        assert!(self.count() > 0, "expected requests{}, saw none: {self}", self.choice);
    }

    /// Claims that there is none.
    ///
    /// # Panics
    /// If there is one; the message shows what was seen.
    #[track_caller]
    pub fn assert_none(&self) {
        self.assert_count(0);
    }
}

fn contains(request: &SeenRequest, part: &str) -> bool {
    request.statements.iter().any(|statement| statement.cql.contains(part))
}

/// All that was seen, with a mark at those that were chosen.
impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let earlier = self.all.len().saturating_sub(SHOWN);
        if earlier > 0 {
            write!(f, "\n  ({earlier} earlier requests)")?;
        }
        let Some(first) = self.all.get(earlier) else { return f.write_str("\n  (no requests)") };
        for (index, request) in self.all.iter().enumerate().skip(earlier) {
            let mark = if self.chosen.binary_search(&index).is_ok() { '*' } else { ' ' };
            let after = request.at.duration_since(first.at).as_secs_f64();
            write!(f, "\n{mark} +{after:.3} s {request}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
