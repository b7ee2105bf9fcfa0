//! `CREATE`, `ALTER` and `DROP MATERIALIZED VIEW`.

use std::collections::BTreeSet;

use helenus_protocol::SchemaChangeKind;

use super::Engine;
use super::ddl::{Changes, table_change};
use super::own_keyspaces::{On, Right, check_not_local, check_permitted};
use super::planner::keyspace_of;
use super::schema_name::check_table_name;
use crate::cql::ast::{
    ColumnDefinition, CreateTable, CreateView, Operator, Property, RelationTarget, Selection,
    Selector, TableName,
};
use crate::query_error::QueryError;
use crate::schema::{Catalog, ColumnKind, Table, View};

impl Engine {
    pub(super) fn create_view(&self, create: &CreateView, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&create.view, keyspace)?;
        if create.base.keyspace.as_ref().is_some_and(|base| base != keyspace) {
            return Err(QueryError::invalid(
                "Cannot create a materialized view on a table in a different keyspace",
            ));
        }
        check_permitted(Right::Alter, On::Table(keyspace, &create.base.table))?;
        let name = &create.view.table;
        check_table_name(keyspace, name)?;
        self.edit_schema(|catalog| {
            if catalog.table(keyspace, name).is_some() {
                if create.if_not_exists {
                    return Ok(None);
                }
                return Err(QueryError::AlreadyExists {
                    keyspace: keyspace.to_owned(),
                    table: name.clone(),
                    message: format!(
                        "Cannot add already existing table \"{name}\" to keyspace \"{keyspace}\""
                    ),
                });
            }
            let view = define(create, keyspace, catalog)?;
            self.storage.add_table(view.id);
            catalog.add_table(view);
            Ok(Some(vec![table_change(SchemaChangeKind::Created, keyspace, name)]))
        })
    }

    pub(super) fn alter_view(
        &self,
        view: &TableName,
        if_exists: bool,
        properties: &[Property],
        keyspace: Option<&str>,
    ) -> Changes {
        let keyspace = keyspace_of(view, keyspace)?;
        check_not_local(keyspace)?;
        self.edit_schema(|catalog| {
            let Some(known) = find(catalog, keyspace, &view.table, if_exists)? else {
                return Ok(None);
            };
            let mut altered = Table::clone(known);
            altered.options.alter(properties)?;
            self.replace_table(catalog, altered);
            Ok(Some(vec![table_change(SchemaChangeKind::Updated, keyspace, &view.table)]))
        })
    }

    pub(super) fn drop_view(
        &self,
        view: &TableName,
        if_exists: bool,
        keyspace: Option<&str>,
    ) -> Changes {
        let keyspace = keyspace_of(view, keyspace)?;
        check_not_local(keyspace)?;
        self.edit_schema(|catalog| {
            let Some(known) = find(catalog, keyspace, &view.table, if_exists)? else {
                return Ok(None);
            };
            self.storage.drop_table(known.id);
            catalog.drop_table(keyspace, &view.table);
            Ok(Some(vec![table_change(SchemaChangeKind::Dropped, keyspace, &view.table)]))
        })
    }
}

/// `None` if there is no such view and need not be.
fn find<'c>(
    catalog: &'c Catalog,
    keyspace: &str,
    name: &str,
    if_exists: bool,
) -> Result<Option<&'c Table>, QueryError> {
    let table = catalog.table(keyspace, name).map(AsRef::as_ref);
    match table.filter(|table| table.view.is_some()) {
        None if !if_exists => {
            Err(QueryError::Invalid(format!("Materialized view '{keyspace}.{name}' doesn't exist")))
        }
        found => Ok(found),
    }
}

