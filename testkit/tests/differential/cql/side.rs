//! One of the two clusters, spoken to in the keyspace that is compared.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use helenus_protocol::{
    Compression, Consistency, Prepare, ProtocolVersion, Query, QueryParameters, Request, Response,
};

use super::answer::{Answer, Preparation};
use crate::Outcome;
use crate::connection::Connection;
use crate::link::Link;

const KEYSPACE: &str = "differential_cql";
const AGREEMENT: Duration = Duration::from_secs(30);

pub(crate) struct Side {
    connection: Connection,
}

impl Side {
    /// Connects, and begins with an empty keyspace.
    pub(crate) fn open(node: SocketAddr) -> Outcome<Self> {
        let link = Link { version: ProtocolVersion::V5, compression: None::<Compression> };
        let mut side = Self { connection: Connection::open(node, link)? };
        side.drop_keyspace()?;
        side.expect(&format!(
            "CREATE KEYSPACE {KEYSPACE} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}"
        ))?;
        side.agree()?;
        side.expect(&format!("USE {KEYSPACE}"))?;
        Ok(side)
    }

    pub(crate) fn drop_keyspace(&mut self) -> Outcome {
        self.expect(&format!("DROP KEYSPACE IF EXISTS {KEYSPACE}"))?;
        self.agree()
    }

    pub(crate) fn execute(&mut self, cql: &str) -> Outcome<Answer> {
        let response = self.query(cql)?;
        if matches!(response, Response::SchemaChange(_)) {
            self.agree()?;
        }
        Ok(Answer::of(response))
    }

    pub(crate) fn prepare(&mut self, cql: &str) -> Outcome<Preparation> {
        let response = self.connection.call(&Request::Prepare(Prepare { cql, keyspace: None }))?;
        Preparation::of(response)
            .ok_or_else(|| format!("{cql}: not prepared, and not refused").into())
    }

    fn query(&mut self, cql: &str) -> Outcome<Response> {
        let parameters = QueryParameters::new(Consistency::One);
        self.connection.call(&Request::Query(Query { cql, parameters }))
    }

    fn expect(&mut self, cql: &str) -> Outcome {
        match self.query(cql)? {
            Response::Error(error) => Err(format!("{cql}: {error}").into()),
            _ => Ok(()),
        }
    }

    /// Waits until all nodes have one schema, without which a table's replicas refuse to be read.
    fn agree(&mut self) -> Outcome {
        let deadline = Instant::now() + AGREEMENT;
        loop {
            let mut versions = HashSet::new();
            for cql in [
                "SELECT schema_version FROM system.local",
                "SELECT schema_version FROM system.peers",
            ] {
                if let Answer::Rows { rows, .. } = Answer::of(self.query(cql)?) {
                    versions.extend(rows);
                }
            }
            if versions.len() == 1 {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err("the nodes do not agree on a schema".into());
            }
        }
    }
}
