use std::sync::Arc;

use helenus_protocol::{ColumnSpec, DecodeRow, RowMismatch, Rows, TypedRows};

/// One page of rows with their columns.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    rows: Rows,
    columns: Arc<[ColumnSpec]>,
}

impl Page {
    /// A page whose columns, if it does not bring them itself, are `known`.
    pub(crate) fn new(mut rows: Rows, known: Option<&Arc<[ColumnSpec]>>) -> Self {
        let own = rows.metadata.columns.take().map(Arc::from);
        let columns = own.or_else(|| known.cloned()).unwrap_or_default();
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
