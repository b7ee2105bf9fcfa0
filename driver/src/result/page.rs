use std::sync::Arc;

use helenus_protocol::{ColumnSpec, DecodeRow, RowMismatch, Rows, TypedRows};

use super::RowsError;
use crate::PreparedStatement;
use crate::statement::ResultShape;

/// One page of rows with their columns.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    rows: Rows,
    shape: Option<Arc<ResultShape>>,
}

impl Page {
    /// Rows whose columns are still to be told.
    pub(crate) fn undescribed(rows: Rows) -> Self {
        Self { rows, shape: None }
    }

    /// Rows with their own columns, or, where they leave them out, those that `statement` is known to have now. With
    /// `is_as_asked` those are still to be told: they are the ones that were asked for.
    pub(crate) fn described(
        mut rows: Rows,
        statement: Option<&PreparedStatement>,
        is_as_asked: bool,
    ) -> Self {
        if let Some(statement) = statement {
            statement.take_new_shape(&rows.metadata);
        }
        let shape = match (rows.metadata.columns.take(), statement) {
            (Some(columns), _) => Some(Arc::new(ResultShape { id: None, columns: columns.into() })),
            (None, _) if is_as_asked => None,
            (None, statement) => statement.map(PreparedStatement::result_shape),
        };
        Self { rows, shape }
    }

    /// Tells the columns, where that is still to be done.
    pub(crate) fn describe(&mut self, shape: Arc<ResultShape>) {
        self.shape.get_or_insert(shape);
    }

    pub(crate) fn columns(&self) -> &[ColumnSpec] {
        self.shape.as_ref().map_or(&[], |shape| &shape.columns)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.count
    }

    pub(crate) fn typed<'a, T: DecodeRow<'a>>(&'a self) -> Result<TypedRows<'a, T>, RowMismatch> {
        self.rows.typed(self.columns())
    }

    /// The first row; `None` where there is none.
    pub(crate) fn first_row<'a, T: DecodeRow<'a>>(&'a self) -> Option<Result<T, RowsError>> {
        match self.typed() {
            Ok(mut rows) => Some(rows.next()?.map_err(RowsError::from)),
            Err(mismatch) => Some(Err(mismatch.into())),
        }
    }

    /// Where the next page starts.
    pub(crate) fn paging_state(&self) -> Option<&[u8]> {
        self.rows.metadata.paging_state.as_deref()
    }
}
