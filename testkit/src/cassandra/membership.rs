//! Nodes that join, leave, and come back elsewhere.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use super::options::NATIVE_PORT;
use super::state::{ClusterState, NodeState};
use super::{Cluster, Error, Node, config};

impl Cluster {
    /// Adds a node to a datacenter, which takes over a part of the ring with its rows, and returns when all nodes see it:
    /// about ten seconds. It has an address of the block that no node has had.
    ///
    /// # Errors
    /// [`Error::Options`] when the block has no address left; those of [`Node::start`] and
    /// [`Cluster::await_agreement`].
    pub fn add_node(&mut self, dc: &str, rack: &str) -> Result<Node, Error> {
        let state = ClusterState::change(self.state_file(), |state| {
            let address = next_address(state)?;
            state.nodes.push(NodeState {
                address,
                dc: dc.to_owned(),
                rack: rack.to_owned(),
                token: widest_gap(state),
                bootstraps: true,
                process: None,
            });
            Ok(())
        })?;
        let added = state.nodes.len() - 1;
        self.launch(&state, added)
    }

    /// Takes a node out for good: `nodetool decommission`, which gives its rows to the others, and then its process ends.
    ///
    /// # Errors
    /// [`Error::NodeDown`] when it has no process; [`Error::Nodetool`] when the others are too few to hold its copies.
    pub fn decommission(&mut self, node: &Node) -> Result<(), Error> {
        node.nodetool(&["decommission"])?;
        node.terminate()?;
        let state = ClusterState::change(self.state_file(), |state| {
            state.nodes.retain(|other| other.address != node.address());
            state.left.push(node.address());
            Ok(())
        })?;
        self.take(state);
        self.await_agreement()
    }

    /// Starts a node that is down, with the data and the host id that it had, on an address of the block that no node has
    /// had; returns when all nodes see it there.
    ///
    /// # Errors
    /// [`Error::NodeRunning`] when it has a process; those of [`add_node`](Self::add_node).
    pub fn readdress(&mut self, node: &Node) -> Result<Node, Error> {
        if let Some(pid) = node.pid() {
            return Err(Error::NodeRunning { address: node.address(), pid });
        }
        let mut place = None;
        let state = ClusterState::change(self.state_file(), |state| {
            let address = next_address(state)?;
            place = state.nodes.iter().position(|other| other.address == node.address());
            if let Some(found) = place.and_then(|place| state.nodes.get_mut(place)) {
                state.left.push(found.address);
                (found.address, found.process) = (address, None);
            }
            Ok(())
        })?;
        let place =
            place.ok_or(Error::NodeDown { address: node.address(), message: "a new address" })?;
        let (old, new) = (node.home(), Node::new(self.state_file(), &state.nodes[place]).home());
        fs::rename(&old, &new).map_err(Error::io("rename", &old))?;
        self.launch(&state, place)
    }

    /// Starts a node that the state has and that does not run.
    fn launch(&mut self, state: &ClusterState, place: usize) -> Result<Node, Error> {
        let started = Node::new(self.state_file(), &state.nodes[place]);
        config::write(state, &state.nodes[place], &started.home())?;
        self.take(state.clone());
        started.start()?;
        self.await_agreement()?;
        Ok(started)
    }
}

fn next_address(state: &ClusterState) -> Result<SocketAddr, Error> {
    let known = state.nodes.iter().map(|node| node.address).chain(state.left.iter().copied());
    let hosts = known.filter_map(|address| match address {
        SocketAddr::V4(address) => Some(address.ip().octets()),
        SocketAddr::V6(_) => None,
    });
    let full = || Error::Options("the address block has no room for another node".to_owned());
    let [.., block, host] = hosts.max().ok_or_else(full)?;
    let host = host.checked_add(1).filter(|host| *host < u8::MAX).ok_or_else(full)?;
    Ok((Ipv4Addr::new(127, 0, block, host), NATIVE_PORT).into())
}

/// The middle of the widest part of the ring between two tokens; `None` where Cassandra chooses tokens.
fn widest_gap(state: &ClusterState) -> Option<i64> {
    let mut tokens: Vec<i64> = state.nodes.iter().filter_map(|node| node.token).collect();
    tokens.sort_unstable();
    let behind = tokens.iter().skip(1).chain(tokens.first());
    // The last part goes round the end of the ring.
    let gap = |(from, to): (&i64, &i64)| (to.wrapping_sub(*from).cast_unsigned(), *from);
    let (width, from) = tokens.iter().zip(behind).map(gap).max()?;
    Some(from.wrapping_add_unsigned(width / 2))
}

#[cfg(test)]
mod tests {
    use super::super::state::tests::example;
    use super::*;

    #[test]
    fn a_node_that_joins_stands_behind_the_last_one_in_the_middle_of_the_widest_part() {
        let mut state = example();
        assert_eq!(next_address(&state).unwrap(), "127.0.9.3:9042".parse().unwrap());
        // From 7 round the end to -5.
        assert_eq!(widest_gap(&state), Some(i64::MIN + 1));
        state.left.push("127.0.9.3:9042".parse().unwrap());
        assert_eq!(next_address(&state).unwrap(), "127.0.9.4:9042".parse().unwrap());
        state.nodes[1].token = Some(i64::MAX);
        assert_eq!(widest_gap(&state), Some(i64::MAX / 2 - 2));
        state.nodes[0].address = "127.0.9.254:9042".parse().unwrap();
        assert!(matches!(next_address(&state), Err(Error::Options(_))));
        state.nodes.iter_mut().for_each(|node| node.token = None);
        assert_eq!(widest_gap(&state), None);
    }
}
