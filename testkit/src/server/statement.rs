//! QUERY, PREPARE, EXECUTE and BATCH.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use helenus_protocol::{
    Batch, Cell, Execute, Prepare, Prepared, Query, QueryParameters, Request, Response,
    ResponseBody, Statement,
};

use super::failure::protocol_error;
use super::prepared_statements::{PreparedStatement, PreparedStatements};
use super::session::{Session, error_body};
use super::trace::Trace;
use crate::cluster::{CoordinatedStatement, StatementKind};
use crate::engine::{Execution, Outcome, PageRequest, Planned};
use crate::query_error::QueryError;
use crate::system::NodeTables;

impl Session {
    /// Runs a request that only a ready connection may send.
    pub(super) fn run(&mut self, request: Request<'_>, traced: bool) -> ResponseBody {
        let trace = traced.then(|| Trace::of(&request, Instant::now()));
        let result = match request {
            Request::Query(query) => self.query(&query),
            Request::Prepare(prepare) => self.prepare(&prepare),
            Request::Execute(execute) => self.execute(&execute),
            Request::Batch(batch) => self.batch(&batch),
            other => {
                return error_body(protocol_error(format!(
                    "Unexpected message {:?}",
                    other.opcode()
                )));
            }
        };
        let outcome = result.unwrap_or_else(|error| Response::Error(error.into()).into());
        if let Response::SetKeyspace(keyspace) = &outcome.response {
            self.keyspace = Some(keyspace.clone());
        }
        let mut body = ResponseBody::from(outcome.response);
        body.tracing_id = trace.map(|trace| trace.finish(self));
        for change in outcome.schema_changes {
            self.cluster.announce_schema_change(change);
        }
        body
    }

    fn query(&self, query: &Query<'_>) -> Result<Outcome, QueryError> {
        let parameters = &query.parameters;
        self.record(query.cql.into(), StatementKind::Simple, parameters);
        let planned = self
            .cluster
            .engine
            .plan(query.cql, parameters.keyspace.or(self.keyspace.as_deref()))?;
        self.run_planned(&planned, parameters)
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Outcome, QueryError> {
        let keyspace = prepare.keyspace.or(self.keyspace.as_deref());
        let planned = self.cluster.engine.plan(prepare.cql, keyspace)?;
        let id = PreparedStatements::id(keyspace, prepare.cql);
        let answer = Prepared {
            id: Bytes::copy_from_slice(&id),
            result_metadata_id: None,
            metadata: planned.marker_metadata(),
            result: planned.result_metadata(),
        };
        self.member.prepared.insert(id, PreparedStatement { cql: prepare.cql.into(), planned });
        Ok(Response::Prepared(answer).into())
    }

    fn execute(&self, execute: &Execute<'_>) -> Result<Outcome, QueryError> {
        let statement = self.prepared(execute.id)?;
        self.record(statement.cql.clone(), StatementKind::Prepared, &execute.parameters);
        self.run_planned(&statement.planned, &execute.parameters)
    }

    fn batch(&self, batch: &Batch<'_>) -> Result<Outcome, QueryError> {
        let keyspace = batch.parameters.keyspace.or(self.keyspace.as_deref());
        let mut planned = Vec::with_capacity(batch.statements.len());
        for statement in &batch.statements {
            let prepared = match statement.statement {
                Statement::Prepared(id) => self.prepared(id)?,
                Statement::Cql(cql) => {
                    let planned = self.cluster.engine.plan(cql, keyspace)?;
                    Arc::new(PreparedStatement { cql: cql.into(), planned })
                }
            };
            self.record(prepared.cql.clone(), StatementKind::Batched, &batch.parameters);
            let values = prepared.planned.bind(&statement.values)?;
            planned.push((prepared, values));
        }
        let statements: Vec<(&Planned, &[Cell<'_>])> = planned
            .iter()
            .map(|(prepared, values)| (&prepared.planned, values.as_slice()))
            .collect();
        self.cluster.engine.execute_batch(&statements, batch.kind, batch.parameters.timestamp)
    }

    fn prepared(&self, id: &[u8]) -> Result<Arc<PreparedStatement>, QueryError> {
        let unprepared = || QueryError::Unprepared(id.to_vec());
        let statement = self.member.prepared.get(id).ok_or_else(unprepared)?;
        if !self.cluster.engine.is_current(&statement.planned) {
            self.member.prepared.remove(id);
            return Err(unprepared());
        }
        Ok(statement)
    }

    fn run_planned(
        &self,
        planned: &Planned,
        parameters: &QueryParameters<'_>,
    ) -> Result<Outcome, QueryError> {
        let size = match parameters.page_size.map(u32::try_from) {
            None => None,
            Some(Ok(0)) => {
                return Err(QueryError::Protocol(
                    "The page size must be a positive number".to_owned(),
                ));
            }
            // A negative size turns paging off.
            Some(Err(_)) => None,
            Some(Ok(size)) => Some(size),
        };
        let values = planned.bind(&parameters.values)?;
        let tables = NodeTables { cluster: &self.cluster, member: &self.member };
        self.cluster.engine.execute(
            planned,
            Execution {
                virtual_tables: &tables,
                values: &values,
                page: PageRequest {
                    size,
                    state: parameters.paging_state,
                    skip_metadata: parameters.skip_metadata,
                },
                timestamp: parameters.timestamp,
            },
        )
    }

    fn record(&self, cql: Arc<str>, kind: StatementKind, parameters: &QueryParameters<'_>) {
        self.member.record(CoordinatedStatement {
            cql,
            kind,
            consistency: parameters.consistency,
            client: self.client,
        });
    }
}
