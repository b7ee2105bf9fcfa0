//! Materialized views.

use uuid::Uuid;

use crate::cql::ast::{Relation, RelationTarget};

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

impl View {
    /// Lets its conditions name a column of the base by the name that it has now.
    pub(super) fn rename_column(&mut self, from: &str, to: &str) {
        for relation in &mut self.relations {
            let names: &mut [String] = match &mut relation.target {
                RelationTarget::Column(name)
                | RelationTarget::Element(name, _)
                | RelationTarget::Field(name, _) => std::slice::from_mut(name),
                RelationTarget::Columns(names) | RelationTarget::Token(names) => names,
            };
            for name in names.iter_mut().filter(|name| *name == from) {
                to.clone_into(name);
            }
        }
        let written = self.relations.iter().map(Relation::written).collect::<Vec<_>>();
        self.where_clause = written.join(" AND ");
    }
}
