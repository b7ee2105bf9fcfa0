//! From CQL to results: statements are planned against the schema, and run against the storage.

mod aggregate;
mod arithmetic;
mod batch_limits;
mod bounds;
mod cell_change;
mod choice;
mod clock;
mod clustering_restriction;
mod condition;
mod condition_order;
mod constant;
mod ddl;
mod ddl_index;
mod ddl_routine;
mod ddl_trigger;
mod ddl_type;
mod ddl_view;
mod evaluation;
#[cfg(any(test, feature = "fuzzing"))]
mod feed;
mod function;
mod group;
mod level;
mod modification;
mod mutate;
mod operation;
mod own_keyspaces;
mod paging_state;
mod planned;
mod planner;
mod read;
mod restriction;
mod row_filter;
mod row_view;
mod schema_name;
mod seen_partition;
mod select;
mod selection;
mod selector;
mod shown_row;
mod term;
#[cfg(test)]
mod tests;
mod token_restriction;
mod touched;
mod view_data;
mod virtual_tables;
mod warning;
mod write;

pub(crate) use clock::Clock;
#[cfg(feature = "fuzzing")]
pub(crate) use feed::feed_cql;
pub(crate) use level::serial_level;
pub(crate) use planned::Planned;
pub(crate) use read::PageRequest;
pub(crate) use touched::{Access, Touched};
pub(crate) use virtual_tables::{NoVirtualTables, VirtualTables};

use std::sync::{PoisonError, RwLock};

use helenus_protocol::{BatchKind, Cell, Response, Rows, SchemaChange};

use self::planned::Plan;
use self::planner::Planner;
use self::select::SelectPlan;
use self::term::Bindings;
use self::write::BoundModification;
use crate::cql::{self, ast};
use crate::describe;
use crate::query_error::QueryError;
use crate::roles::Roles;
use crate::schema::Schema;
use crate::storage::Storage;

/// What all nodes of a cluster share: the schema, the data and the time.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) schema: Schema,
    pub(crate) storage: Storage,
    pub(crate) clock: Clock,
    pub(crate) roles: Roles,
    /// The names of the cluster's data centers.
    datacenters: RwLock<Vec<String>>,
}

/// How a statement is to be run.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub(crate) virtual_tables: &'a dyn VirtualTables,
    /// The values of the markers, in order.
    pub(crate) values: &'a [Cell<'a>],
    pub(crate) page: PageRequest<'a>,
    pub(crate) time: StatementTime,
    /// Who is logged in; nobody where nobody has to.
    pub(crate) user: Option<&'a str>,
}

/// When a statement runs, where its client says so.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StatementTime {
    /// The timestamp of writes that say none themselves.
    pub(crate) timestamp: Option<i64>,
    /// Seconds since the epoch, in the place of the node's own clock.
    pub(crate) now: Option<u32>,
}

impl StatementTime {
    fn now(self) -> u32 {
        self.now.unwrap_or_else(Clock::seconds)
    }
}

/// What a statement gave.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) response: Response,
    /// What everyone who listens is to be told.
    pub(crate) schema_changes: Vec<SchemaChange>,
    /// What the client is to be told beside the response.
    pub(crate) warnings: Vec<String>,
}

impl From<Response> for Outcome {
    fn from(response: Response) -> Self {
        Self { response, schema_changes: Vec::new(), warnings: Vec::new() }
    }
}

impl Engine {
    pub(crate) fn new() -> Self {
        Self {
            schema: Schema::new(),
            storage: Storage::default(),
            clock: Clock::default(),
            roles: Roles::default(),
            datacenters: RwLock::default(),
        }
    }

