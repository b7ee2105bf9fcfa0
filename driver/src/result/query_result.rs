use std::net::SocketAddr;

use helenus_protocol::{ColumnSpec, DecodeRow, DecodeRowError, RowMismatch, TypedRows};
use thiserror::Error;
use uuid::Uuid;

use super::Page;
use crate::execution_info::Record;
use crate::{ExecutionInfo, FailedAttempt};

/// What a request gave: rows, or nothing but the word that it was done.
#[derive(Debug, Clone)]
pub struct QueryResult {
    coordinator: SocketAddr,
    first: Option<Page>,
    rest: Option<Box<Rest>>,
}

/// What few results have.
#[derive(Debug, Clone, Default)]
struct Rest {
    record: Record,
    more: Vec<Page>,
}

/// Rows that cannot be read as what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RowsError {
    /// The columns do not match the Rust type.
    #[error("the rows cannot be read as wanted: {0}")]
    Columns(#[from] RowMismatch),
    /// A value cannot be read.
    #[error("a row cannot be read: {0}")]
    Row(#[from] DecodeRowError),
    /// There is no row where one was wanted.
    #[error("one row was wanted, there is none")]
    NoRow,
    /// There are several rows where one was wanted.
    #[error("one row was wanted, there are {rows}")]
    ManyRows {
        /// How many there are.
        rows: usize,
    },
}

impl QueryResult {
    /// All rows, as `T`. The columns are checked here, once; each row is decoded when it is reached, and may borrow
    /// from this.
    ///
    /// # Errors
    /// Columns that do not match `T`.
    pub fn rows<'a, T: DecodeRow<'a> + 'a>(
        &'a self,
    ) -> Result<impl Iterator<Item = Result<T, DecodeRowError>> + 'a, RowMismatch> {
        let current = self.first.as_ref().map(Page::typed::<T>).transpose()?;
        let more = self.more().iter().map(Page::typed::<T>).collect::<Result<Vec<_>, _>>()?;
        Ok(RowsOfPages { current, more: more.into_iter() })
    }

    /// The only row, as `T`.
    ///
    /// # Errors
    /// No row, or several; a row that is no `T`.
    pub fn one_row<'a, T: DecodeRow<'a> + 'a>(&'a self) -> Result<T, RowsError> {
        self.maybe_row()?.ok_or(RowsError::NoRow)
    }

    /// The only row, as `T`; `None` where there is none.
    ///
    /// # Errors
    /// Several rows; a row that is no `T`.
    pub fn maybe_row<'a, T: DecodeRow<'a> + 'a>(&'a self) -> Result<Option<T>, RowsError> {
        let mut filled = self.pages().filter(|page| page.len() > 0);
        match (filled.next(), filled.next()) {
            (None, _) => Ok(None),
            (Some(page), None) => page.only_row(),
            (Some(_), Some(_)) => Err(RowsError::ManyRows { rows: self.row_count() }),
        }
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.pages().map(Page::len).sum()
    }

    /// The columns of the rows; none where the statement returns no rows.
    pub fn columns(&self) -> &[ColumnSpec] {
        self.first.as_ref().map_or(&[], Page::columns)
    }

    /// The node that ran the request, or, of several pages, the last one.
    pub fn coordinator(&self) -> SocketAddr {
        self.coordinator
    }

    /// How the request went: the attempts that failed before one succeeded, and what the server said beside the result.
    pub fn info(&self) -> ExecutionInfo<'_> {
        ExecutionInfo::new(Some(self.coordinator), self.rest.as_ref().map(|rest| &rest.record))
    }

    /// Where `system_traces` tells how the request was run, if that was asked for.
    pub fn tracing_id(&self) -> Option<Uuid> {
        self.info().tracing_id()
    }

    /// What the server wanted the client to know.
    pub fn warnings(&self) -> &[String] {
        self.info().warnings()
    }

    /// Where the next page starts; `None` on the last one.
    pub fn paging_state(&self) -> Option<&[u8]> {
        let last = self.more().last().or(self.first.as_ref());
        last.and_then(Page::paging_state)
    }

    fn pages(&self) -> impl Iterator<Item = &Page> {
        self.first.iter().chain(self.more())
    }

    fn more(&self) -> &[Page] {
        self.rest.as_ref().map_or(&[], |rest| &rest.more)
    }

    /// What a node gave.
    #[inline]
    pub(crate) fn new(coordinator: SocketAddr, first: Option<Page>) -> Self {
        Self { coordinator, first, rest: None }
    }

    /// Adds what the server had to say beside the result.
    pub(crate) fn with_remarks(
        mut self,
        tracing_id: Option<Uuid>,
        warnings: Vec<String>,
        has_schema_agreed: Option<bool>,
    ) -> Self {
        if tracing_id.is_some() || !warnings.is_empty() || has_schema_agreed.is_some() {
            let record = Record { tracing_id, warnings, has_schema_agreed, ..Record::default() };
            self.rest = Some(Box::new(Rest { record, more: Vec::new() }));
        }
        self
    }

    /// Takes note of the attempts before the one that gave this.
    pub(crate) fn record(&mut self, failed: Vec<FailedAttempt>, speculations: u32) {
        if !failed.is_empty() || speculations > 0 {
            let record = &mut self.rest.get_or_insert_default().record;
            (record.failed, record.speculations) = (failed, speculations);
        }
    }

    /// Nothing, where the retry policy ignored an error.
    pub(crate) fn ignored(attempt: Option<&FailedAttempt>) -> Self {
        let nowhere = SocketAddr::from((std::net::Ipv4Addr::UNSPECIFIED, 0));
        Self::new(attempt.map_or(nowhere, |attempt| attempt.node), None)
    }

    /// Adds the pages of `next` behind these.
    pub(crate) fn append(&mut self, next: Self) {
        self.coordinator = next.coordinator;
        let rest = self.rest.get_or_insert_default();
        rest.more.extend(next.first);
        if let Some(next) = next.rest {
            rest.record.append(next.record);
            rest.more.extend(next.more);
        }
    }
}

/// The rows of several pages, one by one.
struct RowsOfPages<'a, T: DecodeRow<'a>> {
    current: Option<TypedRows<'a, T>>,
    more: std::vec::IntoIter<TypedRows<'a, T>>,
}

impl<'a, T: DecodeRow<'a>> Iterator for RowsOfPages<'a, T> {
    type Item = Result<T, DecodeRowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.current.as_mut()?.next() {
                return Some(row);
            }
            self.current = self.more.next();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let pages = self.current.iter().chain(self.more.as_slice());
        (0, pages.map(|rows| rows.size_hint().1).sum())
    }
}
