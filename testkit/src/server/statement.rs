//! QUERY, PREPARE, EXECUTE and BATCH.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use helenus_protocol::{
    Batch, Cell, Execute, Opcode, Prepare, Prepared, Query, QueryParameters, Request, Response,
    ResponseBody, ServerError, Statement,
};

use super::coordination::{Coordinated, Coordination};
use super::prepared_statements::{PreparedStatement, PreparedStatements};
use super::reply::Reply;
use super::result_metadata_id::ResultMetadataId;
use super::session::{Session, error_body};
use super::trace::Trace;
use crate::cluster::{RawValues, SeenStatement};
use crate::engine::{Execution, Outcome, PageRequest, Planned, StatementTime};
use crate::fault::Effect;
use crate::query_error::QueryError;
use crate::system::NodeTables;

impl Session {
    /// Runs a request that only a ready connection may send.
    pub(super) fn run(&mut self, request: &Request<'_>, traced: bool) -> Reply {
        let trace = traced.then(|| Trace::of(self, request, Instant::now()));
        let result = match request {
            Request::Query(query) => self.query(query),
            Request::Prepare(prepare) => self.prepare(prepare),
            Request::Execute(execute) => self.execute(execute),
            Request::Batch(batch) => self.batch(batch),
            other => return self.shake_hands(other).into(),
        };
        let mut reply = result.unwrap_or_else(Reply::from);
        if let Response::SetKeyspace(keyspace) = &reply.body.response {
            self.keyspace = Some(keyspace.clone());
            self.show_standing();
        }
        reply.body.tracing_id = trace.map(|trace| trace.finish(self, &reply.body.response));
        for change in reply.schema_changes.drain(..) {
            self.cluster.announce_schema_change(change);
        }
        reply
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

    /// How faults refuse a request, if they do.
    pub(super) fn refusal(&self, request: &Request<'_>, effects: &[Effect]) -> Option<ServerError> {
        effects.iter().find_map(|effect| match effect {
            Effect::Refuse(error) => Some(error.clone()),
            Effect::RefusePrepared => Some(unprepared(request)?.into()),
            _ => None,
        })
    }

    /// Fails a request as a fault has it: it was seen, and is not carried out.
    pub(super) fn refuse_statements(
        &self,
        request: &Request<'_>,
        error: ServerError,
    ) -> ResponseBody {
        let consistency = match request {
            Request::Query(query) => Some(query.parameters.consistency),
            Request::Execute(execute) => Some(execute.parameters.consistency),
            Request::Batch(batch) => Some(batch.parameters.consistency),
            _ => None,
        };
        if consistency.is_some() {
            self.member.count_request();
        }
        let statements = self.texts(request).into_iter().map(|cql| SeenStatement {
            cql,
            is_prepared: matches!(request, Request::Execute(_)),
            values: None,
        });
        self.record(request.opcode(), consistency, statements.collect());
        error_body(self.in_dialect(error))
    }

    fn query(&self, query: &Query<'_>) -> Result<Reply, QueryError> {
        let parameters = &query.parameters;
        let keyspace = parameters.keyspace.or(self.keyspace.as_deref());
        let planned = self.cluster.plan(query.cql, keyspace);
        let cql: Arc<str> = query.cql.into();
        let values = planned.as_ref().ok().map(|planned| planned.bind(&parameters.values));
        let seen = see(&cql, false, planned.as_ref().ok(), values.as_ref());
        self.record(Opcode::Query, Some(parameters.consistency), vec![seen]);
        let (planned, values) = (planned?, values.transpose()?.unwrap_or_default());
        self.run_planned(&planned, &values, &cql, parameters, parameters.skip_metadata)
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Reply, QueryError> {
        let keyspace = prepare.keyspace.or(self.keyspace.as_deref());
        let cql: Arc<str> = prepare.cql.into();
        self.record(Opcode::Prepare, None, vec![see(&cql, false, None, None)]);
        let planned = self.cluster.plan(prepare.cql, keyspace)?;
        let keyspace = keyspace.filter(|_| !planned.names_keyspace());
        let id = PreparedStatements::id(keyspace, prepare.cql);
        let result = planned.result_metadata();
        let result_metadata_id = ResultMetadataId::of(&result);
        let mut answer = Prepared {
            id: Bytes::copy_from_slice(&id),
            result_metadata_id: self
                .has_metadata_ids()
                .then(|| Bytes::copy_from_slice(result_metadata_id.as_bytes())),
            metadata: planned.marker_metadata(),
            result,
        };
        self.mark(&mut answer, planned.is_conditional());
        let keyspace = keyspace.map(Into::into);
        let statement = PreparedStatement { cql, keyspace, planned, result_metadata_id };
        // One whose table has changed gives way to a new one.
        let _ = self.prepared(&id);
        self.member.prepared.insert(id, statement);
        Ok(Response::Prepared(answer).into())
    }

    fn execute(&self, execute: &Execute<'_>) -> Result<Reply, QueryError> {
        let parameters = &execute.parameters;
        let statement = self.prepared(execute.id);
        let values = statement.as_ref().ok().map(|known| known.planned.bind(&parameters.values));
        let seen = statement
            .as_ref()
            .map(|known| see(&known.cql, true, Some(&known.planned), values.as_ref()));
        self.record(Opcode::Execute, Some(parameters.consistency), seen.into_iter().collect());
        let (statement, values) = (statement?, values.transpose()?.unwrap_or_default());
        let current = statement.result_metadata_id.as_bytes();
        let is_stale = execute.result_metadata_id.is_some_and(|held| held != current);
        let skip_metadata = parameters.skip_metadata && !is_stale;
        let planned = &statement.planned;
        let mut reply =
            self.run_planned(planned, &values, &statement.cql, parameters, skip_metadata)?;
        if is_stale
            && !planned.is_modification()
            && let Response::Rows(rows) = &mut reply.body.response
        {
            rows.metadata.new_metadata_id = Some(Bytes::copy_from_slice(current));
        }
        Ok(reply)
    }

    fn batch(&self, batch: &Batch<'_>) -> Result<Reply, QueryError> {
        let parameters = &batch.parameters;
        let keyspace = parameters.keyspace.or(self.keyspace.as_deref());
        let known = batch.statements.iter().map(|statement| match statement.statement {
            Statement::Prepared(id) => Ok((self.prepared(id)?, true)),
            Statement::Cql(cql) => {
                let planned = self.cluster.plan(cql, keyspace)?;
                let result_metadata_id = ResultMetadataId::of(&planned.result_metadata());
                let cql = cql.into();
                let keyspace = None;
                let statement = PreparedStatement { cql, keyspace, planned, result_metadata_id };
                Ok((Arc::new(statement), false))
            }
        });
        let known: Vec<Result<_, QueryError>> = known.collect();
        let bound: Vec<_> = known
            .iter()
            .zip(&batch.statements)
            .map(|(known, statement)| {
                known.as_ref().ok().map(|(known, _)| known.planned.bind(&statement.values))
            })
            .collect();
        let seen = known.iter().zip(&bound).filter_map(|(known, values)| {
            let (known, is_prepared) = known.as_ref().ok()?;
            Some(see(&known.cql, *is_prepared, Some(&known.planned), values.as_ref()))
        });
        self.record(Opcode::Batch, Some(parameters.consistency), seen.collect());
        let known = known.into_iter().collect::<Result<Vec<_>, _>>()?;
        let bound = bound.into_iter().flatten().collect::<Result<Vec<_>, _>>()?;
        let statements: Vec<(&Planned, &[Cell<'_>])> = known
            .iter()
            .zip(&bound)
            .map(|((known, _), values)| (&known.planned, values.as_slice()))
            .collect();
        let texts: Vec<_> = known.iter().map(|(known, _)| known.cql.clone()).collect();
        let request =
            Coordinated { statements: &statements, texts: &texts, batch: Some(batch.kind) };
        self.carry_out(request, parameters, || {
            self.cluster.engine.execute_batch(&statements, batch.kind, time_of(parameters))
        })
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
        values: &[Cell<'_>],
        cql: &Arc<str>,
        parameters: &QueryParameters<'_>,
        skip_metadata: bool,
    ) -> Result<Reply, QueryError> {
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
        let (statements, texts) = (&[(planned, values)], std::slice::from_ref(cql));
        self.carry_out(Coordinated { statements, texts, batch: None }, parameters, || {
            let tables = NodeTables { cluster: &self.cluster, member: &self.member };
            let execution = Execution {
                virtual_tables: &tables,
                values,
                page: PageRequest { size, state: parameters.paging_state, skip_metadata },
                time: time_of(parameters),
                user: self.user.as_deref(),
            };
            self.cluster.engine.execute(planned, execution)
        })
    }

    /// Runs a request if its replicas let it. What fails for want of their answers may have been done all the same.
    fn carry_out(
        &self,
        request: Coordinated<'_>,
        parameters: &QueryParameters<'_>,
        run: impl FnOnce() -> Result<Outcome, QueryError>,
    ) -> Result<Reply, QueryError> {
        let Coordination { delay, failure, is_void } = self.coordinate(request, parameters)?;
        let mut reply = match failure {
            Some(failure) if is_void => failure.into(),
            Some(failure) => {
                run()?;
                failure.into()
            }
            None => Reply::from(run()?),
        };
        reply.delay = delay;
        if let Some(route) = self.correct_route(request) {
            reply.body.payload = route;
        }
        Ok(reply)
    }
}

/// A statement as it is remembered.
fn see(
    cql: &Arc<str>,
    is_prepared: bool,
    planned: Option<&Planned>,
    values: Option<&Result<Vec<Cell<'_>>, QueryError>>,
) -> SeenStatement {
    let values = planned
        .zip(values.and_then(|values| values.as_ref().ok()))
        .filter(|(_, values)| !values.is_empty())
        .map(|(planned, values)| RawValues::new(planned.markers(), values));
    SeenStatement { cql: cql.clone(), is_prepared, values }
}

/// What a node tells that has forgotten a request's first prepared statement, if it has one.
fn unprepared(request: &Request<'_>) -> Option<QueryError> {
    let id = match request {
        Request::Execute(execute) => Some(execute.id),
        Request::Batch(batch) => {
            batch.statements.iter().find_map(|statement| match statement.statement {
                Statement::Prepared(id) => Some(id),
                Statement::Cql(_) => None,
            })
        }
        _ => None,
    };
    Some(QueryError::Unprepared(id?.to_vec()))
}

fn time_of(parameters: &QueryParameters<'_>) -> StatementTime {
    let now = parameters.now_in_seconds.map(|now| u32::try_from(now).unwrap_or(0));
    StatementTime { timestamp: parameters.timestamp, now }
}
