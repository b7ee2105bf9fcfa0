use std::fmt;

use smallvec::SmallVec;

use super::{DecodeRow, DecodeRowError, RowCells, RowMismatch};
use crate::wire::Reader;
use crate::{ColumnSpec, DecodeValue, WireError};

/// One row of a result, whose values are read one by one from the left.
#[derive(Debug, Clone, Copy)]
pub struct Row<'frame> {
    columns: &'frame [ColumnSpec],
    read: usize,
    cells: Reader<'frame>,
}

impl<'frame> Row<'frame> {
    /// All columns.
    pub fn columns(&self) -> &'frame [ColumnSpec] {
        self.columns
    }

    /// Reads the value of the next column as `T`.
    ///
    /// # Errors
    /// No column left, or a value that is no `T`. The types are not checked here: see [`DecodeRow::check`].
    pub fn value<T: DecodeValue<'frame>>(&mut self) -> Result<T, DecodeRowError> {
        let index = self.read;
        let column = self.next_column()?;
        let bytes = self.cells.bytes("a column's value")?;
        self.read += 1;
        T::decode(&column.ty, bytes).map_err(|source| DecodeRowError::value(index, column, source))
    }

    fn next_column(&self) -> Result<&'frame ColumnSpec, WireError> {
        let next = self.columns.get(self.read);
        next.ok_or(WireError::Truncated { what: "a row", needed: self.read + 1, left: self.read })
    }

    /// The bytes of the next column's value; `None` is null.
    ///
    /// # Errors
    /// No column left, or a row that ends early.
    pub fn raw(&mut self) -> Result<Option<&'frame [u8]>, DecodeRowError> {
        self.next_column()?;
        let bytes = self.cells.bytes("a column's value")?;
        self.read += 1;
        Ok(bytes)
    }
}

impl<'frame> DecodeRow<'frame> for Row<'frame> {
    type Layout = ();

    fn check(_: &[ColumnSpec]) -> Result<(), RowMismatch> {
        Ok(())
    }

    fn decode((): &(), row: &RowCells<'_, 'frame>) -> Result<Self, DecodeRowError> {
        Ok(row.row())
    }
}

/// The rows of a page, one by one.
#[derive(Debug, Clone)]
pub struct RowIter<'frame> {
    columns: &'frame [ColumnSpec],
    left: usize,
    content: Reader<'frame>,
}

impl<'frame> RowIter<'frame> {
    #[inline]
    pub(crate) fn new(columns: &'frame [ColumnSpec], count: usize, content: &'frame [u8]) -> Self {
        Self { columns, left: count, content: Reader::new(content) }
    }

    #[inline]
    fn next_row(&mut self) -> Result<Row<'frame>, DecodeRowError> {
        let row = Row { columns: self.columns, read: 0, cells: self.content };
        for _ in self.columns {
            self.content.bytes("a column's value")?;
        }
        Ok(row)
    }
}

impl<'frame> Iterator for RowIter<'frame> {
    type Item = Result<Row<'frame>, DecodeRowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let row = self.next_row();
        if row.is_err() {
            self.left = 0;
        }
        Some(row)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

/// Rows of up to this many columns are read without an allocation.
const INLINE_CELLS: usize = 8;

/// The rows of a page, one by one, as `T`.
pub struct TypedRows<'frame, T: DecodeRow<'frame>> {
    rows: RowIter<'frame>,
    layout: T::Layout,
    cells: SmallVec<[Option<&'frame [u8]>; INLINE_CELLS]>,
}

impl<'frame, T: DecodeRow<'frame>> TypedRows<'frame, T> {
    #[inline]
    pub(crate) fn of(
        columns: &'frame [ColumnSpec],
        column_count: usize,
        count: usize,
        content: &'frame [u8],
    ) -> Result<Self, RowMismatch> {
        if columns.len() != column_count {
            let (result, given) = (column_count, columns.len());
            return Err(RowMismatch::Stale { result, given });
        }
        let layout = T::check(columns)?;
        let cells = SmallVec::from_elem(None, columns.len());
        Ok(Self { rows: RowIter::new(columns, count, content), layout, cells })
    }

    #[inline]
    fn next_row(&mut self) -> Result<T, DecodeRowError> {
        let content = &mut self.rows.content;
        let row = Row { columns: self.rows.columns, read: 0, cells: *content };
        for cell in &mut self.cells {
            *cell = content.bytes("a column's value")?;
        }
        T::decode(&self.layout, &RowCells::new(row, &self.cells))
    }
}

impl<'frame, T: DecodeRow<'frame>> Iterator for TypedRows<'frame, T> {
    type Item = Result<T, DecodeRowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows.left = self.rows.left.checked_sub(1)?;
        let row = self.next_row();
        // Where a row ends early, the next one has no beginning.
        if matches!(row, Err(DecodeRowError::Wire(_))) {
            self.rows.left = 0;
        }
        Some(row)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl<'frame, T: DecodeRow<'frame, Layout: Clone>> Clone for TypedRows<'frame, T> {
    fn clone(&self) -> Self {
        let (layout, cells) = (self.layout.clone(), self.cells.clone());
        Self { rows: self.rows.clone(), layout, cells }
    }
}

impl<'frame, T: DecodeRow<'frame>> fmt::Debug for TypedRows<'frame, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedRows").field("rows", &self.rows).finish_non_exhaustive()
    }
}
