use std::net::SocketAddr;

use helenus_protocol::{ColumnSpec, DecodeRow, DecodeRowError, RowMismatch};
use thiserror::Error;
use uuid::Uuid;

use super::Page;
use crate::FailedAttempt;

/// What a request gave: rows, or nothing but the word that it was done.
#[derive(Debug, Clone)]
pub struct QueryResult {
    pub(crate) coordinator: SocketAddr,
    pub(crate) tracing_id: Option<Uuid>,
    pub(crate) warnings: Vec<String>,
    pub(crate) first: Option<Page>,
    pub(crate) more: Vec<Page>,
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
        let first = self.first.as_ref().map(Page::typed::<T>).transpose()?;
        let more = self.more.iter().map(Page::typed::<T>).collect::<Result<Vec<_>, _>>()?;
        Ok(first.into_iter().chain(more).flatten())
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
        match self.row_count() {
            0 | 1 => Ok(self.rows()?.next().transpose()?),
            rows => Err(RowsError::ManyRows { rows }),
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

    /// Where `system_traces` tells how the request was run, if that was asked for.
    pub fn tracing_id(&self) -> Option<Uuid> {
        self.tracing_id
    }

    /// What the server wanted the client to know.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Where the next page starts; `None` on the last one.
    pub fn paging_state(&self) -> Option<&[u8]> {
        self.pages().last().and_then(Page::paging_state)
    }

    fn pages(&self) -> impl Iterator<Item = &Page> {
        self.first.iter().chain(&self.more)
    }

    /// Nothing, where the retry policy ignored an error.
    pub(crate) fn ignored(attempt: Option<&FailedAttempt>) -> Self {
        let nowhere = SocketAddr::from((std::net::Ipv4Addr::UNSPECIFIED, 0));
        Self {
            coordinator: attempt.map_or(nowhere, |attempt| attempt.node),
            tracing_id: None,
            warnings: Vec::new(),
            first: None,
            more: Vec::new(),
        }
    }

    /// Adds the pages of `next` behind these.
    pub(crate) fn append(&mut self, next: Self) {
        self.coordinator = next.coordinator;
        self.warnings.extend(next.warnings);
        self.more.extend(next.first);
        self.more.extend(next.more);
    }
}