fn define(create: &CreateView, keyspace: &str, catalog: &Catalog) -> Result<Table, QueryError> {
    let name = &create.view.table;
    let base_name = &create.base.table;
    let Some(base) = catalog.table(keyspace, base_name) else {
        return Err(QueryError::Invalid(format!("Base table '{base_name}' doesn't exist")));
    };
    let refuse = |problem: String| Err(QueryError::Invalid(problem));
    if base.is_counter() {
        return refuse("Materialized views are not supported on counter tables".to_owned());
    }
    if base.view.is_some() {
        return refuse(
            "Materialized views cannot be created against other materialized views".to_owned(),
        );
    }
    let selected = selected(create, base)?;
    let key: Vec<_> = create.partition_key.iter().chain(&create.clustering).collect();
    for column in &selected {
        if base.named_column(column)?.kind == ColumnKind::Static {
            return refuse(format!(
                "Cannot include static column '{column}' in materialized view '{name}'"
            ));
        }
    }
    for column in &key {
        if !selected.contains(column.as_str()) {
            return refuse(format!(
                "Unknown column '{column}' referenced in PRIMARY KEY for materialized view '{name}'"
            ));
        }
    }
    let base_key = || base.columns.iter().filter(|column| column.is_primary_key());
    let absent = base_key().map(|column| &column.name).filter(|name| !key.contains(name));
    let absent: Vec<_> = absent.map(String::as_str).collect();
    if !absent.is_empty() {
        return refuse(format!(
            "Cannot create materialized view '{name}' without primary key columns {} from base table '{base_name}'",
            absent.join(", ")
        ));
    }
    let others = key.iter().filter(|name| base_key().all(|column| column.name != ***name));
    let others: Vec<_> = others.map(|name| name.as_str()).collect();
    if others.len() > 1 {
        return refuse(format!(
            "Cannot include more than one non-primary key column in materialized view primary key (got {})",
            others.join(", ")
        ));
    }
    check_relations(create, base, &key)?;
    let columns = base.columns.iter().filter(|column| selected.contains(column.name.as_str()));
    let definition = CreateTable {
        table: create.view.clone(),
        if_not_exists: false,
        columns: columns
            .map(|column| ColumnDefinition {
                name: column.name.clone(),
                data_type: column.data_type.clone(),
                is_static: false,
                is_reversed: false,
            })
            .collect(),
        primary_keys: 1,
        partition_key: create.partition_key.clone(),
        clustering: create.clustering.clone(),
        clustering_order: create.clustering_order.clone(),
        properties: create.properties.clone(),
    };
    let mut view = Table::define(keyspace, &definition, &catalog.keyspaces[keyspace].types)?;
    view.view = Some(View {
        base: base_name.clone(),
        base_id: base.id,
        includes_all: create.selection == Selection::All,
        relations: create.relations.clone(),
        where_clause: create.where_clause.clone(),
    });
    Ok(view)
}

fn selected(create: &CreateView, base: &Table) -> Result<BTreeSet<String>, QueryError> {
    let Selection::Selectors(items) = &create.selection else {
        return Ok(base.columns.iter().map(|column| column.name.clone()).collect());
    };
    items
        .iter()
        .map(|item| match &item.selector {
            Selector::Column(name) if item.alias.is_none() => {
                base.named_column(name).map(|column| column.name.clone())
            }
            _ => Err(QueryError::invalid(
                "Can only select columns by name when defining a materialized view",
            )),
        })
        .collect()
}

/// Every column of the view's key has to be restricted, at least to be not null.
fn check_relations(create: &CreateView, base: &Table, key: &[&String]) -> Result<(), QueryError> {
    let mut restricted = BTreeSet::new();
    for relation in &create.relations {
        let names = match &relation.target {
            RelationTarget::Column(name) => std::slice::from_ref(name),
            RelationTarget::Columns(names) => names.as_slice(),
            _ => return Err(QueryError::unsupported("this relation in a materialized view")),
        };
        for name in names {
            let column = base.named_column(name)?;
            if !column.is_primary_key() && relation.operator != Operator::IsNotNull {
                return Err(QueryError::Invalid(format!(
                    "Non-primary key columns can only be restricted with 'IS NOT NULL' (got: {name} restricted illegally)"
                )));
            }
            restricted.insert(name.as_str());
        }
    }
    match key.iter().find(|name| !restricted.contains(name.as_str())) {
        Some(name) => Err(QueryError::Invalid(format!(
            "Primary key columns {name} must be restricted with 'IS NOT NULL' or otherwise"
        ))),
        None => Ok(()),
    }
}
