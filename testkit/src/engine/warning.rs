//! What a node says of a statement beside its answer.

use std::iter::repeat;

use helenus_protocol::CqlType;

use crate::cql::ast::{Operator, Relation, RelationTarget, RelationValue, Select, Statement};
use crate::schema::{Catalog, Table};

const VIEWS_ARE_EXPERIMENTAL: &str =
    "Materialized views are experimental and are not recommended for production use.";
const VECTOR_INDEXES_ARE_EXPERIMENTAL: &str =
    "SAI ANN indexes on vector columns are experimental and are not recommended for production use.
They don't yet support SELECT queries with:
 * Consistency level higher than ONE/LOCAL_ONE.
 * Paging.
 * No LIMIT clauses.
 * PER PARTITION LIMIT clauses.
 * GROUP BY clauses.
 * Aggregation functions.
 * Filters on columns without a SAI index.";

/// What is said of a change of the schema, once it was made.
pub(super) fn of_definition(
    statement: &Statement,
    catalog: &Catalog,
    keyspace: Option<&str>,
) -> Vec<String> {
    let (warning, times) = match statement {
        Statement::CreateView(_) => (VIEWS_ARE_EXPERIMENTAL, 1),
        Statement::CreateIndex(create) => {
            let keyspace = create.table.keyspace.as_deref().or(keyspace).unwrap_or_default();
            let table = catalog.table(keyspace, &create.table.table);
            // All indexes of the table are looked at anew.
            let indexes =
                table.into_iter().flat_map(|table| table.indexes.iter().zip(repeat(table)));
            let of_vectors = indexes.filter(|(index, table)| {
                let column = table.column_index(&index.column);
                column.is_some_and(|at| matches!(table.columns[at].ty, CqlType::Vector(..)))
            });
            (VECTOR_INDEXES_ARE_EXPERIMENTAL, of_vectors.count())
        }
        _ => return Vec::new(),
    };
    vec![warning.to_owned(); times]
}

/// What is said of rows that are wanted by how near they are, when a page is too small for all of them.
pub(super) fn of_page(size: u32, limit: u32) -> String {
    format!(
        "Top-K queries do not support paging and the page size is set to {size}, which is less \
         than LIMIT {limit}. The page size has been set to {limit} to match the LIMIT."
    )
}

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
