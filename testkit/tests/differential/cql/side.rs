//! One of the two clusters, spoken to in the keyspace that is compared.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use helenus_protocol::{
    BoundValues, Compression, Consistency, Execute, Prepare, ProtocolVersion, Query,
    QueryParameters, Request, Response, ResponseBody,
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
        let body = self.query(cql, QueryParameters::new(Consistency::One))?;
        if matches!(body.response, Response::SchemaChange(_)) {
            self.agree()?;
        }
        Ok(Answer::of(body))
    }

    /// All rows of a query, page by page.
    pub(crate) fn read_pages(&mut self, cql: &str, page_size: i32) -> Outcome<Answer> {
        let (mut all, mut state) = (None::<Answer>, None);
        loop {
            let parameters = QueryParameters {
                page_size: Some(page_size),
                paging_state: state.as_deref(),
                ..QueryParameters::new(Consistency::One)
            };
            let body = self.query(cql, parameters)?;
            let next = match &body.response {
                Response::Rows(rows) => rows.metadata.paging_state.clone(),
                _ => None,
            };
            let page = Answer::of(body);
            let answer = match all.take() {
                None => page,
                Some(mut before) => {
                    before.append(page);
                    before
                }
            };
            if next.is_none() {
                return Ok(answer);
            }
            (all, state) = (Some(answer), next);
        }
    }

    pub(crate) fn prepare(&mut self, cql: &str) -> Outcome<Preparation> {
        let response = self.connection.call(&Request::Prepare(Prepare { cql, keyspace: None }))?;
        Preparation::of(response)
            .ok_or_else(|| format!("{cql}: not prepared, and not refused").into())
    }

    /// Prepares a statement, and executes it.
    pub(crate) fn execute_bound(&mut self, cql: &str, values: &BoundValues) -> Outcome<Answer> {
        let prepared = self.connection.prepare(cql)?;
        let parameters = QueryParameters {
            values: values.as_values(),
            ..QueryParameters::new(Consistency::One)
        };
        let execute = Execute {
            id: &prepared.id,
            result_metadata_id: prepared.result_metadata_id.as_deref(),
            parameters,
        };
        Ok(Answer::of(self.connection.call_for_body(&Request::Execute(execute))?))
    }

    fn query(&mut self, cql: &str, parameters: QueryParameters<'_>) -> Outcome<ResponseBody> {
        self.connection.call_for_body(&Request::Query(Query { cql, parameters }))
    }

    fn expect(&mut self, cql: &str) -> Outcome {
        match self.query(cql, QueryParameters::new(Consistency::One))?.response {
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
                let body = self.query(cql, QueryParameters::new(Consistency::One))?;
                if let Answer::Rows { rows, .. } = Answer::of(body) {
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
