//! A request that was seen, as a line tells of it.

use std::time::Instant;

use helenus_testkit::{SeenRequest, SeenStatement};
use serde::{Deserialize, Serialize};

/// A line of what is watched.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fed {
    Request(WatchedRequest),
    /// This many requests came too fast.
    Missed(u64),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WatchedRequest {
    /// Seconds since watching began.
    pub(crate) after: f64,
    pub(crate) node: String,
    pub(crate) client: String,
    pub(crate) connection: String,
    pub(crate) opcode: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) consistency: Option<String>,
    pub(crate) statements: Vec<WatchedStatement>,
    /// All of it, for people.
    pub(crate) text: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WatchedStatement {
    pub(crate) cql: String,
    pub(crate) prepared: bool,
    /// The markers' values, as `name = value`.
    pub(crate) values: Vec<String>,
}

impl WatchedRequest {
    pub(super) fn new(request: &SeenRequest, start: Instant) -> Self {
        Self {
            after: request.at.saturating_duration_since(start).as_secs_f64(),
            node: request.node.to_string(),
            client: request.client.to_string(),
            connection: request.connection.to_string(),
            opcode: format!("{:?}", request.opcode),
            consistency: request.consistency.map(|level| level.to_string()),
            statements: request.statements.iter().map(WatchedStatement::new).collect(),
            text: request.to_string(),
        }
    }
}

impl WatchedStatement {
    fn new(statement: &SeenStatement) -> Self {
        Self {
            cql: statement.cql().to_owned(),
            prepared: statement.is_prepared(),
            values: statement.values().iter().map(ToString::to_string).collect(),
        }
    }
}
