//! From a planned modification and its values to mutations.

use super::bounds::partition_keys;
use super::cell_change::{Target, cell_change};
use super::evaluation::{Evaluated, json_fields};
use super::modification::{Effect, ModificationPlan, PlannedAssignment};
use super::planner::is_static;
use super::term::{Bindings, PlannedTerm};
use crate::query_error::QueryError;
use crate::storage::{Change, Clustering, Lifetime, Mutation, PartitionKey, RowWrite, TableData};

/// Twenty years, in seconds.
const MAX_TTL: i32 = 20 * 365 * 24 * 60 * 60;

impl ModificationPlan {
    /// What it changes. `timestamp` is for a statement that says none itself, `data` for one that depends on what is
    /// there.
    pub(super) fn mutations(
        &self,
        bindings: &Bindings<'_>,
        timestamp: i64,
        data: Option<&TableData>,
    ) -> Result<Vec<Mutation>, QueryError> {
        let own_timestamp =
            self.timestamp.as_ref().map(|term| term.timestamp(bindings)).transpose()?.flatten();
        let timestamp = own_timestamp.unwrap_or(timestamp);
        if let Some(json) = &self.json {
            self.check_json(json, bindings)?;
        }
        let mut mutations = Vec::with_capacity(1);
        for key in self.partitions(bindings)? {
            let changes = match &self.effect {
                Effect::Write { assignments, inserts_row } => {
                    self.writes(assignments, *inserts_row, &key, bindings, data)?
                }
                Effect::Delete => self.deletions(bindings)?,
            };
            let mutation = |change| Mutation { key: key.clone(), timestamp, change };
            mutations.extend(changes.into_iter().map(mutation));
        }
        Ok(mutations)
    }

    /// Whether a JSON text names columns that the table has.
    fn check_json(&self, json: &PlannedTerm, bindings: &Bindings<'_>) -> Result<(), QueryError> {
        let fields = json_fields(json, bindings)?;
        match fields.keys().find(|name| self.table.column_index(name).is_none()) {
            Some(unknown) => Err(QueryError::Invalid(format!(
                "JSON values map contains unrecognized column: {unknown}"
            ))),
            None => Ok(()),
        }
    }

    /// Whether what it writes depends on what is there.
    pub(super) fn reads(&self) -> bool {
        match &self.effect {
            Effect::Write { assignments, .. } => assignments.iter().any(|assignment| {
                assignment.operation.reads(&self.table.columns[assignment.column])
            }),
            Effect::Delete => false,
        }
    }

    pub(super) fn partitions(
        &self,
        bindings: &Bindings<'_>,
    ) -> Result<Vec<PartitionKey>, QueryError> {
        partition_keys(&self.table, &self.keys, bindings)
    }

    /// The rows that it names; none for one that is about static columns.
    pub(super) fn rows(&self, bindings: &Bindings<'_>) -> Result<Vec<Clustering>, QueryError> {
        if self.is_static_only() {
            return Ok(Vec::new());
        }
        self.clustering.rows(&self.table, bindings)
    }

    fn lifetime(&self, bindings: &Bindings<'_>) -> Result<Lifetime, QueryError> {
        let default = self.table.options.default_ttl();
        let ttl = match self.ttl.as_ref().map(|term| term.evaluate(bindings)).transpose()? {
            None | Some(Evaluated::Unset | Evaluated::Null) => default,
            Some(Evaluated::Value(value)) => {
                let ttl = value.as_ref().try_into().map(i32::from_be_bytes).unwrap_or(0);
                if ttl > MAX_TTL {
                    return Err(QueryError::Invalid(format!(
                        "ttl is too large. requested ({ttl}) maximum ({MAX_TTL})"
                    )));
                }
                u32::try_from(ttl).map_err(|_| {
                    QueryError::Invalid(format!(
                        "A TTL must be greater or equal to 0, but was {ttl}"
                    ))
                })?
            }
        };
        Ok(Lifetime::starting_at(bindings.now, ttl))
    }

    fn writes(
        &self,
        assignments: &[PlannedAssignment],
        inserts_row: bool,
        key: &PartitionKey,
        bindings: &Bindings<'_>,
        data: Option<&TableData>,
    ) -> Result<Vec<Change>, QueryError> {
        let lifetime = self.lifetime(bindings)?;
        let rows = if self.is_static_only() {
            vec![None]
        } else {
            let rows = self.clustering.rows(&self.table, bindings)?;
            rows.into_iter().map(Some).collect()
        };
        let mut changes = Vec::with_capacity(rows.len());
        for clustering in rows {
            let mut write = RowWrite { inserts_row, lifetime, ..RowWrite::default() };
            let target = Target { key, clustering: clustering.as_ref(), data };
            for PlannedAssignment { column, operation } in assignments {
                let column = &self.table.columns[*column];
                let Some(change) = cell_change(column, operation, bindings, &target)? else {
                    continue;
                };
                let cells = if is_static(column) { &mut write.statics } else { &mut write.cells };
                cells.push((column.slot, change));
            }
            write.clustering = clustering;
            changes.push(Change::Write(write));
        }
        Ok(changes)
    }

    fn deletions(&self, bindings: &Bindings<'_>) -> Result<Vec<Change>, QueryError> {
        if self.clustering.is_unrestricted() {
            let whole = if self.table.clustering().is_empty() && self.is_conditional() {
                Change::DeleteRow(Clustering::default())
            } else {
                Change::DeletePartition
            };
            return Ok(vec![whole]);
        }
        if self.clustering.names_rows(&self.table) {
            let rows = self.clustering.rows(&self.table, bindings)?;
            return Ok(rows.into_iter().map(Change::DeleteRow).collect());
        }
        self.clustering.check_bounds(&self.table, bindings)?;
        let ranges = self.clustering.ranges(&self.table, bindings)?;
        Ok(ranges.into_iter().map(Change::DeleteRows).collect())
    }
}
