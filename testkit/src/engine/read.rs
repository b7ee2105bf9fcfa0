//! Running a SELECT over a table's data, one page at a time.

use std::ops::Bound;

use helenus_protocol::{ResultMetadata, Rows};

use super::bounds::{combinations, partition_keys, ring_bounds};
use super::function::floats;
use super::group::Group;
use super::paging_state::PagingState;
use super::restriction::PartitionRestriction;
use super::row_filter::RowFilter;
use super::row_view::RowView;
use super::select::{Near, SelectPlan};
use super::selector::Source;
use super::term::Bindings;
use crate::query_error::QueryError;
use crate::schema::ColumnKind;
use crate::storage::{ClusteringRange, Partition, PartitionKey, TableData};
use crate::value::write_byte_comparable;

/// How many rows may be wanted by how near they are.
const MOST_NEAR: u32 = 1_000;

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
        self.selectors.iter().try_for_each(|selector| selector.check(&self.table, bindings))?;
        let resume =
            page.state.map(|state| PagingState::decode(state, self.table.id)).transpose()?;
        let mut ranges = self.restrictions.clustering.ranges(&self.table, bindings)?;
        if self.reversed {
            ranges.reverse();
        }
        if self.merges.is_some() && page.size.is_some() && !self.finds_nothing(&ranges, bindings)? {
            return Err(QueryError::invalid(
                "Cannot page queries with both ORDER BY and a IN restriction on the partition key; you must either remove the ORDER BY or the IN and sort client side, or disable paging for this query",
            ));
        }
        let mut reader = Reader::new(self, bindings, page, &ranges, resume.as_ref())?;
        match &self.restrictions.partition {
            // Where no rows are asked for, a key may be one that no partition can have.
            PartitionRestriction::Keys(choices) if self.leaves_no_rows(&ranges) => {
                combinations(choices, bindings)?;
            }
            PartitionRestriction::Keys(choices) => {
                let keys = partition_keys(&self.table, choices, bindings)?;
                let done =
                    resume.as_ref().and_then(|state| keys.iter().position(|key| *key == state.key));
                let rest = keys[done.unwrap_or(0)..].iter();
                let found = rest.filter_map(|key| data.partition(key));
                reader.partitions(found)?;
            }
            PartitionRestriction::Tokens { lower, upper } => {
                if let Some((lower, upper)) = ring_bounds(lower.as_ref(), upper.as_ref(), bindings)?
                {
                    let lower = match (&resume, &lower) {
                        // The state of another statement is no way past this one's bounds.
                        (Some(state), Bound::Included(first)) if state.key < *first => {
                            lower.as_ref()
                        }
                        (Some(state), Bound::Excluded(last)) if state.key <= *last => {
                            lower.as_ref()
                        }
                        (Some(state), _) => Bound::Included(&state.key),
                        (None, _) => lower.as_ref(),
                    };
                    reader.partitions(data.partitions(lower, upper.as_ref()))?;
                }
            }
        }
        reader.finish()
    }

    /// Whether none of a partition's rows are asked for. Static columns are, where rows are named, if only none.
    fn leaves_no_rows(&self, ranges: &[ClusteringRange]) -> bool {
        if !ranges.is_empty() {
            return false;
        }
        let mut selected = Vec::new();
        self.selectors.iter().for_each(|selector| selector.columns(&mut selected));
        let is_static = |column: &usize| self.table.columns[*column].kind == ColumnKind::Static;
        !(self.restrictions.clustering.names_rows(&self.table) && selected.iter().any(is_static))
    }

    /// Whether there are no rows to be asked for, and none that would be made of none.
    fn finds_nothing(
        &self,
        ranges: &[ClusteringRange],
        bindings: &Bindings<'_>,
    ) -> Result<bool, QueryError> {
        if self.is_aggregate() || self.group_by.is_some() {
            return Ok(false);
        }
        Ok(self.leaves_no_rows(ranges)
            || match &self.restrictions.partition {
                PartitionRestriction::Keys(choices) => {
                    partition_keys(&self.table, choices, bindings)?.is_empty()
                }
                PartitionRestriction::Tokens { .. } => false,
            })
    }
}

