//! From a planned modification and its values to mutations.

use std::borrow::Cow;

use super::bounds::partition_keys;
use super::modification::{Effect, ModificationPlan, PlannedAssignment, PlannedOperation};
use super::planner::{cell_index, is_static};
use super::term::{Bindings, Evaluated, PlannedTerm};
use crate::query_error::QueryError;
use crate::storage::{CellChange, Change, Clustering, Lifetime, Mutation, PartitionKey, RowWrite};

/// Twenty years, in seconds.
const MAX_TTL: i32 = 20 * 365 * 24 * 60 * 60;

/// The empty collection: a count of zero.
const NO_ELEMENTS: &[u8] = &[0; 4];

impl ModificationPlan {
    /// What it changes. `timestamp` is for a statement that says none itself.
    pub(super) fn mutations(
        &self,
        bindings: &Bindings<'_>,
        timestamp: i64,
    ) -> Result<Vec<Mutation>, QueryError> {
        let own_timestamp =
            self.timestamp.as_ref().map(|term| term.timestamp(bindings)).transpose()?.flatten();
        let timestamp = own_timestamp.unwrap_or(timestamp);
        let changes = match &self.effect {
            Effect::Write { assignments, inserts_row } => {
                self.writes(assignments, *inserts_row, bindings)?
            }
            Effect::Delete => self.deletions(bindings)?,
        };
        let keys = self.partitions(bindings)?;
        if keys.len() == 1 && changes.len() == 1 {
            // The common case moves what the general one copies.
            let only = keys.into_iter().zip(changes);
            return Ok(only.map(|(key, change)| Mutation { key, timestamp, change }).collect());
        }
        let of_key = |key: PartitionKey| {
            changes.iter().map(move |change| Mutation {
                key: key.clone(),
                timestamp,
                change: change.clone(),
            })
        };
        Ok(keys.into_iter().flat_map(of_key).collect())
    }

    pub(super) fn partitions(
        &self,
        bindings: &Bindings<'_>,
    ) -> Result<Vec<PartitionKey>, QueryError> {
        partition_keys(&self.keys, bindings)
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
        bindings: &Bindings<'_>,
    ) -> Result<Vec<Change>, QueryError> {
        let mut write =
            RowWrite { inserts_row, lifetime: self.lifetime(bindings)?, ..RowWrite::default() };
        for PlannedAssignment { column, operation } in assignments {
            let Some(change) = self.cell_change(*column, operation, bindings)? else {
                continue;
            };
            let cells = if is_static(&self.table.columns[*column]) {
                &mut write.statics
            } else {
                &mut write.cells
            };
            cells.push((cell_index(&self.table, *column), change));
        }
        if self.is_static_only() {
            return Ok(vec![Change::Write(write)]);
        }
        let mut rows = self.clustering.rows(&self.table, bindings)?;
        if rows.len() == 1 {
            write.clustering = rows.pop();
            return Ok(vec![Change::Write(write)]);
        }
        let each = rows
            .into_iter()
            .map(|row| Change::Write(RowWrite { clustering: Some(row), ..write.clone() }));
        Ok(each.collect())
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
        let ranges = self.clustering.ranges(&self.table, bindings)?;
        Ok(ranges.into_iter().map(Change::DeleteRows).collect())
    }

    /// The new state of a column; `None` to leave it as it is.
    fn cell_change(
        &self,
        column: usize,
        operation: &PlannedOperation,
        bindings: &Bindings<'_>,
    ) -> Result<Option<CellChange>, QueryError> {
        let column = &self.table.columns[column];
        match operation {
            PlannedOperation::Delete => Ok(Some(CellChange::Delete)),
            PlannedOperation::Set(term) => Ok(match term.evaluate(bindings)? {
                Evaluated::Unset => None,
                Evaluated::Null => Some(CellChange::Delete),
                Evaluated::Value(value)
                    if column.data_type.is_multi_cell() && *value == *NO_ELEMENTS =>
                {
                    Some(CellChange::Delete)
                }
                Evaluated::Value(Cow::Owned(value)) => Some(CellChange::Set(value.into())),
                Evaluated::Value(Cow::Borrowed(value)) => Some(CellChange::Set(value.into())),
            }),
            PlannedOperation::Count { delta, negative } => {
                let delta = counter_delta(delta, &column.name, bindings)?;
                Ok(delta.map(|delta| {
                    CellChange::Add(if *negative { delta.wrapping_neg() } else { delta })
                }))
            }
        }
    }
}

fn counter_delta(
    term: &PlannedTerm,
    name: &str,
    bindings: &Bindings<'_>,
) -> Result<Option<i64>, QueryError> {
    let null =
        || QueryError::Invalid(format!("Invalid null value for counter increment of {name}"));
    match term.evaluate(bindings)? {
        Evaluated::Unset => Ok(None),
        Evaluated::Null => Err(null()),
        Evaluated::Value(value) => {
            value.as_ref().try_into().map(|b| Some(i64::from_be_bytes(b))).map_err(|_| null())
        }
    }
}
