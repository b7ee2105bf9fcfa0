use std::collections::{BTreeMap, HashMap};

use thiserror::Error;

use crate::value::encode_cell;
use crate::{ColumnSpec, EncodeValue, EncodeValueError};

/// Values for the markers of a statement.
///
/// Tuples, slices and arrays give them in the markers' order, maps by the markers' names; `()` is for a
/// statement without markers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the values of a statement",
    label = "these are no values",
    note = "derive `EncodeRow` for `{Self}`, or give a tuple: one value is `(value,)`"
)]
pub trait EncodeRow {
    /// Hands every value to `writer`.
    ///
    /// # Errors
    /// A value that does not match its marker, or another number of values than there are markers.
    fn encode_row(&self, writer: &mut RowWriter<'_>) -> Result<(), EncodeRowError>;

    /// Hands the value of the marker `name` to `writer`, which must be about to take it; `false`, and nothing is
    /// written, where there is none. Rows that give their values by position have none.
    ///
    /// # Errors
    /// A value that does not match its marker.
    fn encode_named(&self, name: &str, writer: &mut RowWriter<'_>) -> Result<bool, EncodeRowError> {
        let _ = (name, writer);
        Ok(false)
    }
}

/// Values that do not match the markers of their statement.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeRowError {
    /// Too few values, or too many.
    #[error("the statement has {markers} markers, but {values} values were given")]
    Count {
        /// Markers in the statement.
        markers: usize,
        /// Values given.
        values: usize,
    },
    /// A marker that a map has no value for.
    #[error("there is no value for the marker {marker:?}")]
    Missing {
        /// The marker's name.
        marker: String,
    },
    /// A value that its marker cannot take.
    #[error("the value of marker {index} ({marker:?}) cannot be written: {source}")]
    Value {
        /// The marker's place, from 0.
        index: usize,
        /// The marker's name.
        marker: String,
        /// What is wrong with the value.
        source: EncodeValueError,
    },
    /// More markers than a request has room for.
    #[error("a statement takes {limit} values at most")]
    TooMany {
        /// The most that a request can carry.
        limit: usize,
    },
}

/// Takes the values of a statement one by one, in the order of its markers.
#[derive(Debug)]
pub struct RowWriter<'a> {
    columns: &'a [ColumnSpec],
    written: usize,
    out: &'a mut Vec<u8>,
}

impl<'a> RowWriter<'a> {
    /// Appends values for the markers `columns` to `out`, each behind its length.
    pub fn new(columns: &'a [ColumnSpec], out: &'a mut Vec<u8>) -> Self {
        Self { columns, written: 0, out }
    }

    /// The markers.
    pub fn columns(&self) -> &'a [ColumnSpec] {
        self.columns
    }

    /// Writes the value of the next marker.
    ///
    /// # Errors
    /// A value that the marker cannot take, or no marker left.
    pub fn value(&mut self, value: &(impl EncodeValue + ?Sized)) -> Result<(), EncodeRowError> {
        let index = self.written;
        let Some(column) = self.columns.get(index) else {
            return Err(EncodeRowError::Count { markers: self.columns.len(), values: index + 1 });
        };
        encode_cell(value, &column.ty, self.out).map_err(|source| EncodeRowError::Value {
            index,
            marker: column.name.clone(),
            source,
        })?;
        self.written += 1;
        Ok(())
    }

    /// Writes the values of all markers that are left, by their names.
    ///
    /// # Errors
    /// A marker that `row` has no value for, or a value that its marker cannot take.
    pub fn by_name(&mut self, row: &(impl EncodeRow + ?Sized)) -> Result<(), EncodeRowError> {
        while let Some(column) = self.columns.get(self.written) {
            let before = self.written;
            if !row.encode_named(&column.name, self)? || self.written == before {
                return Err(EncodeRowError::Missing { marker: column.name.clone() });
            }
        }
        Ok(())
    }

    /// Ends the row; returns how many values it has.
    ///
    /// # Errors
    /// Markers that were given no value.
    pub fn finish(self) -> Result<u16, EncodeRowError> {
        if self.written != self.columns.len() {
            return Err(EncodeRowError::Count {
                markers: self.columns.len(),
                values: self.written,
            });
        }
        u16::try_from(self.written).map_err(|_| EncodeRowError::TooMany { limit: u16::MAX.into() })
    }
}

impl<R: EncodeRow + ?Sized> EncodeRow for &R {
    fn encode_row(&self, writer: &mut RowWriter<'_>) -> Result<(), EncodeRowError> {
        (**self).encode_row(writer)
    }

    fn encode_named(&self, name: &str, writer: &mut RowWriter<'_>) -> Result<bool, EncodeRowError> {
        (**self).encode_named(name, writer)
    }
}

impl EncodeRow for () {
    fn encode_row(&self, _: &mut RowWriter<'_>) -> Result<(), EncodeRowError> {
        Ok(())
    }
}

impl<T: EncodeValue> EncodeRow for [T] {
    fn encode_row(&self, writer: &mut RowWriter<'_>) -> Result<(), EncodeRowError> {
        check_count(writer.columns().len(), self.len())?;
        self.iter().try_for_each(|value| writer.value(value))
    }
}

impl<T: EncodeValue, const N: usize> EncodeRow for [T; N] {
    fn encode_row(&self, writer: &mut RowWriter<'_>) -> Result<(), EncodeRowError> {
        self.as_slice().encode_row(writer)
    }
}

impl<T: EncodeValue> EncodeRow for Vec<T> {
    fn encode_row(&self, writer: &mut RowWriter<'_>) -> Result<(), EncodeRowError> {
        self.as_slice().encode_row(writer)
    }
}

/// Implements [`EncodeRow`] for a map from the markers' names.
macro_rules! by_name {
    ($map:ty, [$($generics:tt)*]) => {
        impl<$($generics)*> EncodeRow for $map {
            fn encode_row(&self, writer: &mut RowWriter<'_>) -> Result<(), EncodeRowError> {
                writer.by_name(self)
            }

            fn encode_named(
                &self,
                name: &str,
                writer: &mut RowWriter<'_>,
            ) -> Result<bool, EncodeRowError> {
                self.get(name).map(|value| writer.value(value)).transpose().map(|v| v.is_some())
            }
        }
    };
}

by_name!(HashMap<&str, T, S>, [T: EncodeValue, S: std::hash::BuildHasher]);
by_name!(HashMap<String, T, S>, [T: EncodeValue, S: std::hash::BuildHasher]);
by_name!(BTreeMap<&str, T>, [T: EncodeValue]);
by_name!(BTreeMap<String, T>, [T: EncodeValue]);

pub(super) fn check_count(markers: usize, values: usize) -> Result<(), EncodeRowError> {
    if markers == values { Ok(()) } else { Err(EncodeRowError::Count { markers, values }) }
}