/// Collects rows until the page, the limit or the data ends.
struct Reader<'a> {
    plan: &'a SelectPlan,
    bindings: &'a Bindings<'a>,
    now: u32,
    filter: RowFilter,
    ranges: &'a [ClusteringRange],
    resume: Option<&'a PagingState>,
    page_size: u32,
    skip_metadata: bool,
    per_partition: u32,
    remaining: u32,
    remaining_in_partition: u32,
    /// The rows that are being made one, where they are.
    group: Option<Group<'a>>,
    /// Where the last row was that was taken into a group.
    last: Option<(PartitionKey, Option<Box<[u8]>>)>,
    /// Rows that are still to be put in order, each with how near it is.
    near: Vec<(f32, Vec<u8>)>,
    /// Rows that are still to be put in order, each with its place in it.
    merged: Vec<(Vec<u8>, Vec<u8>)>,
    count: usize,
    content: Vec<u8>,
    next: Option<PagingState>,
}

impl<'a> Reader<'a> {
    fn new(
        plan: &'a SelectPlan,
        bindings: &'a Bindings<'a>,
        page: PageRequest<'_>,
        ranges: &'a [ClusteringRange],
        resume: Option<&'a PagingState>,
    ) -> Result<Self, QueryError> {
        let (limit, per_partition) = plan.limits(bindings)?;
        if plan.near.is_some() && limit > MOST_NEAR {
            return Err(QueryError::Invalid(format!(
                "Use of ANN OF in an ORDER BY clause requires a LIMIT that is not greater than {MOST_NEAR}. LIMIT was {limit}"
            )));
        }
        let is_whole = (plan.is_aggregate() && plan.group_by.is_none()) || plan.near.is_some();
        Ok(Self {
            plan,
            bindings,
            now: bindings.now,
            filter: RowFilter::new(&plan.restrictions.filters, &plan.table, bindings)?,
            ranges,
            resume,
            page_size: page.size.filter(|_| !is_whole).unwrap_or(u32::MAX),
            skip_metadata: page.skip_metadata,
            per_partition,
            remaining: resume.map_or(limit, |state| state.remaining.min(limit)),
            remaining_in_partition: per_partition,
            group: None,
            last: None,
            near: Vec::new(),
            merged: Vec::new(),
            count: 0,
            content: Vec::new(),
            next: None,
        })
    }

