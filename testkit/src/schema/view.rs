//! Materialized views.

use uuid::Uuid;

use crate::cql::ast::Relation;

/// What makes a table a view of another.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) base: String,
    pub(crate) base_id: Uuid,
    /// It was made with `SELECT *`.
    pub(crate) includes_all: bool,
    pub(crate) relations: Vec<Relation>,
    /// What follows `WHERE`, as a node shows it.
    pub(crate) where_clause: String,
}
