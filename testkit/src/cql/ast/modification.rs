//! `INSERT`, `UPDATE`, `DELETE` and `BATCH`.

use super::{Relation, TableName, Term};

/// An INSERT, an UPDATE or a DELETE.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Modification {
    pub(crate) table: TableName,
    pub(crate) kind: ModificationKind,
    pub(crate) timestamp: Option<Term>,
    pub(crate) ttl: Option<Term>,
    pub(crate) condition: Condition,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ModificationKind {
    Insert {
        columns: Vec<String>,
        values: Vec<Term>,
    },
    InsertJson {
        json: Term,
        /// Columns that the JSON leaves out stay as they are, rather than become null.
        default_unset: bool,
    },
    Update {
        assignments: Vec<Assignment>,
        relations: Vec<Relation>,
    },
    Delete {
        deletions: Vec<Deletion>,
        relations: Vec<Relation>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assignment {
    pub(crate) column: String,
    pub(crate) operation: Operation,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    /// `c = value`
    Set(Term),
    /// `c = c + value`
    Add(Term),
    /// `c = c - value`
    Subtract(Term),
    /// `c = value + c`
    Prepend(Term),
    /// `c[key] = value` or `c.field = value`
    SetPart(Part, Term),
}

/// A column, or a part of it, that is to be deleted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Deletion {
    pub(crate) column: String,
    pub(crate) part: Option<Part>,
}

/// A part of a column's value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Element(Term),
    Field(String),
}

/// What follows `IF`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    None,
    NotExists,
    Exists,
    Columns(Vec<Relation>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch {
    pub(crate) kind: BatchKind,
    pub(crate) timestamp: Option<Term>,
    pub(crate) ttl: Option<Term>,
    pub(crate) statements: Vec<Modification>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchKind {
    Logged,
    Unlogged,
    Counter,
}
