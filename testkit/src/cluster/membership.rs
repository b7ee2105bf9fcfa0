//! Nodes that join, leave, move and are replaced, with the events of a real cluster.

use std::sync::{Arc, MutexGuard, PoisonError};

use helenus_protocol::{StatusChange, Token, TopologyChange};
use uuid::Uuid;

use super::member::Identity;
use super::ring::Ring;
use super::{ClusterError, EmbeddedCluster, Member, Node, NodeListeners};
use crate::scylla::Scylla;

impl EmbeddedCluster {
    /// Adds a node, with tokens and an address of its own, to a data center that may be new. The others report
    /// NEW_NODE and UP. Faults that were [injected](Self::inject) before do not strike it.
    ///
    /// # Errors
    /// No address that is free.
    pub async fn add_node(
        &self,
        datacenter: impl Into<String>,
        rack: impl Into<String>,
    ) -> Result<Node, ClusterError> {
        let listeners = self.addresses.listen().await?;
        let identity = Identity {
            host_id: Uuid::new_v4(),
            tokens: self.ring().draw(),
            datacenter: datacenter.into(),
            rack: rack.into(),
            ..self.unplaced(&listeners)
        };
        Ok(self.join(identity, listeners, Vec::push))
    }

    /// Takes a node out of the cluster for good, as decommissioning does: the others report REMOVED_NODE, it closes
    /// its connections and its tokens are nobody's. The nodes behind it move up by one.
    ///
    /// # Errors
    /// A node that there is not, or the last one.
    pub async fn decommission(&self, node: usize) -> Result<(), ClusterError> {
        let member = self.member(node)?;
        if self.state.topology().members.len() == 1 {
            return Err(ClusterError::Impossible { what: "no nodes".to_owned() });
        }
        self.ring().give_back(&member.tokens());
        self.state.change_topology(|members| members.retain(|other| !Arc::ptr_eq(other, &member)));
        self.state.announce_topology(&member, TopologyChange::RemovedNode);
        self.running.stop(member.host_id).await;
        member.set_up(false);
        member.leave();
        Ok(())
    }

    /// Gives a node other tokens. The others report MOVED_NODE.
    ///
    /// # Errors
    /// A node that there is not, or tokens that another node has, that are none, or that come twice.
    pub fn move_node(
        &self,
        node: usize,
        tokens: impl IntoIterator<Item = i64>,
    ) -> Result<(), ClusterError> {
        let member = self.member(node)?;
        let mut tokens: Vec<_> = tokens.into_iter().map(Token).collect();
        tokens.sort_unstable();
        let (mut ring, owned) = (self.ring(), member.tokens());
        ring.give_back(&owned);
        let taken = tokens.iter().position(|token| !ring.take(*token));
        let problem = match taken {
            Some(index) => {
                ring.give_back(&tokens[..index]);
                Some(format!("the token {} on this node", tokens[index].0))
            }
            None if tokens.is_empty() => Some("a node without tokens".to_owned()),
            None => None,
        };
        if let Some(what) = problem {
            owned.iter().for_each(|token| {
                ring.take(*token);
            });
            return Err(ClusterError::Impossible { what });
        }
        drop(ring);
        member.move_to(tokens);
        self.state.change_topology(|_| {});
        self.state.announce_topology(&member, TopologyChange::MovedNode);
        Ok(())
    }

    /// Gives a node, which keeps its host id, tokens and index, another address. It stops first if it runs; then the
    /// others report NEW_NODE and UP for the new address, and nothing more for the old one, as Cassandra does.
    ///
    /// # Errors
    /// A node that there is not, or no address that is free.
    pub async fn change_address(&self, node: usize) -> Result<Node, ClusterError> {
        let host_id = self.member(node)?.host_id;
        self.substitute(node, host_id).await
    }

    /// Puts a new node, with a host id and an address of its own, in the place of a node that is dead or that dies of
    /// it. It takes over tokens, data center, rack and index. The others report the new address as
    /// [`change_address`](Self::change_address) has it.
    ///
    /// # Errors
    /// A node that there is not, or no address that is free.
    pub async fn replace(&self, node: usize) -> Result<Node, ClusterError> {
        self.substitute(node, Uuid::new_v4()).await
    }

    async fn substitute(&self, node: usize, host_id: Uuid) -> Result<Node, ClusterError> {
        let old = self.member(node)?;
        let listeners = self.addresses.listen().await?;
        let identity = Identity {
            host_id,
            tokens: old.tokens().to_vec(),
            datacenter: old.datacenter.clone(),
            rack: old.rack.clone(),
            ..self.unplaced(&listeners)
        };
        self.stop_member(&old).await;
        old.leave();
        Ok(self.join(identity, listeners, |members, member| {
            for slot in members.iter_mut().filter(|slot| Arc::ptr_eq(slot, &old)) {
                *slot = member.clone();
            }
        }))
    }

    fn join(
        &self,
        identity: Identity,
        listeners: NodeListeners,
        place: impl FnOnce(&mut Vec<Arc<Member>>, Arc<Member>),
    ) -> Node {
        let member = Arc::new(Member::new(identity, self.state.troubles.clone()));
        self.launch(member.clone(), listeners);
        self.state.change_topology(|members| place(members, member.clone()));
        self.state.announce_topology(&member, TopologyChange::NewNode);
        self.state.announce_status(&member, StatusChange::Up);
        Node { member }
    }

    /// What the address alone says of a node.
    fn unplaced(&self, listeners: &NodeListeners) -> Identity {
        Identity {
            address: listeners.address,
            storage_port: self.addresses.storage_port(listeners.address),
            datacenter: String::new(),
            rack: String::new(),
            host_id: Uuid::nil(),
            tokens: Vec::new(),
            shards: self.state.settings.scylla.and_then(Scylla::shards),
        }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
