use thiserror::Error;

use super::RowCells;
use crate::{ColumnSpec, DecodeValueError, TypeMismatch, WireError};

/// A Rust type that rows can be read as: tuples by the columns' positions, derived structs by their names.
///
/// The columns are checked, and found, once per result, by [`check`](Self::check).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a row",
    label = "rows are not read as this",
    note = "derive `DecodeRow` for `{Self}`, or read a tuple: one column is `({Self},)`"
)]
pub trait DecodeRow<'frame>: Sized {
    /// Where in a row the values stand.
    type Layout;

    /// Whether rows of these columns can be read as this, and where their values stand.
    ///
    /// # Errors
    /// What does not match: a column's type, a column that is not there, or the number of columns.
    fn check(columns: &[ColumnSpec]) -> Result<Self::Layout, RowMismatch>;

    /// Reads a row.
    ///
    /// # Errors
    /// A value that cannot be read, with its column.
    fn decode(layout: &Self::Layout, row: &RowCells<'_, 'frame>) -> Result<Self, DecodeRowError>;
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
    /// A column that is not there.
    #[error("the result has no column {column:?}, which {rust} takes")]
    Missing {
        /// The column's name.
        column: &'static str,
        /// The Rust type.
        rust: &'static str,
    },
    /// Columns that are not those of the rows: the table changed after the statement was prepared.
    #[error("the rows have {result} columns, but {given} are known")]
    Stale {
        /// Columns in the rows.
        result: usize,
        /// Columns given.
        given: usize,
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

impl DecodeRowError {
    pub(super) fn value(index: usize, column: &ColumnSpec, source: DecodeValueError) -> Self {
        Self::Value { index, column: column.name.clone(), source }
    }
}
