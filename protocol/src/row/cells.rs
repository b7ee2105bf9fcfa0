use super::{DecodeRowError, Row, RowMismatch};
use crate::{ColumnSpec, DecodeValue, WireError};

/// The cells of one row, to be read in any order.
#[derive(Debug, Clone, Copy)]
pub struct RowCells<'row, 'frame> {
    row: Row<'frame>,
    cells: &'row [Option<&'frame [u8]>],
}

impl<'row, 'frame> RowCells<'row, 'frame> {
    #[inline]
    pub(super) fn new(row: Row<'frame>, cells: &'row [Option<&'frame [u8]>]) -> Self {
        Self { row, cells }
    }

    /// All columns.
    #[inline]
    pub fn columns(&self) -> &'frame [ColumnSpec] {
        self.row.columns()
    }

    /// The row, to be read from the left.
    pub fn row(&self) -> Row<'frame> {
        self.row
    }

    /// Reads the value of a column, counted from 0, as `T`.
    ///
    /// # Errors
    /// A column that is not there, or a value that is no `T`. The types are not checked here: see
    /// [`DecodeRow::check`](super::DecodeRow::check).
    pub fn value<T: DecodeValue<'frame>>(&self, index: usize) -> Result<T, DecodeRowError> {
        let (Some(column), Some(cell)) = (self.columns().get(index), self.cells.get(index)) else {
            let left = self.cells.len();
            return Err(WireError::Truncated { what: "a row", needed: index + 1, left }.into());
        };
        T::decode(&column.ty, *cell).map_err(|source| DecodeRowError::value(index, column, source))
    }
}

impl ColumnSpec {
    /// Whether the column at `index` of `columns` can be read as `T`.
    ///
    /// # Errors
    /// A column of another type, or one that is not there.
    pub fn check<'frame, T: DecodeValue<'frame>>(
        columns: &[Self],
        index: usize,
    ) -> Result<(), RowMismatch> {
        let Some(column) = columns.get(index) else {
            let rust = std::any::type_name::<T>();
            return Err(RowMismatch::Count { columns: columns.len(), wanted: index + 1, rust });
        };
        T::check(&column.ty).map_err(|source| RowMismatch::Column {
            index,
            column: column.name.clone(),
            source,
        })
    }

    /// Where in `columns` the first of a name stands, which can be read as `T`; `None` where there is none.
    ///
    /// # Errors
    /// A column of another type.
    pub fn find<'frame, T: DecodeValue<'frame>>(
        columns: &[Self],
        name: &str,
    ) -> Result<Option<usize>, RowMismatch> {
        let Some(index) = columns.iter().position(|column| column.name == name) else {
            return Ok(None);
        };
        Self::check::<T>(columns, index)?;
        Ok(Some(index))
    }
}