    fn partitions<'d>(
        &mut self,
        partitions: impl Iterator<Item = (&'d PartitionKey, &'d Partition)>,
    ) -> Result<(), QueryError> {
        for (key, partition) in partitions {
            let resume = self.resume.filter(|state| state.key == *key);
            self.remaining_in_partition =
                resume.map_or(self.per_partition, |state| state.remaining_in_partition);
            if self.is_full() {
                return Ok(());
            }
            self.partition(key, partition, resume)?;
        }
        Ok(())
    }

    fn partition(
        &mut self,
        key: &PartitionKey,
        partition: &Partition,
        resume: Option<&PagingState>,
    ) -> Result<(), QueryError> {
        let plan = self.plan;
        let now = self.now;
        let view = |row| RowView { table: &plan.table, key, partition, row, now };
        let position = resume.and_then(|state| state.clustering.as_deref());
        if resume.is_some() && position.is_none() {
            return Ok(());
        }
        if plan.distinct {
            let all = ClusteringRange::all();
            let mut rows = partition.rows(&all);
            if partition.static_row().is_live(now) || rows.any(|(_, row)| row.is_live(now)) {
                self.row(&view(None), None)?;
            }
            return self.end_partition();
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
                    self.row(&view(Some(row)), Some(order))?;
                }
            }
        }
        let shows_statics =
            !found && plan.restrictions.clustering.is_unrestricted() && !self.is_full();
        if shows_statics && partition.static_row().is_live(now) {
            self.row(&view(None), None)?;
        }
        self.end_partition()
    }

    /// No group reaches into the next partition.
    fn end_partition(&mut self) -> Result<(), QueryError> {
        if self.plan.group_by.is_some() { self.show_group() } else { Ok(()) }
    }

    fn row(&mut self, view: &RowView<'_>, clustering: Option<&[u8]>) -> Result<(), QueryError> {
        if !self.filter.accepts(view) {
            return Ok(());
        }
        if self.plan.is_aggregate() {
            return self.group(view, clustering);
        }
        let source = Source { view, bindings: self.bindings, aggregates: None };
        if let Some(near) = &self.plan.near {
            let Some(similarity) = near.similarity_of(view, self.bindings)? else {
                return Ok(());
            };
            let mut content = Vec::new();
            self.plan.write_row(source, &mut content)?;
            self.near.push((similarity, content));
            return Ok(());
        }
        if let Some(columns) = self.plan.merges {
            let mut content = Vec::new();
            self.plan.write_row(source, &mut content)?;
            self.merged.push((place(view, columns), content));
            self.remaining_in_partition -= 1;
            return Ok(());
        }
        self.plan.write_row(source, &mut self.content)?;
        self.shown(view.key, clustering);
        Ok(())
    }

    /// Takes a row into its group; the one before is shown once it is left.
    fn group(&mut self, view: &RowView<'_>, clustering: Option<&[u8]>) -> Result<(), QueryError> {
        let key = Group::key(view, self.plan.group_by);
        if self.group.as_ref().is_some_and(|group| group.key != key) {
            self.show_group()?;
            if self.is_full() || self.remaining_in_partition == 0 {
                return Ok(());
            }
        }
        let group = match &mut self.group {
            Some(group) => group,
            none => {
                let place = place(view, self.plan.merges.unwrap_or(0));
                none.insert(Group::begin(key, place, self.plan, view, self.bindings)?)
            }
        };
        group.add(view, self.bindings)?;
        self.last = Some((view.key.clone(), clustering.map(Into::into)));
        Ok(())
    }

    fn show_group(&mut self) -> Result<(), QueryError> {
        if let Some(group) = self.group.take() {
            if self.plan.merges.is_some() && self.plan.group_by.is_some() {
                let (place, mut content) = (group.place.clone(), Vec::new());
                group.write(self.plan, self.bindings, &mut content)?;
                self.merged.push((place, content));
                self.remaining_in_partition -= 1;
                return Ok(());
            }
            group.write(self.plan, self.bindings, &mut self.content)?;
            if let Some((key, clustering)) = self.last.take() {
                self.shown(&key, clustering.as_deref());
            }
        }
        Ok(())
    }

    /// Counts a row that was shown, and marks its place if the page ends with it.
    fn shown(&mut self, key: &PartitionKey, clustering: Option<&[u8]>) {
        self.remaining -= 1;
        self.remaining_in_partition = self.remaining_in_partition.saturating_sub(1);
        self.count += 1;
        if self.page_is_full() && self.remaining > 0 {
            self.next = Some(PagingState {
                key: key.clone(),
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

    fn finish(mut self) -> Result<Rows, QueryError> {
        if self.plan.is_aggregate() && self.plan.group_by.is_none() && self.count == 0 {
            if self.group.is_some() {
                self.show_group()?;
            } else {
                Group::nothing(self.plan).write(self.plan, self.bindings, &mut self.content)?;
                self.count = 1;
            }
        }
        self.near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        self.merged.sort_by(|(a, _), (b, _)| if self.plan.reversed { b.cmp(a) } else { a.cmp(b) });
        let wanted = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        let near = self.near.iter().map(|(_, content)| content);
        let merged = self.merged.iter().map(|(_, content)| content);
        for content in near.chain(merged).take(wanted) {
            self.content.extend_from_slice(content);
            self.count += 1;
        }
        let columns = &self.plan.columns;
        let metadata = ResultMetadata {
            column_count: columns.len(),
            columns: (!self.skip_metadata).then(|| columns.clone()),
            paging_state: self.next.map(|state| state.encode(self.plan.table.id).into()),
            ..ResultMetadata::default()
        };
        Ok(Rows { metadata, count: self.count, content: self.content.into() })
    }
}

/// The first clustering columns of a row, as bytes that order them.
fn place(view: &RowView<'_>, columns: usize) -> Vec<u8> {
    let mut place = Vec::new();
    for index in view.table.clustering_range().take(columns) {
        let column = &view.table.columns[index];
        let value = view.value(index).unwrap_or_default();
        write_byte_comparable(&column.ty, &value, column.is_descending(), &mut place);
    }
    place
}

impl Near {
    /// How near a row's vector is to the one that is wanted; nothing where it has none.
    fn similarity_of(
        &self,
        view: &RowView<'_>,
        bindings: &Bindings<'_>,
    ) -> Result<Option<f32>, QueryError> {
        let ty = &view.table.columns[self.column].ty;
        let wanted = self.wanted.evaluate(bindings)?.into_option();
        Ok(view.value(self.column).zip(wanted).map(|(found, wanted)| {
            self.similarity.of(&floats((ty, &found)), &floats((ty, &wanted)))
        }))
    }
}
