use std::net::SocketAddr;

use super::SchemaChange;
use crate::wire::{Reader, Writer};
use crate::{EncodeError, WireError};

/// Something that happened in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A node joined, left or moved.
    Topology(TopologyChange, SocketAddr),
    /// A node went up or down, as its neighbours see it.
    Status(StatusChange, SocketAddr),
    /// The schema changed.
    Schema(SchemaChange),
}

/// What happened to the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TopologyChange {
    /// A node joined.
    NewNode,
    /// A node left.
    RemovedNode,
    /// A node's tokens changed.
    MovedNode,
}

/// What happened to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusChange {
    /// It answers again.
    Up,
    /// It does not answer.
    Down,
}

const TOPOLOGY: &str = "TOPOLOGY_CHANGE";
const STATUS: &str = "STATUS_CHANGE";
const SCHEMA: &str = "SCHEMA_CHANGE";

impl Event {
    /// The name that REGISTER asks for it by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Topology(..) => TOPOLOGY,
            Self::Status(..) => STATUS,
            Self::Schema(_) => SCHEMA,
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_string("an event", self.name())?;
        let (change, address) = match self {
            Self::Schema(change) => return change.encode(out),
            Self::Topology(TopologyChange::NewNode, address) => ("NEW_NODE", address),
            Self::Topology(TopologyChange::RemovedNode, address) => ("REMOVED_NODE", address),
            Self::Topology(TopologyChange::MovedNode, address) => ("MOVED_NODE", address),
            Self::Status(StatusChange::Up, address) => ("UP", address),
            Self::Status(StatusChange::Down, address) => ("DOWN", address),
        };
        out.put_string("a change", change)?;
        out.put_inet(*address);
        Ok(())
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        match reader.string("an event")? {
            TOPOLOGY => {
                let change = match reader.string("a topology change")? {
                    "NEW_NODE" => TopologyChange::NewNode,
                    "REMOVED_NODE" => TopologyChange::RemovedNode,
                    "MOVED_NODE" => TopologyChange::MovedNode,
                    other => return Err(unknown("a topology change", other)),
                };
                Ok(Self::Topology(change, reader.inet("a node's address")?))
            }
            STATUS => {
                let change = match reader.string("a status change")? {
                    "UP" => StatusChange::Up,
                    "DOWN" => StatusChange::Down,
                    other => return Err(unknown("a status change", other)),
                };
                Ok(Self::Status(change, reader.inet("a node's address")?))
            }
            SCHEMA => SchemaChange::decode(reader).map(Self::Schema),
            other => Err(unknown("an event", other)),
        }
    }
}

fn unknown(what: &'static str, value: &str) -> WireError {
    WireError::Unknown { what, value: value.to_owned() }
}
