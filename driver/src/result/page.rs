use std::sync::Arc;

use helenus_protocol::{ColumnSpec, DecodeRow, RowMismatch, Rows, TypedRows};

/// One page of rows with their columns.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    rows: Rows,
    columns: Arc<[ColumnSpec]>,
}

impl Page {
    pub(crate) fn new(rows: Rows, columns: Arc<[ColumnSpec]>) -> Self {
        Self { rows, columns }
    }

    pub(crate) fn columns(&self) -> &[ColumnSpec] {
        &self.columns
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.count
    }

    pub(crate) fn typed<'a, T: DecodeRow<'a>>(&'a self) -> Result<TypedRows<'a, T>, RowMismatch> {
        self.rows.typed(&self.columns)
    }

    /// Where the next page starts.
    pub(crate) fn paging_state(&self) -> Option<&[u8]> {
        self.rows.metadata.paging_state.as_deref()
    }
}
