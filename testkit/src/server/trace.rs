//! A traced request in `system_traces`.

use std::time::Instant;

use helenus_protocol::{Cell, Request, Statement};
use uuid::Uuid;

use super::session::Session;
use crate::engine::{Clock, Execution, PageRequest, StatementTime};
use crate::system::NodeTables;
use crate::value::{encode_inet, write_collection};

/// A request that is being traced.
pub(super) struct Trace {
    activity: &'static str,
    command: String,
    consistency: String,
    started: Instant,
    started_at: i64,
}

const INSERT_SESSION: &str = "INSERT INTO system_traces.sessions (session_id, client, command, coordinator, \
    coordinator_port, duration, parameters, request, started_at) VALUES (?, ?, 'QUERY', ?, ?, ?, ?, ?, ?)";

const INSERT_EVENT: &str = "INSERT INTO system_traces.events (session_id, event_id, activity, source, source_elapsed, \
    source_port, thread) VALUES (?, now(), ?, ?, ?, ?, 'Native-Transport-Requests-1')";

impl Trace {
    pub(super) fn of(request: &Request<'_>, started: Instant) -> Self {
        let (activity, command, consistency) = match request {
            Request::Query(query) => (
                "Execute CQL3 query",
                query.cql.to_owned(),
                query.parameters.consistency.to_string(),
            ),
            Request::Prepare(prepare) => {
                ("Preparing CQL3 query", prepare.cql.to_owned(), String::new())
            }
            Request::Execute(execute) => (
                "Execute CQL3 prepared query",
                String::new(),
                execute.parameters.consistency.to_string(),
            ),
            Request::Batch(batch) => {
                let texts =
                    batch.statements.iter().filter_map(|statement| match statement.statement {
                        Statement::Cql(cql) => Some(cql),
                        Statement::Prepared(_) => None,
                    });
                let texts: Vec<_> = texts.collect();
                (
                    "Execute batch of CQL3 queries",
                    texts.join("; "),
                    batch.parameters.consistency.to_string(),
                )
            }
            _ => ("Execute request", String::new(), String::new()),
        };
        Self { activity, command, consistency, started, started_at: Clock::milliseconds() }
    }

    /// Writes down how the request went, and returns where.
    pub(super) fn finish(self, session: &Session) -> Uuid {
        let id = Uuid::from_bytes(session.cluster.engine.clock.time_uuid());
        let elapsed = i32::try_from(self.started.elapsed().as_micros()).unwrap_or(i32::MAX).max(1);
        let coordinator = encode_inet(session.member.address.ip());
        let port = i32::from(session.member.address.port()).to_be_bytes();
        let client = encode_inet(session.client.ip());
        let elapsed_bytes = elapsed.to_be_bytes();
        let parameters =
            [("consistency_level", self.consistency.as_str()), ("query", self.command.as_str())];
        let parameters = write_collection(
            parameters.len(),
            parameters.iter().flat_map(|(k, v)| [k.as_bytes(), v.as_bytes()]),
        );
        for (activity, at) in [
            ("Parsing the request", 0),
            (self.activity, elapsed / 2),
            ("Request complete", elapsed),
        ] {
            let at = at.to_be_bytes();
            insert(
                session,
                INSERT_EVENT,
                &[id.as_bytes(), activity.as_bytes(), &coordinator, &at, &port],
            );
        }
        insert(
            session,
            INSERT_SESSION,
            &[
                id.as_bytes(),
                &client,
                &coordinator,
                &port,
                &elapsed_bytes,
                &parameters,
                self.activity.as_bytes(),
                &self.started_at.to_be_bytes(),
            ],
        );
        id
    }
}

fn insert(session: &Session, cql: &str, values: &[&[u8]]) {
    let engine = &session.cluster.engine;
    let values: Vec<_> = values.iter().map(|value| Cell::Value(value)).collect();
    let tables = NodeTables { cluster: &session.cluster, member: &session.member };
    let execution = Execution {
        virtual_tables: &tables,
        values: &values,
        page: PageRequest::default(),
        time: StatementTime::default(),
    };
    let inserted = engine.plan(cql, None).and_then(|planned| engine.execute(&planned, execution));
    if let Err(error) = inserted {
        tracing::warn!(%error, "a trace could not be written");
    }
}
