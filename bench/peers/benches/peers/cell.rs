use std::fmt;

use bench_peers::client::{Compression, Protocol, Workload};
use serde::Serialize;

use crate::options::Options;

/// A case that all drivers are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Cell {
    pub(crate) workload: Workload,
    pub(crate) in_flight: u32,
    /// To each node.
    pub(crate) connections: u32,
    pub(crate) nodes: u16,
    pub(crate) protocol: Protocol,
    pub(crate) compression: Compression,
    pub(crate) tls: bool,
}

impl Cell {
    pub(crate) const fn new(workload: Workload, in_flight: u32) -> Self {
        Self {
            workload,
            in_flight,
            connections: 1,
            nodes: 1,
            protocol: Protocol::V4,
            compression: Compression::None,
            tls: false,
        }
    }

    /// Whether rows count, and not requests.
    pub(crate) fn counts_rows(&self) -> bool {
        matches!(self.workload, Workload::Scan | Workload::Stream)
    }
}

/// What the options ask for.
pub(crate) fn chosen(options: &Options) -> Vec<Cell> {
    let wanted = |cell: &Cell| {
        let is_quick = cell.workload == Workload::Read
            && [64, 1024].contains(&cell.in_flight)
            && *cell == Cell::new(cell.workload, cell.in_flight);
        // What a real cluster has and speaks is its own affair.
        let is_plain = Cell { connections: 1, ..*cell } == Cell::new(cell.workload, cell.in_flight);
        (!options.is_quick() || is_quick)
            && (!options.is_real() || is_plain)
            && options.only.is_none_or(|only| only == cell.workload)
    };
    all().into_iter().filter(wanted).collect()
}

fn all() -> Vec<Cell> {
    let read = Cell::new(Workload::Read, 1024);
    let write = |in_flight| Cell::new(Workload::Write, in_flight);
    vec![
        Cell { in_flight: 1, ..read },
        Cell { in_flight: 64, ..read },
        read,
        Cell { connections: 8, in_flight: 64, ..read },
        Cell { connections: 8, ..read },
        Cell { nodes: 3, ..read },
        Cell { protocol: Protocol::V5, ..read },
        Cell { compression: Compression::Lz4, ..read },
        Cell { protocol: Protocol::V5, compression: Compression::Lz4, ..read },
        Cell { tls: true, ..read },
        write(1),
        write(64),
        write(1024),
        Cell::new(Workload::Scan, 1),
        Cell { compression: Compression::Lz4, ..Cell::new(Workload::Scan, 1) },
        Cell::new(Workload::Stream, 1),
    ]
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, in_flight, connections, nodes, protocol, compression, tls } = self;
        write!(f, "{workload}, {in_flight} in flight, {connections} connection")?;
        if *connections > 1 {
            write!(f, "s")?;
        }
        if *nodes > 1 {
            write!(f, " to each of {nodes} nodes")?;
        }
        write!(f, ", {protocol}")?;
        if *compression == Compression::Lz4 {
            write!(f, ", lz4")?;
        }
        if *tls { write!(f, ", TLS") } else { Ok(()) }
    }
}
