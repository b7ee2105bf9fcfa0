use std::sync::Arc;

use helenus_protocol::{ColumnSpec, DecodeRow, PlainRows, RowMismatch, TypedRows};

use super::RowsError;
use crate::statement::ResultShape;

/// One page of rows with their columns.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    rows: PlainRows,
    shape: Arc<ResultShape>,
}

impl Page {
    /// Rows with the columns of `shape`.
    #[inline]
    pub(crate) fn new(rows: PlainRows, shape: Arc<ResultShape>) -> Self {
        Self { rows, shape }
    }

    pub(crate) fn columns(&self) -> &[ColumnSpec] {
        &self.shape.columns
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.count
    }

    pub(crate) fn typed<'a, T: DecodeRow<'a>>(&'a self) -> Result<TypedRows<'a, T>, RowMismatch> {
        self.rows.typed(self.columns())
    }

    /// The first row; `None` where there is none.
    fn first_row<'a, T: DecodeRow<'a>>(&'a self) -> Option<Result<T, RowsError>> {
        match self.typed() {
            Ok(mut rows) => Some(rows.next()?.map_err(RowsError::from)),
            Err(mismatch) => Some(Err(mismatch.into())),
        }
    }

    /// The only row; `None` where there is none.
    pub(crate) fn only_row<'a, T: DecodeRow<'a>>(&'a self) -> Result<Option<T>, RowsError> {
        match self.len() {
            0 => Ok(None),
            1 => self.first_row().transpose(),
            rows => Err(RowsError::ManyRows { rows }),
        }
    }

    /// Where the next page starts.
    pub(crate) fn paging_state(&self) -> Option<&[u8]> {
        self.rows.paging_state.as_deref()
    }
}
