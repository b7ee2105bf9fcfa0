//! Applying modifications: one, a batch, or a batch that depends on what is there.

use helenus_protocol::{BatchKind, CqlType, Response, ResultMetadata, Rows};

use super::modification::ModificationPlan;
use super::seen_partition::{SeenPartition, applied};
use super::term::Bindings;
use super::{Outcome, batch_limits};
use crate::query_error::QueryError;
use crate::schema::Table;
use crate::storage::{Clustering, Mutation, PartitionKey, Storage};

/// A modification with the values of its markers.
#[derive(Debug, Clone, Copy)]
pub(super) struct BoundModification<'a> {
    pub(super) plan: &'a ModificationPlan,
    pub(super) bindings: Bindings<'a>,
}

/// Applies `statements` as one batch, or as a single statement if there is no `kind`.
pub(super) fn apply(
    storage: &Storage,
    statements: &[BoundModification<'_>],
    kind: Option<BatchKind>,
    timestamp: i64,
) -> Result<Outcome, QueryError> {
    if let Some(kind) = kind {
        check_batch(statements, kind)?;
    }
    if statements.iter().any(|statement| statement.plan.is_conditional()) {
        return apply_conditionally(storage, statements, kind.is_some()).map(Outcome::from);
    }
    // What depends on what is there keeps others from changing it in between, where that is easy: alone.
    if let [only] = statements
        && only.plan.reads()
    {
        let store = storage.table(only.plan.table.id).ok_or_else(|| dropped(&only.plan.table))?;
        let mut data = store.write();
        let mutations = only.plan.mutations(&only.bindings, timestamp, Some(&data))?;
        storage.log(mutations.iter().map(|mutation| (only.plan.table.id, mutation)))?;
        mutations.into_iter().for_each(|mutation| data.apply(mutation));
        return Ok(Response::Void.into());
    }
    let mut mutations = Vec::with_capacity(statements.len());
    for BoundModification { plan, bindings } in statements {
        let store = storage.table(plan.table.id).filter(|_| plan.reads());
        let data = store.as_ref().map(|store| store.read());
        mutations.push((&plan.table, plan.mutations(bindings, timestamp, data.as_deref())?));
    }
    let warnings = match kind {
        Some(kind) => batch_limits::check(&mutations, kind)?,
        None => Vec::new(),
    };
    storage.log(
        mutations
            .iter()
            .flat_map(|(table, mutations)| mutations.iter().map(|mutation| (table.id, mutation))),
    )?;
    for (table, mutations) in mutations {
        let store = storage.table(table.id).ok_or_else(|| dropped(table))?;
        let mut data = store.write();
        mutations.into_iter().for_each(|mutation| data.apply(mutation));
    }
    Ok(Outcome { warnings, ..Response::Void.into() })
}

fn check_batch(statements: &[BoundModification<'_>], kind: BatchKind) -> Result<(), QueryError> {
    for statement in statements {
        let problem = match (kind, statement.plan.table.is_counter()) {
            (BatchKind::Logged, true) => "Cannot include a counter statement in a logged batch",
            (BatchKind::Unlogged, true) => {
                "Counter and non-counter mutations cannot exist in the same batch"
            }
            (BatchKind::Counter, false) => {
                "Cannot include non-counter statement in a counter batch"
            }
            _ => continue,
        };
        return Err(QueryError::invalid(problem));
    }
    Ok(())
}

/// Where a conditional statement looks: its partition and row.
pub(super) struct Target {
    key: PartitionKey,
    /// `None` where the statement is about static columns only.
    pub(super) row: Option<Clustering>,
}

fn apply_conditionally(
    storage: &Storage,
    statements: &[BoundModification<'_>],
    is_batch: bool,
) -> Result<Response, QueryError> {
    let table = &statements[0].plan.table;
    if statements.iter().any(|statement| statement.plan.table.id != table.id) {
        return Err(QueryError::invalid("Batch with conditions cannot span multiple tables"));
    }
    let targets = statements.iter().map(target).collect::<Result<Vec<_>, _>>()?;
    if targets.iter().any(|target| target.key != targets[0].key) {
        return Err(QueryError::invalid("Batch with conditions cannot span multiple partitions"));
    }
    let store = storage.table(table.id).ok_or_else(|| dropped(table))?;
    let mut data = store.write();
    let refusal = {
        let seen = SeenPartition::new(table, &data, &targets[0].key, statements[0].bindings.now);
        let mut holds = true;
        for (statement, target) in statements.iter().zip(&targets) {
            let (view, exists) = seen.row(target.row.as_ref());
            holds &= statement.plan.condition.holds(&view, exists, &statement.bindings)?;
        }
        (!holds).then(|| seen.refusal(statements, &targets, is_batch))
    };
    if let Some(rows) = refusal {
        return Ok(Response::Rows(rows));
    }
    // Later than what was read, so that it cannot lose against it.
    let timestamp = statements[0].bindings.clock.write_timestamp();
    let mut mutations: Vec<Mutation> = Vec::new();
    for statement in statements {
        mutations.extend(statement.plan.mutations(&statement.bindings, timestamp, Some(&data))?);
    }
    storage.log(mutations.iter().map(|mutation| (table.id, mutation)))?;
    mutations.into_iter().for_each(|mutation| data.apply(mutation));
    let columns = vec![table.spec("[applied]", CqlType::Boolean)];
    Ok(Response::Rows(Rows {
        metadata: ResultMetadata::of(columns),
        count: 1,
        content: applied(true).into(),
    }))
}

fn target(statement: &BoundModification<'_>) -> Result<Target, QueryError> {
    let mut keys = statement.plan.partitions(&statement.bindings)?;
    let mut rows = statement.plan.rows(&statement.bindings)?;
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(Target { key, row: rows.pop() }),
        _ => Err(QueryError::invalid("Batch with conditions cannot span multiple partitions")),
    }
}

pub(super) fn dropped(table: &Table) -> QueryError {
    QueryError::Invalid(format!("table {} does not exist", table.name))
}
