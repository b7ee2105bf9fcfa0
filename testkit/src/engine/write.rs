//! Applying modifications: one, a batch, or a batch that depends on what is there.

use std::collections::BTreeSet;

use helenus_protocol::{BatchKind, CqlType, Response, ResultMetadata, Rows};

use super::condition::PlannedCondition;
use super::modification::{Effect, ModificationPlan};
use super::row_view::RowView;
use super::term::Bindings;
use crate::query_error::QueryError;
use crate::schema::{ColumnKind, Table};
use crate::storage::{
    Clustering, ClusteringRange, Mutation, Partition, PartitionKey, Row, Storage, TableData,
};
use crate::value::write_element;

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
) -> Result<Response, QueryError> {
    if let Some(kind) = kind {
        check_batch(statements, kind)?;
    }
    if statements.iter().any(|statement| statement.plan.is_conditional()) {
        return apply_conditionally(storage, statements, kind.is_some());
    }
    // What depends on what is there keeps others from changing it in between, where that is easy: alone.
    if let [only] = statements
        && only.plan.reads()
    {
        let store = storage.table(only.plan.table.id).ok_or_else(|| dropped(&only.plan.table))?;
        let mut data = store.write();
        let mutations = only.plan.mutations(&only.bindings, timestamp, Some(&data))?;
        mutations.into_iter().for_each(|mutation| data.apply(mutation));
        return Ok(Response::Void);
    }
    let mut mutations = Vec::with_capacity(statements.len());
    for BoundModification { plan, bindings } in statements {
        let store = storage.table(plan.table.id).filter(|_| plan.reads());
        let data = store.as_ref().map(|store| store.read());
        mutations.push((&plan.table, plan.mutations(bindings, timestamp, data.as_deref())?));
    }
    for (table, mutations) in mutations {
        let store = storage.table(table.id).ok_or_else(|| dropped(table))?;
        let mut data = store.write();
        mutations.into_iter().for_each(|mutation| data.apply(mutation));
    }
    Ok(Response::Void)
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
struct Target {
    key: PartitionKey,
    /// `None` where the statement is about static columns only.
    row: Option<Clustering>,
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
        let seen = Seen::new(table, &data, &targets[0].key, statements[0].bindings.now);
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

/// The partition that conditions are checked against.
struct Seen<'a> {
    table: &'a Table,
    key: &'a PartitionKey,
    partition: Option<&'a Partition>,
    nothing: Partition,
    all: ClusteringRange,
    now: u32,
}

impl<'a> Seen<'a> {
    fn new(table: &'a Table, data: &'a TableData, key: &'a PartitionKey, now: u32) -> Self {
        let partition = data.partition(key).map(|(_, partition)| partition);
        Self {
            table,
            key,
            partition,
            nothing: Partition::default(),
            all: ClusteringRange::all(),
            now,
        }
    }

    /// A row, and whether it exists; without a clustering, the partition's static columns.
    fn row(&self, clustering: Option<&Clustering>) -> (RowView<'_>, bool) {
        let partition = self.partition.unwrap_or(&self.nothing);
        let row = clustering
            .and_then(|clustering| partition.row(&clustering.order))
            .filter(|row| row.is_live(self.now));
        let exists = match clustering {
            Some(_) => row.is_some(),
            None => partition.static_row().is_live(self.now),
        };
        (RowView { table: self.table, key: self.key, partition, row, now: self.now }, exists)
    }

    fn statics(&self) -> &Row {
        self.partition.unwrap_or(&self.nothing).static_row()
    }

    /// Whether anything of the partition is there.
    fn is_live(&self) -> bool {
        let partition = self.partition.unwrap_or(&self.nothing);
        let mut rows = partition.rows(&self.all);
        partition.static_row().is_live(self.now) || rows.any(|(_, row)| row.is_live(self.now))
    }

    /// What a statement that was not applied answers: `[applied]` and what is there instead.
    fn refusal(
        &self,
        statements: &[BoundModification<'_>],
        targets: &[Target],
        is_batch: bool,
    ) -> Rows {
        let mut columns = Vec::new();
        let mut show = |column: usize| {
            if !columns.contains(&column) {
                columns.push(column);
            }
        };
        let keys = self.table.clustering_range().end;
        let of_static = |column: &usize| self.table.columns[*column].kind == ColumnKind::Static;
        if is_batch {
            (0..keys).for_each(&mut show);
        }
        for statement in statements.iter().filter(|statement| statement.plan.is_conditional()) {
            match &statement.plan.condition {
                PlannedCondition::NotExists => (0..self.table.columns.len()).for_each(&mut show),
                condition => {
                    let named = condition.columns();
                    named.iter().filter(|column| !of_static(column)).copied().for_each(&mut show);
                    named.iter().filter(|column| of_static(column)).copied().for_each(&mut show);
                }
            }
        }
        let writes_statics = |statement: &BoundModification<'_>| match &statement.plan.effect {
            Effect::Write { assignments, .. } => {
                assignments.iter().any(|assignment| of_static(&assignment.column))
            }
            Effect::Delete => false,
        };
        let conditional = || statements.iter().filter(|one| one.plan.is_conditional());
        let named: Vec<_> = conditional().flat_map(|one| one.plan.condition.columns()).collect();
        // A condition on static columns alone tells a partition without them from one that is not there.
        let only_statics = !named.is_empty() && named.iter().all(of_static);
        let reads_statics = named.iter().any(of_static) || statements.iter().any(writes_statics);
        let is_partition_there =
            (only_statics && self.is_live()) || (reads_statics && self.statics().is_live(self.now));
        let mut content = Vec::new();
        let mut count = 0;
        let mut shown = BTreeSet::new();
        for (statement, target) in statements.iter().zip(targets) {
            let row = target.row.as_ref();
            let (view, exists) = self.row(row);
            let is_new = statement.plan.is_conditional() && shown.insert(row.map(|row| &row.order));
            let is_there = exists || is_partition_there;
            if is_there && is_new {
                content.extend(applied(false));
                for column in &columns {
                    write_element(view.value(*column).as_deref(), &mut content);
                }
                count += 1;
            }
        }
        if count == 0 {
            columns.clear();
            content = applied(false);
            count = 1;
        }
        let mut specs = vec![self.table.spec("[applied]", CqlType::Boolean)];
        specs.extend(columns.iter().map(|column| {
            let column = &self.table.columns[*column];
            self.table.spec(&*column.name, column.ty.clone())
        }));
        Rows { metadata: ResultMetadata::of(specs), count, content: content.into() }
    }
}

/// The cell of the column `[applied]`.
fn applied(is_applied: bool) -> Vec<u8> {
    let mut cell = Vec::with_capacity(5);
    write_element(Some(&[u8::from(is_applied)]), &mut cell);
    cell
}

pub(super) fn dropped(table: &Table) -> QueryError {
    QueryError::Invalid(format!("table {} does not exist", table.name))
}
