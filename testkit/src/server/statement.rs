//! QUERY, PREPARE, EXECUTE and BATCH.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use helenus_protocol::{
    Batch, Cell, Execute, Prepare, Prepared, Query, QueryParameters, Request, Response,
    ResponseBody, ServerError, Statement,
};

use super::failure::protocol_error;
use super::prepared_statements::{PreparedStatement, PreparedStatements};
use super::result_metadata_id::ResultMetadataId;
use super::session::{Session, error_body};
use super::trace::Trace;
use crate::cluster::{CoordinatedStatement, StatementKind};
use crate::engine::{Execution, Outcome, PageRequest, Planned, StatementTime};
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

    /// The texts of what a request runs or prepares.
    pub(super) fn texts(&self, request: &Request<'_>) -> Vec<Arc<str>> {
        let prepared = |id| self.member.prepared.get(id).map(|statement| statement.cql.clone());
        match request {
            Request::Query(query) => vec![query.cql.into()],
            Request::Prepare(prepare) => vec![prepare.cql.into()],
            Request::Execute(execute) => prepared(execute.id).into_iter().collect(),
            Request::Batch(batch) => {
                let texts = batch.statements.iter().map(|statement| match statement.statement {
                    Statement::Prepared(id) => prepared(id),
                    Statement::Cql(cql) => Some(cql.into()),
                });
                texts.flatten().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Fails a request as a fault has it: it was seen, and is not carried out.
    pub(super) fn refuse_statements(
        &self,
        request: &Request<'_>,
        error: ServerError,
    ) -> ResponseBody {
        let (kind, parameters) = match request {
            Request::Query(query) => (StatementKind::Simple, &query.parameters),
            Request::Execute(execute) => (StatementKind::Prepared, &execute.parameters),
            Request::Batch(batch) => (StatementKind::Batched, &batch.parameters),
            _ => return error_body(error),
        };
        self.member.count_request();
        for cql in self.texts(request) {
            self.record(cql, kind, parameters);
        }
        error_body(error)
    }

    fn query(&self, query: &Query<'_>) -> Result<Outcome, QueryError> {
        let parameters = &query.parameters;
        self.record(query.cql.into(), StatementKind::Simple, parameters);
        let planned = self
            .cluster
            .engine
            .plan(query.cql, parameters.keyspace.or(self.keyspace.as_deref()))?;
        self.run_planned(&planned, parameters, parameters.skip_metadata)
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Outcome, QueryError> {
        let keyspace = prepare.keyspace.or(self.keyspace.as_deref());
        let planned = self.cluster.engine.plan(prepare.cql, keyspace)?;
        let id = PreparedStatements::id(keyspace, prepare.cql);
        let result = planned.result_metadata();
        let result_metadata_id = ResultMetadataId::of(&result);
        let answer = Prepared {
            id: Bytes::copy_from_slice(&id),
            result_metadata_id: self
                .speaks_v5()
                .then(|| Bytes::copy_from_slice(result_metadata_id.as_bytes())),
            metadata: planned.marker_metadata(),
            result,
        };
        let cql = prepare.cql.into();
        self.member.prepared.insert(id, PreparedStatement { cql, planned, result_metadata_id });
        Ok(Response::Prepared(answer).into())
    }

    fn execute(&self, execute: &Execute<'_>) -> Result<Outcome, QueryError> {
        let statement = self.prepared(execute.id)?;
        self.record(statement.cql.clone(), StatementKind::Prepared, &execute.parameters);
        let current = statement.result_metadata_id.as_bytes();
        let is_stale = execute.result_metadata_id.is_some_and(|held| held != current);
        let skip_metadata = execute.parameters.skip_metadata && !is_stale;
        let mut outcome =
            self.run_planned(&statement.planned, &execute.parameters, skip_metadata)?;
        if is_stale
            && !statement.planned.is_modification()
            && let Response::Rows(rows) = &mut outcome.response
        {
            rows.metadata.new_metadata_id = Some(Bytes::copy_from_slice(current));
        }
        Ok(outcome)
    }

    fn batch(&self, batch: &Batch<'_>) -> Result<Outcome, QueryError> {
        let keyspace = batch.parameters.keyspace.or(self.keyspace.as_deref());
        let mut planned = Vec::with_capacity(batch.statements.len());
        for statement in &batch.statements {
            let prepared = match statement.statement {
                Statement::Prepared(id) => self.prepared(id)?,
                Statement::Cql(cql) => {
                    let planned = self.cluster.engine.plan(cql, keyspace)?;
                    let result_metadata_id = ResultMetadataId::of(&planned.result_metadata());
                    Arc::new(PreparedStatement { cql: cql.into(), planned, result_metadata_id })
                }
            };
            self.record(prepared.cql.clone(), StatementKind::Batched, &batch.parameters);
            let values = prepared.planned.bind(&statement.values)?;
            self.check_replicas(&prepared.planned, &values, &batch.parameters)?;
            planned.push((prepared, values));
        }
        let statements: Vec<(&Planned, &[Cell<'_>])> = planned
            .iter()
            .map(|(prepared, values)| (&prepared.planned, values.as_slice()))
            .collect();
        self.cluster.engine.execute_batch(&statements, batch.kind, time_of(&batch.parameters))
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
        skip_metadata: bool,
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
        self.check_replicas(planned, &values, parameters)?;
        let tables = NodeTables { cluster: &self.cluster, member: &self.member };
        self.cluster.engine.execute(
            planned,
            Execution {
                virtual_tables: &tables,
                values: &values,
                page: PageRequest { size, state: parameters.paging_state, skip_metadata },
                time: time_of(parameters),
            },
        )
    }

    fn record(&self, cql: Arc<str>, kind: StatementKind, parameters: &QueryParameters<'_>) {
        self.member.record(CoordinatedStatement {
            cql,
            kind,
            consistency: parameters.consistency,
            node: self.member.address,
            client: self.client,
            at: Instant::now(),
        });
    }
}

fn time_of(parameters: &QueryParameters<'_>) -> StatementTime {
    let now = parameters.now_in_seconds.map(|now| u32::try_from(now).unwrap_or(0));
    StatementTime { timestamp: parameters.timestamp, now }
}
