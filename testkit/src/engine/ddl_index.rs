//! `CREATE INDEX` and `DROP INDEX`.

use helenus_protocol::SchemaChangeKind;

use super::Engine;
use super::ddl::{Changes, check_keyspace, table_change};
use super::own_keyspaces::{On, Right, check_not_local, check_permitted};
use super::planner::keyspace_of;
use crate::cql::DataType;
use crate::cql::ast::{CreateIndex, IndexKind, IndexTarget, TableName};
use crate::query_error::QueryError;
use crate::schema::{Column, Index, Keyspace, Table};

impl Engine {
    pub(super) fn create_index(&self, create: &CreateIndex, keyspace: Option<&str>) -> Changes {
        let named = create.name.as_ref().and_then(|name| name.keyspace.as_deref());
        let keyspace = match &create.table.keyspace {
            Some(keyspace) => keyspace,
            None => keyspace_of(&create.table, named.or(keyspace))?,
        };
        let table_name = &create.table.table;
        check_permitted(Right::Alter, On::Table(keyspace, table_name))?;
        self.edit_schema(|catalog| {
            check_keyspace(catalog, keyspace)?;
            let Some(table) = catalog.table(keyspace, table_name) else {
                return Err(QueryError::Invalid(format!("Table '{table_name}' doesn't exist")));
            };
            if table.view.is_some() {
                let problem = "Secondary indexes on materialized views aren't supported";
                return Err(QueryError::invalid(problem));
            }
            if table.is_counter() {
                let problem = "Secondary indexes on counter tables aren't supported";
                return Err(QueryError::invalid(problem));
            }
            let [target] = create.targets.as_slice() else {
                let problem = "Only CUSTOM indexes support multiple columns";
                return Err(QueryError::invalid(problem));
            };
            let index = define(create, target, table, &catalog.keyspaces[keyspace])?;
            if let Some(problem) = conflict(&index, table, &catalog.keyspaces[keyspace]) {
                return if create.if_not_exists { Ok(None) } else { Err(problem) };
            }
            let mut table = Table::clone(table);
            table.indexes.push(index);
            self.replace_table(catalog, table);
            Ok(Some(vec![table_change(SchemaChangeKind::Updated, keyspace, table_name)]))
        })
    }

    pub(super) fn drop_index(
        &self,
        index: &TableName,
        if_exists: bool,
        keyspace: Option<&str>,
    ) -> Changes {
        let keyspace = keyspace_of(index, keyspace)?;
        check_not_local(keyspace)?;
        let name = &index.table;
        self.edit_schema(|catalog| {
            let table = catalog.keyspace(keyspace).and_then(|known| known.indexed_table(name));
            let Some(table) = table else {
                if if_exists {
                    return Ok(None);
                }
                // The quote that opens nothing is Cassandra's.
                return Err(QueryError::Invalid(format!(
                    "Index '{keyspace}.{name}' doesn't exist'"
                )));
            };
            let mut table = Table::clone(table);
            table.indexes.retain(|index| index.name != *name);
            let changed = table_change(SchemaChangeKind::Updated, keyspace, &table.name);
            self.replace_table(catalog, table);
            Ok(Some(vec![changed]))
        })
    }
}

fn define(
    create: &CreateIndex,
    target: &IndexTarget,
    table: &Table,
    keyspace: &Keyspace,
) -> Result<Index, QueryError> {
    let column = table.named_column(&target.column)?;
    let is_custom = create.custom || create.class.is_some();
    let kind = check_target(target, column, table, is_custom)?;
    let name = match &create.name {
        Some(name) => name.table.clone(),
        None => free_name(table, &column.name, keyspace),
    };
    Ok(Index {
        name,
        column: column.name.clone(),
        kind,
        of_elements: column.data_type.is_multi_cell(),
        class: if is_custom { "CUSTOM" } else { "COMPOSITES" },
        custom_class: create.class.clone(),
        options: create.options.clone(),
    })
}

fn check_target(
    target: &IndexTarget,
    column: &Column,
    table: &Table,
    is_custom: bool,
) -> Result<IndexKind, QueryError> {
    let name = &column.name;
    let refuse = |problem: String| Err(QueryError::Invalid(problem));
    if table.partition_key().len() == 1 && table.partition_key()[0].name == *name {
        return refuse(format!(
            "Cannot create secondary index on the only partition key column {name}"
        ));
    }
    if matches!(column.data_type, DataType::Native(helenus_protocol::CqlType::Duration)) {
        return refuse("Secondary indexes are not supported on duration columns".to_owned());
    }
    let frozen = matches!(&column.data_type, DataType::Frozen(inner)
        if matches!(**inner, DataType::List(_) | DataType::Set(_) | DataType::Map(..)));
    let is_map = matches!(column.data_type, DataType::Map(..));
    let is_collection = is_map || matches!(column.data_type, DataType::List(_) | DataType::Set(_));
    match target.kind {
        IndexKind::Full if !frozen => {
            refuse("full() indexes can only be created on frozen collections".to_owned())
        }
        IndexKind::Values | IndexKind::Keys | IndexKind::Entries if frozen && !is_custom => {
            let kind = match target.kind {
                IndexKind::Keys => "keys()",
                IndexKind::Entries => "entries()",
                _ => "values()",
            };
            refuse(format!(
                "Cannot create {kind} index on frozen column {name}. Frozen collections are immutable and must be fully indexed by using the 'full({name})' modifier"
            ))
        }
        IndexKind::Keys if !is_map => {
            refuse(format!("Cannot create index on keys of column {name} with non-map type"))
        }
        IndexKind::Entries if !is_map => {
            refuse(format!("Cannot create index on entries of column {name} with non-map type"))
        }
        IndexKind::Values if matches!(column.data_type, DataType::Named(_)) => {
            refuse(format!("Cannot create index on non-frozen UDT column {name}"))
        }
        kind if is_collection || frozen || kind == IndexKind::Values => Ok(kind),
        _ => refuse(format!("Cannot create index on {name}")),
    }
}

/// Why there cannot be such an index.
fn conflict(index: &Index, table: &Table, keyspace: &Keyspace) -> Option<QueryError> {
    if keyspace.indexed_table(&index.name).is_some() {
        return Some(QueryError::Invalid(format!("Index '{}' already exists", index.name)));
    }
    let same = |known: &&Index| {
        known.column == index.column
            && known.kind == index.kind
            && known.custom_class == index.custom_class
    };
    let known = table.indexes.iter().find(same)?;
    Some(QueryError::Invalid(format!(
        "Index {} is a duplicate of existing index {}",
        index.name, known.name
    )))
}

/// The name that an index gets that was given none.
fn free_name(table: &Table, column: &str, keyspace: &Keyspace) -> String {
    let word: String = column.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let base = format!("{}_{word}_idx", table.name);
    let numbered = (1..).map(|number| format!("{base}_{number}"));
    std::iter::once(base.clone())
        .chain(numbered)
        .find(|name| keyspace.indexed_table(name).is_none())
        .unwrap_or(base)
}
