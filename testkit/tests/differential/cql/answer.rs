//! What a statement comes to, as far as both sides can agree on it.

use std::fmt;
use std::mem::discriminant;

use helenus_protocol::{
    ColumnSpec, ErrorKind, Prepared, Response, ResponseBody, Rows, ServerError,
};

/// An answer to QUERY.
#[derive(Debug)]
pub(crate) enum Answer {
    Rows {
        columns: Vec<ColumnSpec>,
        rows: Vec<Vec<Option<Vec<u8>>>>,
        warnings: Vec<String>,
    },
    Refused(ServerError),
    /// Any other, as it is shown, and the warnings that came with it.
    Other(String, Vec<String>),
}

/// An answer to PREPARE.
#[derive(Debug)]
pub(crate) enum Preparation {
    Done { markers: Vec<ColumnSpec>, partition_key: Vec<u16>, columns: Vec<ColumnSpec> },
    Refused(ServerError),
}

impl Answer {
    pub(crate) fn of(ResponseBody { response, warnings, .. }: ResponseBody) -> Self {
        match response {
            Response::Rows(rows) => Self::rows(&rows, warnings),
            Response::Error(error) => Self::Refused(error),
            other => Self::Other(format!("{other:?}"), warnings),
        }
    }

    /// Adds the page that follows.
    pub(crate) fn append(&mut self, next: Self) {
        match (self, next) {
            (Self::Rows { rows, .. }, Self::Rows { rows: more, .. }) => rows.extend(more),
            (this, next) => *this = next,
        }
    }

    /// Whether the node failed: its replicas, as those of Cassandra do on some groups, or by an exception of Java's.
    pub(crate) fn is_failure(&self) -> bool {
        let Self::Refused(ServerError { kind, .. }) = self else {
            return false;
        };
        matches!(
            kind,
            ErrorKind::ReadFailure { .. } | ErrorKind::WriteFailure { .. } | ErrorKind::ServerError
        )
    }

    fn rows(rows: &Rows, warnings: Vec<String>) -> Self {
        let columns = rows.metadata.columns.clone().unwrap_or_default();
        let mut rest = &rows.content[..];
        let mut cell = || {
            let (length, after) = rest.split_first_chunk()?;
            rest = after;
            let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
            let (value, after) = rest.split_at_checked(length)?;
            rest = after;
            Some(value.to_vec())
        };
        let row = |_| (0..columns.len()).map(|_| cell()).collect();
        let rows = (0..rows.count).map(row).collect();
        Self::Rows { columns, rows, warnings }
    }
}

/// Refusals are equal when their codes are: words differ in what they quote.
impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Rows { columns, rows, warnings },
                Self::Rows { columns: other_columns, rows: other_rows, warnings: other_warnings },
            ) => columns == other_columns && rows == other_rows && warnings == other_warnings,
            (Self::Refused(error), Self::Refused(other)) => {
                discriminant(&error.kind) == discriminant(&other.kind)
            }
            (Self::Other(answer, warnings), Self::Other(other, other_warnings)) => {
                answer == other && warnings == other_warnings
            }
            _ => false,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows { columns, rows, warnings } => {
                for column in columns {
                    write!(
                        f,
                        "{}.{} {} {}, ",
                        column.keyspace, column.table, column.name, column.ty
                    )?;
                }
                for row in rows {
                    f.write_str("\n    ")?;
                    for cell in row {
                        match cell {
                            None => f.write_str("null ")?,
                            Some(cell) => write!(f, "{} ", shown(cell))?,
                        }
                    }
                }
                write!(f, "{warnings:?}")
            }
            Self::Refused(error) => write!(f, "{:?} {}", error.kind, error.message),
            Self::Other(answer, warnings) => write!(f, "{answer} {warnings:?}"),
        }
    }
}

fn shown(cell: &[u8]) -> String {
    match std::str::from_utf8(cell) {
        Ok(text) if !text.contains(|c: char| c.is_control() && c != '\n') => format!("{text:?}"),
        _ => cell.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

impl Preparation {
    /// `None` of a response that answers no PREPARE.
    pub(crate) fn of(response: Response) -> Option<Self> {
        match response {
            Response::Prepared(Prepared { metadata, result, .. }) => Some(Self::Done {
                markers: metadata.columns,
                partition_key: metadata.partition_key,
                columns: result.columns.unwrap_or_default(),
            }),
            Response::Error(error) => Some(Self::Refused(error)),
            _ => None,
        }
    }
}

impl PartialEq for Preparation {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Done { markers, partition_key, columns },
                Self::Done { markers: m, partition_key: p, columns: c },
            ) => markers == m && partition_key == p && columns == c,
            (Self::Refused(error), Self::Refused(other)) => {
                discriminant(&error.kind) == discriminant(&other.kind)
            }
            _ => false,
        }
    }
}
