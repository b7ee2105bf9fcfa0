//! Rows that are made one.

use helenus_protocol::CqlType;

use super::aggregate::{Accumulator, Aggregate};
use super::row_view::RowView;
use super::select::SelectPlan;
use super::selector::{PlannedSelector, Source};
use super::term::Bindings;
use crate::query_error::QueryError;
use crate::storage::{Partition, PartitionKey};

/// The columns by which rows are grouped, with their values.
pub(super) type GroupKey = Vec<Option<Vec<u8>>>;

#[derive(Debug)]
pub(super) struct Group<'p> {
    pub(super) key: GroupKey,
    /// Where its first row is among those of other partitions.
    pub(super) place: Vec<u8>,
    aggregates: Vec<(&'p PlannedSelector, Accumulator)>,
    /// What the plain selectors show, which is of the first row.
    first: Vec<Option<Vec<u8>>>,
}

impl<'p> Group<'p> {
    /// The values of the first `columns`; all rows are one group where there are none.
    pub(super) fn key(view: &RowView<'_>, columns: Option<usize>) -> GroupKey {
        let columns = 0..columns.unwrap_or(0);
        columns.map(|column| view.value(column).map(std::borrow::Cow::into_owned)).collect()
    }

    pub(super) fn begin(
        key: GroupKey,
        place: Vec<u8>,
        plan: &'p SelectPlan,
        view: &RowView<'_>,
        bindings: &Bindings<'_>,
    ) -> Result<Self, QueryError> {
        let mut group = Self { place, ..Self::empty(key, plan) };
        for selector in &plan.selectors {
            let source = Source { view, bindings, aggregates: None };
            let value = if selector.is_aggregate() {
                None
            } else {
                selector.evaluate(source, &mut 0)?.map(std::borrow::Cow::into_owned)
            };
            group.first.push(value);
        }
        Ok(group)
    }

    /// A group of no rows.
    pub(super) fn nothing(plan: &'p SelectPlan) -> Self {
        let mut group = Self::empty(GroupKey::new(), plan);
        group.first = vec![None; plan.selectors.len()];
        group
    }

    fn empty(key: GroupKey, plan: &'p SelectPlan) -> Self {
        let mut aggregates = Vec::new();
        plan.selectors.iter().for_each(|selector| selector.aggregates(&mut aggregates));
        let aggregates = aggregates.into_iter().map(|selector| {
            let kind = match selector {
                PlannedSelector::Aggregate { aggregate, .. } => *aggregate,
                _ => Aggregate::Count,
            };
            (selector, Accumulator::new(kind))
        });
        Self { key, place: Vec::new(), aggregates: aggregates.collect(), first: Vec::new() }
    }

    pub(super) fn add(
        &mut self,
        view: &RowView<'_>,
        bindings: &Bindings<'_>,
    ) -> Result<(), QueryError> {
        let source = Source { view, bindings, aggregates: None };
        for (selector, accumulator) in &mut self.aggregates {
            if let PlannedSelector::Aggregate { argument, .. } = selector {
                accumulator.add(argument.as_ref(), source)?;
            }
        }
        Ok(())
    }

    /// Appends the row that the group makes.
    pub(super) fn write(
        self,
        plan: &SelectPlan,
        bindings: &Bindings<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), QueryError> {
        let values: Vec<_> = self
            .aggregates
            .into_iter()
            .map(|(selector, accumulator)| accumulator.finish(returns(selector)))
            .collect();
        let partition = Partition::default();
        let key = PartitionKey::new(Box::default());
        let view = RowView {
            table: &plan.table,
            key: &key,
            partition: &partition,
            row: None,
            now: bindings.now,
        };
        let source = Source { view: &view, bindings, aggregates: Some(&values) };
        plan.write_group(source, self.first, out)
    }
}

/// The type of what an aggregate gives.
fn returns(selector: &PlannedSelector) -> Option<&CqlType> {
    match selector {
        PlannedSelector::Aggregate { argument: Some((ty, _)), .. } => Some(ty),
        _ => None,
    }
}
