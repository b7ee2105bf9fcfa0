//! Running a SELECT over a table's data, one page at a time.

use std::ops::Bound;

use helenus_protocol::{ResultMetadata, Rows};

use super::bounds::{partition_keys, ring_bounds};
use super::clock::Clock;
use super::paging_state::PagingState;
use super::restriction::PartitionRestriction;
use super::row_filter::RowFilter;
use super::row_view::RowView;
use super::select::SelectPlan;
use super::selector::Accumulator;
use super::term::Bindings;
use crate::query_error::QueryError;
use crate::storage::{ClusteringRange, Partition, PartitionKey, TableData};
use crate::value::write_element;

/// Which page of the rows a client wants.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PageRequest<'a> {
    /// Rows per page; `None` is all of them.
    pub(crate) size: Option<u32>,
    pub(crate) state: Option<&'a [u8]>,
    /// The client knows the columns.
    pub(crate) skip_metadata: bool,
}

impl SelectPlan {
    pub(super) fn read(
        &self,
        data: &TableData,
        bindings: &Bindings<'_>,
        page: PageRequest<'_>,
    ) -> Result<Rows, QueryError> {
        let resume = page.state.map(PagingState::decode).transpose()?;
        let mut ranges = self.restrictions.clustering.ranges(&self.table, bindings)?;
        if self.reversed {
            ranges.reverse();
        }
        let mut reader = Reader::new(self, bindings, page, &ranges, resume.as_ref())?;
        match &self.restrictions.partition {
            PartitionRestriction::Keys(choices) => {
                let keys = partition_keys(choices, bindings)?;
                let from =
                    |key: &&PartitionKey| resume.as_ref().is_none_or(|state| **key >= state.key);
                reader.partitions(keys.iter().filter(from).filter_map(|key| data.partition(key)));
            }
            PartitionRestriction::Tokens { lower, upper } => {
                if let Some((lower, upper)) = ring_bounds(lower.as_ref(), upper.as_ref(), bindings)?
                {
                    let lower = match &resume {
                        Some(state) => Bound::Included(&state.key),
                        None => lower.as_ref(),
                    };
                    reader.partitions(data.partitions(lower, upper.as_ref()));
                }
            }
        }
        Ok(reader.finish())
    }
}

/// Collects rows until the page, the limit or the data ends.
struct Reader<'a> {
    plan: &'a SelectPlan,
    clock: &'a Clock,
    now: u32,
    filter: RowFilter,
    ranges: &'a [ClusteringRange],
    resume: Option<&'a PagingState>,
    page_size: u32,
    skip_metadata: bool,
    per_partition: u32,
    remaining: u32,
    remaining_in_partition: u32,
    accumulators: Vec<Accumulator>,
    count: usize,
    content: Vec<u8>,
    next: Option<PagingState>,
}

impl<'a> Reader<'a> {
    fn new(
        plan: &'a SelectPlan,
        bindings: &Bindings<'a>,
        page: PageRequest<'_>,
        ranges: &'a [ClusteringRange],
        resume: Option<&'a PagingState>,
    ) -> Result<Self, QueryError> {
        let (limit, per_partition) = plan.limits(bindings)?;
        let accumulators = if plan.is_aggregate() {
            plan.selectors.iter().map(Accumulator::new).collect()
        } else {
            Vec::new()
        };
        Ok(Self {
            plan,
            clock: bindings.clock,
            now: bindings.now,
            filter: RowFilter::new(&plan.restrictions.filters, &plan.table, bindings)?,
            ranges,
            resume,
            page_size: page.size.filter(|_| accumulators.is_empty()).unwrap_or(u32::MAX),
            skip_metadata: page.skip_metadata,
            per_partition,
            remaining: resume.map_or(limit, |state| state.remaining),
            remaining_in_partition: per_partition,
            accumulators,
            count: 0,
            content: Vec::new(),
            next: None,
        })
    }

    fn partitions<'d>(
        &mut self,
        partitions: impl Iterator<Item = (&'d PartitionKey, &'d Partition)>,
    ) {
        for (key, partition) in partitions {
            let resume = self.resume.filter(|state| state.key == *key);
            self.remaining_in_partition =
                resume.map_or(self.per_partition, |state| state.remaining_in_partition);
            if self.is_full() {
                return;
            }
            self.partition(key, partition, resume);
        }
    }

    fn partition(
        &mut self,
        key: &PartitionKey,
        partition: &Partition,
        resume: Option<&PagingState>,
    ) {
        let plan = self.plan;
        let now = self.now;
        let view = |row| RowView { table: &plan.table, key, partition, row, now };
        let position = resume.and_then(|state| state.clustering.as_deref());
        if resume.is_some() && position.is_none() {
            return;
        }
        if plan.distinct {
            let all = ClusteringRange::all();
            let mut rows = partition.rows(&all);
            if partition.static_row().is_live(now) || rows.any(|(_, row)| row.is_live(now)) {
                self.row(&view(None), None);
            }
            return;
        }
        let mut found = resume.is_some();
        for range in self.ranges {
            let range = match position {
                Some(order) => &range.resumed_after(order, plan.reversed),
                None => range,
            };
            let mut rows = partition.rows(range);
            while !self.is_full() && self.remaining_in_partition > 0 {
                let Some((order, row)) =
                    (if plan.reversed { rows.next_back() } else { rows.next() })
                else {
                    break;
                };
                if row.is_live(now) {
                    found = true;
                    self.row(&view(Some(row)), Some(order));
                }
            }
        }
        let shows_statics =
            !found && plan.restrictions.clustering.is_unrestricted() && !self.is_full();
        if shows_statics && partition.static_row().is_live(now) {
            self.row(&view(None), None);
        }
    }

    fn row(&mut self, view: &RowView<'_>, clustering: Option<&[u8]>) {
        if !self.filter.accepts(view) {
            return;
        }
        self.remaining -= 1;
        self.remaining_in_partition -= 1;
        self.count += 1;
        if self.accumulators.is_empty() {
            for selector in &self.plan.selectors {
                write_element(selector.evaluate(view, self.clock).as_deref(), &mut self.content);
            }
        } else {
            for (accumulator, selector) in self.accumulators.iter_mut().zip(&self.plan.selectors) {
                accumulator.add(selector, view, self.clock);
            }
        }
        if self.page_is_full() && self.remaining > 0 {
            self.next = Some(PagingState {
                key: view.key.clone(),
                clustering: clustering.map(Into::into),
                remaining: self.remaining,
                remaining_in_partition: self.remaining_in_partition,
            });
        }
    }

    fn is_full(&self) -> bool {
        self.remaining == 0 || self.page_is_full()
    }

    fn page_is_full(&self) -> bool {
        u32::try_from(self.count).is_ok_and(|count| count >= self.page_size)
    }

    fn finish(mut self) -> Rows {
        if !self.accumulators.is_empty() {
            self.count = 1;
            for accumulator in std::mem::take(&mut self.accumulators) {
                write_element(accumulator.finish().as_deref(), &mut self.content);
            }
        }
        let columns = &self.plan.columns;
        let metadata = ResultMetadata {
            column_count: columns.len(),
            columns: (!self.skip_metadata).then(|| columns.clone()),
            paging_state: self.next.map(|state| state.encode().into()),
            ..ResultMetadata::default()
        };
        Rows { metadata, count: self.count, content: self.content.into() }
    }
}
