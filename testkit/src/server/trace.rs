//! A traced request in `system_traces`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use helenus_protocol::{Cell, Consistency, Request, Response};
use uuid::Uuid;

use super::session::Session;
use crate::engine::{Access, Clock, Execution, PageRequest, StatementTime};
use crate::system::NodeTables;
use crate::value::{encode_inet, write_collection};

/// A request that is being traced.
pub(super) struct Trace {
    request: &'static str,
    /// The statements of the request, in order.
    texts: Vec<Arc<str>>,
    /// Whether they came as texts, and had to be parsed.
    is_text: bool,
    is_batch: bool,
    parameters: BTreeMap<String, String>,
    started: Instant,
    started_at: i64,
}

const INSERT_SESSION: &str = "INSERT INTO system_traces.sessions (session_id, client, command, coordinator, \
    coordinator_port, duration, parameters, request, started_at) VALUES (?, ?, 'QUERY', ?, ?, ?, ?, ?, ?)";

const INSERT_EVENT: &str = "INSERT INTO system_traces.events (session_id, event_id, activity, source, source_elapsed, \
    source_port, thread) VALUES (?, now(), ?, ?, ?, ?, ?)";

const TRANSPORT: &str = "Native-Transport-Requests-1";

/// An activity and the thread that a node would do it in.
type Event = (String, &'static str);

impl Trace {
    pub(super) fn of(session: &Session, request: &Request<'_>, started: Instant) -> Self {
        let (name, parameters) = match request {
            Request::Query(query) => ("Execute CQL3 query", Some(&query.parameters)),
            Request::Prepare(_) => ("Preparing CQL3 query", None),
            Request::Execute(execute) => ("Execute CQL3 prepared query", Some(&execute.parameters)),
            Request::Batch(batch) => ("Execute batch of CQL3 queries", Some(&batch.parameters)),
            _ => ("Execute request", None),
        };
        let texts = session.texts(request);
        let is_batch = matches!(request, Request::Batch(_));
        let mut shown = BTreeMap::new();
        if let Some(parameters) = parameters {
            let serial = parameters.serial_consistency.unwrap_or(Consistency::Serial);
            shown.insert("consistency_level".to_owned(), parameters.consistency.to_string());
            shown.insert("serial_consistency_level".to_owned(), serial.to_string());
            if let Some(size) = parameters.page_size.filter(|_| !is_batch) {
                shown.insert("page_size".to_owned(), size.to_string());
            }
        }
        if let ([text], false) = (texts.as_slice(), is_batch) {
            shown.insert("query".to_owned(), text.to_string());
        }
        Self {
            request: name,
            texts,
            is_text: matches!(request, Request::Query(_) | Request::Prepare(_)),
            is_batch,
            parameters: shown,
            started,
            started_at: Clock::milliseconds(),
        }
    }

    /// Writes down how the request went, and returns where.
    pub(super) fn finish(self, session: &Session, response: &Response) -> Uuid {
        let id = Uuid::from_bytes(session.cluster.engine.clock.time_uuid());
        let elapsed = i32::try_from(self.started.elapsed().as_micros()).unwrap_or(i32::MAX).max(1);
        let coordinator = encode_inet(session.member.address.ip());
        let port = i32::from(session.member.storage_port).to_be_bytes();
        let client = encode_inet(session.client.ip());
        let events = self.events(session, response);
        let count = i32::try_from(events.len()).unwrap_or(i32::MAX).max(1);
        for ((activity, thread), at) in events.iter().zip(1..) {
            // They are spread over the time that the request took.
            let at = (i64::from(elapsed) * i64::from(at) / i64::from(count + 1)).max(1);
            let at = i32::try_from(at).unwrap_or(i32::MAX).to_be_bytes();
            insert(
                session,
                INSERT_EVENT,
                &[id.as_bytes(), activity.as_bytes(), &coordinator, &at, &port, thread.as_bytes()],
            );
        }
        let parameters = write_collection(
            self.parameters.len(),
            self.parameters.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]),
        );
        insert(
            session,
            INSERT_SESSION,
            &[
                id.as_bytes(),
                &client,
                &coordinator,
                &port,
                &elapsed.to_be_bytes(),
                &parameters,
                self.request.as_bytes(),
                &self.started_at.to_be_bytes(),
            ],
        );
        id
    }

    /// What a node would have done for the request.
    fn events(&self, session: &Session, response: &Response) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        if self.is_text {
            for text in &self.texts {
                events.push((format!("Parsing {text}"), TRANSPORT));
                events.push(("Preparing statement".to_owned(), TRANSPORT));
            }
        }
        if self.is_batch {
            events.push(("Determining replicas for atomic batch".to_owned(), TRANSPORT));
        }
        let engine = &session.cluster.engine;
        for text in &self.texts {
            if let Ok(planned) = engine.plan(text, session.keyspace.as_deref()) {
                self.accesses(&planned.access(), response, &mut events);
            }
        }
        events
    }

    fn accesses(&self, access: &Access, response: &Response, events: &mut Vec<Event>) {
        const READ: &str = "ReadStage-1";
        const MUTATION: &str = "MutationStage-1";
        let rows = match response {
            Response::Rows(rows) => rows.count,
            _ => 0,
        };
        let read = format!("Read {rows} live rows and 0 tombstone cells");
        match access {
            Access::Partitions(table) => events.extend([
                (format!("Executing single-partition query on {table}"), READ),
                ("Acquiring sstable references".to_owned(), READ),
                ("Merging memtable contents".to_owned(), READ),
                (read, READ),
            ]),
            Access::Ranges => events.extend([
                ("Computing ranges to query".to_owned(), TRANSPORT),
                ("Submitted 1 concurrent range requests".to_owned(), TRANSPORT),
                ("Executing seq scan across 0 sstables for (min(-9223372036854775808), min(-9223372036854775808)]".to_owned(), READ),
                (read, READ),
            ]),
            Access::Write(tables) => {
                if !self.is_batch {
                    events.push(("Determining replicas for mutation".to_owned(), TRANSPORT));
                }
                for table in tables {
                    events.push(("Appending to commitlog".to_owned(), MUTATION));
                    events.push((format!("Adding to {table} memtable"), MUTATION));
                }
            }
            Access::Conditional(table) => events.extend([
                ("Reading existing values for CAS precondition".to_owned(), TRANSPORT),
                (format!("Executing single-partition query on {table}"), READ),
                ("Merging memtable contents".to_owned(), READ),
                ("Appending to commitlog".to_owned(), MUTATION),
                (format!("Adding to {table} memtable"), MUTATION),
            ]),
            Access::Other => {}
        }
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
        user: None,
    };
    let inserted = engine.plan(cql, None).and_then(|planned| engine.execute(&planned, execution));
    if let Err(error) = inserted {
        tracing::warn!(%error, "a trace could not be written");
    }
}
