//! What a test can see of a cluster, and wait for.

use std::time::{Duration, Instant};

use super::{
    ClientConnection, ClusterReport, ConditionNotMet, CoordinatedStatement, EmbeddedCluster, Node,
    Requests,
};

/// How often a condition that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1);

impl EmbeddedCluster {
    /// The latest requests that the nodes were sent, in the order in which they came, those of the handshake and
    /// those that failed included: at most 10,000 of each node that is a part of the cluster now.
    pub fn requests(&self) -> Requests {
        let topology = self.state.topology();
        Requests::new(topology.members.iter().flat_map(|member| member.log.snapshot()).collect())
    }

    /// The statements among the latest requests, in the order in which they came.
    pub fn statements(&self) -> Vec<CoordinatedStatement> {
        self.requests().iter().flat_map(CoordinatedStatement::of).collect()
    }

    /// Forgets the requests so far, on all nodes.
    pub fn forget_statements(&self) {
        self.nodes().iter().for_each(Node::forget_statements);
    }

    /// The clients' connections that are open, node by node.
    pub fn connections(&self) -> Vec<ClientConnection> {
        self.state.topology().members.iter().flat_map(|member| member.connections()).collect()
    }

    /// What the nodes have seen so far, to be printed.
    pub fn report(&self) -> ClusterReport {
        ClusterReport::of(self)
    }

    /// Waits until `condition` holds, for as long as `bound` at most.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use helenus_testkit::EmbeddedCluster;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cluster = EmbeddedCluster::start(3).await?;
    /// let bound = Duration::from_secs(5);
    /// cluster.wait_until(bound, |cluster| cluster.nodes()[1].connections() == 0).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A condition that still does not hold then; the error prints what was seen.
    pub async fn wait_until(
        &self,
        bound: Duration,
        mut condition: impl FnMut(&Self) -> bool,
    ) -> Result<(), ConditionNotMet> {
        let start = Instant::now();
        while !condition(self) {
            let waited = start.elapsed();
            if waited >= bound {
                return Err(ConditionNotMet { waited, seen: self.report() });
            }
            tokio::time::sleep(LOOK_EVERY.min(bound)).await;
        }
        Ok(())
    }
}
