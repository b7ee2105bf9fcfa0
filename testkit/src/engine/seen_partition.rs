//! What conditional statements see of their partition, and what they answer when they are not applied.

use std::collections::BTreeSet;

use helenus_protocol::{CqlType, ResultMetadata, Rows};

use super::condition::PlannedCondition;
use super::modification::Effect;
use super::row_view::RowView;
use super::write::{BoundModification, Target};
use crate::schema::{ColumnKind, Table};
use crate::storage::{Clustering, ClusteringRange, Partition, PartitionKey, Row, TableData};
use crate::value::write_element;

/// The partition that conditions are checked against.
pub(super) struct SeenPartition<'a> {
    table: &'a Table,
    key: &'a PartitionKey,
    partition: Option<&'a Partition>,
    nothing: Partition,
    all: ClusteringRange,
    now: u32,
}

impl<'a> SeenPartition<'a> {
    pub(super) fn new(
        table: &'a Table,
        data: &'a TableData,
        key: &'a PartitionKey,
        now: u32,
    ) -> Self {
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
    pub(super) fn row(&self, clustering: Option<&Clustering>) -> (RowView<'_>, bool) {
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

    /// A view of the first row, or of none.
    fn first_row(&self) -> RowView<'_> {
        let (view, _) = self.row(None);
        let rows = view.partition.rows(&self.all);
        let row = rows.map(|(_, row)| row).find(|row| row.is_live(self.now));
        RowView { row, ..view }
    }

    /// What statements that were not applied answer: `[applied]` and what is there instead.
    pub(super) fn refusal(
        &self,
        statements: &[BoundModification<'_>],
        targets: &[Target],
        is_batch: bool,
    ) -> Rows {
        let of_static = |column: &usize| self.table.columns[*column].kind == ColumnKind::Static;
        let conditional = || statements.iter().filter(|one| one.plan.is_conditional());
        let named: Vec<_> = conditional().flat_map(|one| one.plan.condition.columns()).collect();
        let updates_statics = statements.iter().any(|statement| match &statement.plan.effect {
            Effect::Write { assignments, .. } => {
                assignments.iter().any(|assignment| of_static(&assignment.column))
            }
            Effect::Delete => false,
        });
        let updates_rows = targets.iter().any(|target| target.row.is_some());
        // A condition on static columns alone tells a partition without them from one that is not there.
        let only_statics = !named.is_empty() && named.iter().all(of_static);
        let reads_statics = named.iter().any(of_static) || updates_statics;
        let is_partition_there =
            (only_statics && self.is_live()) || (reads_statics && self.statics().is_live(self.now));

        let mut seen = BTreeSet::new();
        let mut shown = Vec::new();
        for (statement, target) in statements.iter().zip(targets) {
            let row = target.row.as_ref();
            let (view, exists) = self.row(row);
            if exists && statement.plan.is_conditional() && seen.insert(row.map(|row| &row.order)) {
                shown.push(if row.is_some() { view } else { self.first_row() });
            }
        }
        if shown.is_empty() && is_partition_there {
            shown.push(if updates_rows { self.row(None).0 } else { self.first_row() });
        }
        let columns = if shown.is_empty() { Vec::new() } else { self.shown(statements, is_batch) };
        if shown.is_empty() {
            shown.push(self.row(None).0);
        }
        let is_read = |column: &usize| match self.table.columns[*column].kind {
            ColumnKind::Static => updates_statics || named.contains(column),
            ColumnKind::Regular => updates_rows || named.contains(column),
            ColumnKind::PartitionKey | ColumnKind::Clustering { .. } => true,
        };
        let mut content = Vec::new();
        for view in &shown {
            content.extend(applied(false));
            for column in &columns {
                let value = if is_read(column) { view.value(*column) } else { None };
                write_element(value.as_deref(), &mut content);
            }
        }
        let mut specs = vec![self.table.spec("[applied]", CqlType::Boolean)];
        specs.extend(columns.iter().map(|column| {
            let column = &self.table.columns[*column];
            self.table.spec(&*column.name, column.ty.clone())
        }));
        Rows { metadata: ResultMetadata::of(specs), count: shown.len(), content: content.into() }
    }

    /// The columns of a refusal, in its order.
    fn shown(&self, statements: &[BoundModification<'_>], is_batch: bool) -> Vec<usize> {
        let mut columns = Vec::new();
        let mut show = |column: usize| {
            if !columns.contains(&column) {
                columns.push(column);
            }
        };
        let of_static = |column: &usize| self.table.columns[*column].kind == ColumnKind::Static;
        if is_batch {
            (0..self.table.clustering_range().end).for_each(&mut show);
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
        columns
    }
}

/// The cell of the column `[applied]`.
pub(super) fn applied(is_applied: bool) -> Vec<u8> {
    let mut cell = Vec::with_capacity(5);
    write_element(Some(&[u8::from(is_applied)]), &mut cell);
    cell
}
