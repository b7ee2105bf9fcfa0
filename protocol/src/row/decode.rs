use std::marker::PhantomData;

use thiserror::Error;

use crate::wire::Reader;
use crate::{ColumnSpec, DecodeValue, DecodeValueError, TypeMismatch, WireError};

/// A Rust type that rows can be read as.
///
/// The columns are checked once per result, by [`check`](Self::check).
pub trait DecodeRow<'frame>: Sized {
    /// Whether rows of these columns can be read as this.
    ///
    /// # Errors
    /// What does not match: a column's type, or the number of columns.
    fn check(columns: &[ColumnSpec]) -> Result<(), RowMismatch>;

    /// Reads a row.
    ///
    /// # Errors
    /// A value that cannot be read, with its column.
    fn decode(row: Row<'frame>) -> Result<Self, DecodeRowError>;
}

/// Columns that do not match the Rust type that their rows shall be read as.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RowMismatch {
    /// Too few columns, or too many.
    #[error("the result has {columns} columns, but {rust} takes {wanted}")]
    Count {
        /// Columns in the result.
        columns: usize,
        /// Columns that the Rust type takes.
        wanted: usize,
        /// The Rust type.
        rust: &'static str,
    },
    /// A column whose type does not match.
    #[error("column {index} ({column:?}): {source}")]
    Column {
        /// The column's place, from 0.
        index: usize,
        /// Its name.
        column: String,
        /// The two types.
        source: TypeMismatch,
    },
}

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeRowError {
    /// The row ends early, or a length in it is wrong.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A value that cannot be read as the Rust type that is wanted.
    #[error("column {index} ({column:?}): {source}")]
    Value {
        /// The column's place, from 0.
        index: usize,
        /// Its name.
        column: String,
        /// What is wrong with the value.
        source: DecodeValueError,
    },
}

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
        let Some(column) = self.columns.get(index) else {
            return Err(
                WireError::Truncated { what: "a row", needed: index + 1, left: index }.into()
            );
        };
        let bytes = self.cells.bytes("a column's value")?;
        self.read += 1;
        T::decode(&column.ty, bytes).map_err(|source| DecodeRowError::Value {
            index,
            column: column.name.clone(),
            source,
        })
    }

    /// The bytes of the next column's value; `None` is null.
    ///
    /// # Errors
    /// No column left, or a row that ends early.
    pub fn raw(&mut self) -> Result<Option<&'frame [u8]>, DecodeRowError> {
        let bytes = self.cells.bytes("a column's value")?;
        self.read += 1;
        Ok(bytes)
    }
}

impl<'frame> DecodeRow<'frame> for Row<'frame> {
    fn check(_: &[ColumnSpec]) -> Result<(), RowMismatch> {
        Ok(())
    }

    fn decode(row: Self) -> Result<Self, DecodeRowError> {
        Ok(row)
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
    pub(crate) fn new(columns: &'frame [ColumnSpec], count: usize, content: &'frame [u8]) -> Self {
        Self { columns, left: count, content: Reader::new(content) }
    }

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

/// The rows of a page, one by one, as `T`.
#[derive(Debug, Clone)]
pub struct TypedRows<'frame, T> {
    rows: RowIter<'frame>,
    of: PhantomData<fn() -> T>,
}

impl<'frame, T: DecodeRow<'frame>> TypedRows<'frame, T> {
    pub(crate) fn new(rows: RowIter<'frame>) -> Result<Self, RowMismatch> {
        T::check(rows.columns)?;
        Ok(Self { rows, of: PhantomData })
    }
}

impl<'frame, T: DecodeRow<'frame>> Iterator for TypedRows<'frame, T> {
    type Item = Result<T, DecodeRowError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.rows.next()?.and_then(T::decode))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}