    pub(crate) fn set_datacenters(&self, names: Vec<String>) {
        *self.datacenters.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    fn datacenters(&self) -> Vec<String> {
        self.datacenters.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Plans a statement; `keyspace` is for table names that say none.
    pub(crate) fn plan(&self, cql: &str, keyspace: Option<&str>) -> Result<Planned, QueryError> {
        let parsed = cql::parse(cql)?;
        let catalog = self.schema.snapshot();
        let mut planner = Planner::new(&catalog, keyspace, &parsed.markers);
        let names_keyspace = parsed.statement.names_keyspace();
        let plan = match parsed.statement {
            ast::Statement::Select(select) => Plan::Select(Box::new(planner.select(&select)?)),
            ast::Statement::Modification(modification) => {
                Plan::Modification(Box::new(planner.modification(&modification)?))
            }
            ast::Statement::Batch(batch) => Plan::Batch(planner.batch(&batch)?),
            ast::Statement::Truncate(table) => {
                if planner.table(&table)?.view.is_some() {
                    return Err(QueryError::invalid(
                        "Cannot TRUNCATE materialized view directly; must truncate base table instead",
                    ));
                }
                Plan::Truncate(planner.truncatable_table(&table)?)
            }
            ast::Statement::Use(keyspace) => Plan::Use(keyspace),
            ast::Statement::Describe(describe) => {
                Plan::Describe(describe, keyspace.map(str::to_owned))
            }
            ast::Statement::Role(statement) => Plan::Role(statement, keyspace.map(str::to_owned)),
            other => Plan::Schema(Box::new(other), keyspace.map(str::to_owned), cql.into()),
        };
        let (markers, partition_key) = planner.finish()?;
        Ok(Planned { plan, markers: markers.into(), partition_key, names_keyspace })
    }

    pub(crate) fn execute(
        &self,
        planned: &Planned,
        execution: Execution<'_>,
    ) -> Result<Outcome, QueryError> {
        let bindings =
            Bindings { values: execution.values, clock: &self.clock, now: execution.time.now() };
        let timestamp = || execution.time.timestamp.unwrap_or_else(|| self.clock.write_timestamp());
        let _turn = match &planned.plan {
            Plan::Modification(_) | Plan::Batch(_) => self.storage.turn(false),
            Plan::Truncate(_) | Plan::Schema(..) => self.storage.turn(true),
            _ => None,
        };
        match &planned.plan {
            Plan::Select(select) => {
                let rows = self.read(select, &bindings, &execution)?;
                let warnings = select.warnings(&bindings, execution.page)?;
                Ok(Outcome { warnings, ..Response::Rows(rows).into() })
            }
            Plan::Modification(plan) if planner::is_of_node(&plan.table) => {
                let mutations = plan.mutations(&bindings, timestamp(), None)?;
                execution.virtual_tables.write(&plan.table, mutations)?;
                Ok(Response::Void.into())
            }
            Plan::Modification(plan) => {
                let statement = BoundModification { plan, bindings };
                write::apply(&self.storage, &[statement], None, timestamp())
            }
            Plan::Batch(batch) => {
                let timestamp = match &batch.timestamp {
                    Some(term) => term.timestamp(&bindings)?.unwrap_or_else(timestamp),
                    None => timestamp(),
                };
                let statements: Vec<_> = batch
                    .statements
                    .iter()
                    .map(|plan| BoundModification { plan, bindings })
                    .collect();
                self.apply_batch(&statements, batch.kind, timestamp)
            }
            Plan::Truncate(table) if execution.virtual_tables.truncate(table) => {
                Ok(Response::Void.into())
            }
            Plan::Truncate(table) => {
                let store = self.storage.table(table.id).ok_or_else(|| write::dropped(table))?;
                if let Some(journal) = self.storage.journal() {
                    journal.log_truncate(table.id)?;
                }
                store.write().truncate();
                Ok(Response::Void.into())
            }
            Plan::Use(keyspace) => match self.schema.snapshot().keyspace(keyspace) {
                Some(_) => Ok(Response::SetKeyspace(keyspace.clone()).into()),
                None => Err(QueryError::Invalid(format!("Keyspace '{keyspace}' does not exist"))),
            },
            Plan::Role(statement, keyspace) => {
                let catalog = self.schema.snapshot();
                let (user, keyspace) = (execution.user, keyspace.as_deref());
                self.roles.run(statement, user, keyspace, &catalog).map(Outcome::from)
            }
            Plan::Describe(statement, keyspace) => {
                let catalog = self.schema.snapshot();
                let keyspace = keyspace.as_deref();
                let cluster = || execution.virtual_tables.cluster(keyspace);
                let rows = describe::answer(statement, &catalog, keyspace, cluster)?;
                Ok(Response::Rows(rows).into())
            }
            Plan::Schema(statement, keyspace, cql) => {
                let keyspace = keyspace.as_deref();
                let schema_changes = self.change_schema(statement, keyspace)?;
                if let Some(journal) = self.storage.journal() {
                    let catalog = self.schema.snapshot();
                    journal.log_schema(cql, keyspace, &schema_changes, &catalog)?;
                }
                let response =
                    schema_changes.last().cloned().map_or(Response::Void, Response::SchemaChange);
                let catalog = self.schema.snapshot();
                let warnings = warning::of_definition(statement, &catalog, keyspace);
                Ok(Outcome { response, schema_changes, warnings })
            }
        }
    }

    fn read(
        &self,
        select: &SelectPlan,
        bindings: &Bindings<'_>,
        execution: &Execution<'_>,
    ) -> Result<Rows, QueryError> {
        let table = &select.table;
        if let Some(data) = execution.virtual_tables.data(table) {
            return select.read(&data, bindings, execution.page);
        }
        if let Some(view) = &table.view {
            return select.read(&self.view_data(table, view, bindings)?, bindings, execution.page);
        }
        let store = self.storage.table(table.id).ok_or_else(|| write::dropped(table))?;
        select.read(&store.read(), bindings, execution.page)
    }

    /// Runs statements, each with its values, as one batch.
    pub(crate) fn execute_batch(
        &self,
        statements: &[(&Planned, &[Cell<'_>])],
        kind: BatchKind,
        time: StatementTime,
    ) -> Result<Outcome, QueryError> {
        let now = time.now();
        let bound = statements.iter().map(|(planned, values)| match &planned.plan {
            Plan::Modification(plan) => {
                Ok(BoundModification { plan, bindings: Bindings { values, clock: &self.clock, now } })
            }
            _ => Err(QueryError::invalid(
                "Invalid statement in batch: only UPDATE, INSERT and DELETE statements are allowed.",
            )),
        });
        let timestamp = time.timestamp.unwrap_or_else(|| self.clock.write_timestamp());
        let _turn = self.storage.turn(false);
        self.apply_batch(&bound.collect::<Result<Vec<_>, _>>()?, kind, timestamp)
    }

    fn apply_batch(
        &self,
        statements: &[BoundModification<'_>],
        kind: BatchKind,
        timestamp: i64,
    ) -> Result<Outcome, QueryError> {
        if statements.is_empty() {
            return Ok(Response::Void.into());
        }
        let is_of_node =
            |statement: &&BoundModification<'_>| planner::is_of_node(&statement.plan.table);
        if let Some(statement) = statements.iter().find(is_of_node) {
            return Err(planner::not_modifiable(&statement.plan.table.keyspace));
        }
        write::apply(&self.storage, statements, Some(kind), timestamp)
    }

    /// Whether the tables of a statement are still there; if not, it has to be prepared again.
    pub(crate) fn is_current(&self, planned: &Planned) -> bool {
        planned.tables().all(|table| {
            self.storage.table(table.id).is_some_and(|store| store.version() == table.version)
        })
    }
}
