//! What a node says of a statement beside its answer.

use crate::cql::ast::{Operator, Relation, RelationTarget, RelationValue, Select};
use crate::schema::Table;

pub(super) const VIEWS_ARE_EXPERIMENTAL: &str =
    "Materialized views are experimental and are not recommended for production use.";

/// What is said of rows that are made one, when they may be of several partitions.
pub(super) fn of_aggregation(table: &Table, select: &Select) -> Option<&'static str> {
    let in_key = |relation: &&Relation| {
        let names = match &relation.target {
            RelationTarget::Column(name)
            | RelationTarget::Element(name, _)
            | RelationTarget::Field(name, _) => std::slice::from_ref(name),
            RelationTarget::Columns(names) | RelationTarget::Token(names) => names,
        };
        let mut key = table.partition_key().iter();
        key.any(|column| names.contains(&column.name))
    };
    let mut restrictions = select.relations.iter().filter(in_key).peekable();
    if restrictions.peek().is_none() {
        return Some("Aggregation query used without partition key");
    }
    let has_several = |relation: &Relation| {
        relation.operator == Operator::In
            && !matches!(&relation.value, RelationValue::List(values) if values.len() == 1)
    };
    restrictions
        .any(has_several)
        .then_some("Aggregation query used on multiple partition keys (IN restriction)")
}
