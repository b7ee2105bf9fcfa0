//! Nodes that stop, start, freeze and are cut off.

use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::StatusChange;
use uuid::Uuid;

use super::{ClusterError, EmbeddedCluster, Member};

impl EmbeddedCluster {
    /// Stops a node: it refuses connections, those it has are closed, and the other nodes report it down, with the
    /// version of the schema that it had. Does nothing if it is stopped already.
    ///
    /// # Errors
    /// A node that there is not.
    pub async fn stop(&self, node: usize) -> Result<(), ClusterError> {
        self.stop_member(&*self.member(node)?).await;
        Ok(())
    }

    pub(super) async fn stop_member(&self, member: &Member) {
        self.running.stop(member.host_id).await;
        if member.set_up(false) {
            self.lose_touch(member);
            self.state.announce_status(member, StatusChange::Down);
        }
    }

    /// Changes of the schema do not reach a node; the others show the version that it had.
    fn lose_touch(&self, member: &Member) {
        member.miss_schema_changes(self.state.engine.schema.snapshot().version);
    }

    fn get_in_touch(&self, member: &Member) {
        if self.running.is_running(member.host_id) {
            member.catch_up_with_schema();
            self.state.change_topology(|_| {});
        }
    }

    /// Starts a node that was stopped, on its old address. It has forgotten what was prepared, and what clients
    /// wrote to its own tables; the other nodes report it up. Does nothing if it runs.
    ///
    /// # Errors
    /// A node that there is not, or an address that was taken in the meantime.
    pub async fn restart(&self, node: usize) -> Result<(), ClusterError> {
        let member = self.member(node)?;
        if member.is_up() {
            return Ok(());
        }
        let address = member.address;
        self.running.stop(member.host_id).await;
        let listeners = self.addresses.listen_again(address).await?;
        member.prepared.clear();
        member.own_writes.clear();
        member.freeze(false);
        self.launch(member.clone(), listeners);
        self.get_in_touch(&member);
        self.state.announce_status(&member, StatusChange::Up);
        Ok(())
    }

    /// Stops and restarts every node, one after another; before the next is stopped, `is_settled` has to hold, for
    /// which each time `bound` is waited at most. What the nodes see, such as their connections, settles it best: a
    /// client may not have noticed yet what it lost.
    ///
    /// # Errors
    /// A node that cannot be restarted, or a cluster that does not settle.
    pub async fn rolling_restart(
        &self,
        bound: Duration,
        mut is_settled: impl FnMut(&Self) -> bool,
    ) -> Result<(), ClusterError> {
        for node in 0..self.addresses().len() {
            self.stop(node).await?;
            self.restart(node).await?;
            self.wait_until(bound, &mut is_settled).await?;
        }
        Ok(())
    }

    /// Freezes a node: its connections stay open, but it reads nothing and answers nothing, coordinators included.
    /// The other nodes have not noticed: they report it up, with the version of the schema that it had.
    ///
    /// # Errors
    /// A node that there is not.
    pub fn freeze(&self, node: usize) -> Result<(), ClusterError> {
        let member = self.member(node)?;
        member.freeze(true);
        self.lose_touch(&member);
        Ok(())
    }

    /// Lets a frozen node go on with what it was sent in the meantime.
    ///
    /// # Errors
    /// A node that there is not.
    pub fn thaw(&self, node: usize) -> Result<(), ClusterError> {
        let member = self.member(node)?;
        member.freeze(false);
        self.get_in_touch(&member);
        Ok(())
    }

    /// Cuts a data center off, as a network does that loses all packets: nothing is read from its connections nor
    /// written to them, and the other nodes report its nodes down.
    ///
    /// # Errors
    /// A data center that there is not.
    pub fn cut_off(&self, datacenter: &str) -> Result<(), ClusterError> {
        for member in self.members_in(datacenter)? {
            member.freeze(true);
            self.lose_touch(&member);
            if member.set_up(false) {
                self.state.announce_status(&member, StatusChange::Down);
            }
        }
        Ok(())
    }

    /// Brings a data center back that was cut off: its nodes go on where they were, and the others report them up.
    /// Nodes of it that were stopped stay so.
    ///
    /// # Errors
    /// A data center that there is not.
    pub fn bring_back(&self, datacenter: &str) -> Result<(), ClusterError> {
        for member in self.members_in(datacenter)? {
            let was_cut_off = member.is_frozen() && !member.is_up();
            member.freeze(false);
            self.get_in_touch(&member);
            if was_cut_off && self.running.is_running(member.host_id) {
                member.set_up(true);
                self.state.announce_status(&member, StatusChange::Up);
            }
        }
        Ok(())
    }

    fn members_in(&self, datacenter: &str) -> Result<Vec<Arc<Member>>, ClusterError> {
        Ok(self.datacenter(datacenter)?.nodes.into_iter().map(|node| node.member).collect())
    }

    /// Lets a node report another version of the schema than the others, until it is told to
    /// [agree](Self::agree_on_schema); nothing else changes.
    ///
    /// # Errors
    /// A node that there is not.
    pub fn disagree_on_schema(&self, node: usize) -> Result<(), ClusterError> {
        self.report_schema_version(node, Some(Uuid::new_v4()))
    }

    /// Lets a node report the version of the schema again that the others report.
    ///
    /// # Errors
    /// A node that there is not.
    pub fn agree_on_schema(&self, node: usize) -> Result<(), ClusterError> {
        self.report_schema_version(node, None)
    }

    fn report_schema_version(
        &self,
        node: usize,
        version: Option<Uuid>,
    ) -> Result<(), ClusterError> {
        self.member(node)?.report_schema_version(version);
        self.state.change_topology(|_| {});
        Ok(())
    }
}
