//! What `DESCRIBE` answers.

use std::sync::Arc;

use helenus_protocol::{ColumnSpec, CqlType, ResultMetadata, Rows};

use super::create_statement;
use crate::cql::QuotedName;
use crate::cql::ast::{Describe, DescribeTarget, TableName};
use crate::query_error::QueryError;
use crate::schema::{Catalog, Keyspace, Routine, Table, UserType, UserTypes};
use crate::value::{write_collection, write_element};

/// What a node tells of its cluster.
#[derive(Debug, Clone)]
pub(crate) struct ClusterDescription {
    pub(crate) name: String,
    /// The nodes that hold the range which ends with a token.
    pub(crate) ownership: Vec<(String, Vec<String>)>,
}

/// Something that is described: its keyspace, kind and name, and the statement that makes it.
struct Described {
    keyspace: String,
    kind: &'static str,
    name: String,
    statement: String,
}

/// What a DESCRIBE looks at.
struct View<'a> {
    catalog: &'a Catalog,
    /// The keyspace that is in use.
    current: Option<&'a str>,
    internals: bool,
}

/// The columns of the answer.
fn columns(target: &DescribeTarget, current: Option<&str>) -> Vec<ColumnSpec> {
    let column = |name: &str, ty: CqlType| ColumnSpec::new("system", "describe", name, ty);
    if *target == DescribeTarget::Cluster {
        let mut columns: Vec<_> =
            ["cluster", "partitioner", "snitch"].map(|name| column(name, CqlType::Text)).into();
        if current.is_some() {
            let addresses = CqlType::List(Box::new(CqlType::Text));
            let map = CqlType::Map(Box::new(CqlType::Text), Box::new(addresses));
            columns.push(column("range_ownership", map));
        }
        return columns;
    }
    let names: &[&str] = match target {
        DescribeTarget::Keyspaces
        | DescribeTarget::Tables
        | DescribeTarget::Types
        | DescribeTarget::Functions
        | DescribeTarget::Aggregates => &["keyspace_name", "type", "name"],
        _ => &["keyspace_name", "type", "name", "create_statement"],
    };
    names.iter().map(|name| column(name, CqlType::Text)).collect()
}

/// Answers a DESCRIBE; `cluster` is asked only where it is about the cluster.
pub(crate) fn answer(
    describe: &Describe,
    catalog: &Catalog,
    current: Option<&str>,
    cluster: impl FnOnce() -> ClusterDescription,
) -> Result<Rows, QueryError> {
    let columns = columns(&describe.target, current);
    let mut content = Vec::new();
    let count = if describe.target == DescribeTarget::Cluster {
        write_cluster(&cluster(), current.is_some(), &mut content);
        1
    } else {
        let view = View { catalog, current, internals: describe.internals };
        let described = view.describe(&describe.target)?;
        for Described { keyspace, kind, name, statement } in &described {
            let cells = [keyspace.as_str(), kind, name, statement];
            for cell in &cells[..columns.len()] {
                write_element(Some(cell.as_bytes()), &mut content);
            }
        }
        described.len()
    };
    Ok(Rows { metadata: ResultMetadata::of(columns), count, content: content.into() })
}

fn write_cluster(cluster: &ClusterDescription, with_ownership: bool, out: &mut Vec<u8>) {
    for text in [&cluster.name, "Murmur3Partitioner", "DynamicEndpointSnitch"] {
        write_element(Some(text.as_bytes()), out);
    }
    if with_ownership {
        let mut ownership = cluster.ownership.clone();
        ownership.sort();
        let cells: Vec<Vec<u8>> = ownership
            .iter()
            .flat_map(|(token, nodes)| {
                let nodes = write_collection(nodes.len(), nodes.iter().map(String::as_bytes));
                [token.clone().into_bytes(), nodes]
            })
            .collect();
        let map = write_collection(ownership.len(), cells.iter().map(Vec::as_slice));
        write_element(Some(&map), out);
    }
}

impl View<'_> {
    fn describe(&self, target: &DescribeTarget) -> Result<Vec<Described>, QueryError> {
        match target {
            DescribeTarget::Keyspaces => {
                Ok(self.catalog.keyspaces.values().map(|keyspace| of_keyspace(keyspace)).collect())
            }
            DescribeTarget::Tables => Ok(self.each(|keyspace| self.tables(keyspace, false))),
            DescribeTarget::Types => Ok(self.each(types)),
            DescribeTarget::Functions => Ok(self.each(functions)),
            DescribeTarget::Aggregates => Ok(self.each(aggregates)),
            DescribeTarget::Schema { full } => {
                let keyspaces = self.catalog.keyspaces.values();
                let keyspaces = keyspaces.filter(|keyspace| *full || !is_system(&keyspace.name));
                Ok(keyspaces.flat_map(|keyspace| self.whole(keyspace)).collect())
            }
            DescribeTarget::Keyspace { name, only } => {
                let keyspace = self.keyspace(name.as_deref())?;
                if *only { Ok(vec![of_keyspace(keyspace)]) } else { Ok(self.whole(keyspace)) }
            }
            DescribeTarget::Table(name) => self.table(name, false),
            DescribeTarget::View(name) => self.table(name, true),
            DescribeTarget::Index(name) => {
                let keyspace = self.keyspace_of(name)?;
                self.index(keyspace, &name.table).ok_or_else(|| {
                    QueryError::Invalid(format!(
                        "Table for existing index '{}' not found in '{}'",
                        name.table, keyspace.name
                    ))
                })
            }
            DescribeTarget::Type(name) => self.named(name, "User defined type", types),
            DescribeTarget::Function(name) => self.named(name, "User defined function", functions),
            DescribeTarget::Aggregate(name) => {
                self.named(name, "User defined aggregate", aggregates)
            }
            DescribeTarget::Any(name) => self.any(name),
            DescribeTarget::Cluster => Ok(Vec::new()),
        }
    }

    /// What `of` finds in the current keyspace, or in every one.
    fn each(&self, of: impl Fn(&Keyspace) -> Vec<Described>) -> Vec<Described> {
        match self.current.and_then(|name| self.catalog.keyspace(name)) {
            Some(keyspace) => of(keyspace),
            None => self.catalog.keyspaces.values().flat_map(|keyspace| of(keyspace)).collect(),
        }
    }

    fn keyspace(&self, name: Option<&str>) -> Result<&Arc<Keyspace>, QueryError> {
        let Some(name) = name.or(self.current) else {
            return Err(QueryError::invalid("No keyspace specified and no current keyspace"));
        };
        self.catalog
            .keyspace(name)
            .ok_or_else(|| QueryError::Invalid(format!("'{name}' not found in keyspaces")))
    }

    fn keyspace_of(&self, name: &TableName) -> Result<&Arc<Keyspace>, QueryError> {
        self.keyspace(name.keyspace.as_deref())
    }

    fn table(&self, name: &TableName, is_view: bool) -> Result<Vec<Described>, QueryError> {
        let keyspace = self.keyspace_of(name)?;
        let known =
            keyspace.tables.get(&name.table).filter(|table| table.view.is_some() == is_view);
        known.map(|table| self.with_dependents(keyspace, table)).ok_or_else(|| {
            let (what, within) =
                if is_view { ("Materialized view", "in") } else { ("Table", "in keyspace") };
            QueryError::Invalid(format!(
                "{what} '{}' not found {within} '{}'",
                name.table, keyspace.name
            ))
        })
    }

    fn named(
        &self,
        name: &TableName,
        what: &str,
        of: fn(&Keyspace) -> Vec<Described>,
    ) -> Result<Vec<Described>, QueryError> {
        let keyspace = self.keyspace_of(name)?;
        let wanted = QuotedName(&name.table).to_string();
        let fits = |described: &Described| {
            described.name == wanted || described.name.starts_with(&format!("{wanted}("))
        };
        let found: Vec<_> = of(keyspace).into_iter().filter(fits).collect();
        if found.is_empty() {
            return Err(QueryError::Invalid(format!(
                "{what} '{}' not found in '{}'",
                name.table, keyspace.name
            )));
        }
        Ok(found)
    }

    fn any(&self, name: &TableName) -> Result<Vec<Described>, QueryError> {
        if name.keyspace.is_none()
            && let Some(keyspace) = self.catalog.keyspace(&name.table)
        {
            return Ok(self.whole(keyspace));
        }
        let keyspace = match (&name.keyspace, self.current) {
            (None, None) => {
                return Err(QueryError::Invalid(format!(
                    "'{}' not found in keyspaces",
                    name.table
                )));
            }
            _ => self.keyspace_of(name)?,
        };
        if let Some(table) = keyspace.tables.get(&name.table) {
            return Ok(self.with_dependents(keyspace, table));
        }
        self.index(keyspace, &name.table).ok_or_else(|| {
            QueryError::Invalid(format!(
                "'{}' not found in keyspace '{}'",
                name.table, keyspace.name
            ))
        })
    }

    fn index(&self, keyspace: &Keyspace, name: &str) -> Option<Vec<Described>> {
        let table = keyspace.indexed_table(name)?;
        let index = table.indexes.iter().find(|index| index.name == name)?;
        Some(vec![of_index(table, index)])
    }

    /// A keyspace and all that it holds.
    fn whole(&self, keyspace: &Keyspace) -> Vec<Described> {
        let mut all = vec![of_keyspace(keyspace)];
        all.extend(types(keyspace));
        all.extend(functions(keyspace));
        all.extend(aggregates(keyspace));
        all.extend(self.tables(keyspace, true));
        all
    }

    fn tables(&self, keyspace: &Keyspace, with_dependents: bool) -> Vec<Described> {
        let tables = keyspace.tables.values().filter(|table| table.view.is_none());
        let mut tables: Vec<_> = tables.collect();
        tables.sort_by_key(|table| table.name.to_lowercase());
        let described = tables.into_iter().flat_map(|table| {
            if with_dependents {
                self.with_dependents(keyspace, table)
            } else {
                vec![self.of_table(keyspace, table)]
            }
        });
        described.collect()
    }

    /// A table with its indexes and its views, each by name.
    fn with_dependents(&self, keyspace: &Keyspace, table: &Table) -> Vec<Described> {
        let mut all = vec![self.of_table(keyspace, table)];
        let mut indexes: Vec<_> = table.indexes.iter().collect();
        indexes.sort_by(|a, b| a.name.cmp(&b.name));
        all.extend(indexes.into_iter().map(|index| of_index(table, index)));
        all.extend(keyspace.views_of(&table.name).map(|view| self.of_table(keyspace, view)));
        all
    }

    fn of_table(&self, keyspace: &Keyspace, table: &Table) -> Described {
        Described {
            keyspace: shown(&table.keyspace),
            kind: if table.view.is_some() { "materialized_view" } else { "table" },
            name: shown(&table.name),
            statement: create_statement::table(table, keyspace.is_virtual, self.internals),
        }
    }
}

fn of_keyspace(keyspace: &Keyspace) -> Described {
    Described {
        keyspace: shown(&keyspace.name),
        kind: "keyspace",
        name: shown(&keyspace.name),
        statement: create_statement::keyspace(keyspace),
    }
}

fn of_index(table: &Table, index: &crate::schema::Index) -> Described {
    Described {
        keyspace: shown(&table.keyspace),
        kind: "index",
        name: shown(&index.name),
        statement: create_statement::index(table, index),
    }
}

/// A keyspace's types, each behind those that it is made of.
fn types(keyspace: &Keyspace) -> Vec<Described> {
    fn visit<'t>(user_type: &'t UserType, all: &'t UserTypes, ordered: &mut Vec<&'t UserType>) {
        if ordered.iter().any(|known| known.name == user_type.name) {
            return;
        }
        for other in all.values().filter(|other| other.name != user_type.name) {
            if user_type.fields.iter().any(|(_, data_type)| data_type.mentions(&other.name)) {
                visit(other, all, ordered);
            }
        }
        ordered.push(user_type);
    }
    let mut ordered = Vec::new();
    for user_type in keyspace.types.values() {
        visit(user_type, &keyspace.types, &mut ordered);
    }
    let described = ordered.into_iter().map(|user_type| Described {
        keyspace: shown(&keyspace.name),
        kind: "type",
        name: shown(&user_type.name),
        statement: create_statement::user_type(user_type),
    });
    described.collect()
}

fn functions(keyspace: &Keyspace) -> Vec<Described> {
    routines(keyspace, "function", &keyspace.functions, create_statement::function)
}

fn aggregates(keyspace: &Keyspace) -> Vec<Described> {
    routines(keyspace, "aggregate", &keyspace.aggregates, create_statement::aggregate)
}

fn routines<R: Routine>(
    keyspace: &Keyspace,
    kind: &'static str,
    all: &[R],
    statement: fn(&str, &R) -> String,
) -> Vec<Described> {
    let described = all.iter().map(|routine| Described {
        keyspace: shown(&keyspace.name),
        kind,
        name: format!("{}({})", shown(routine.name()), routine.argument_types().join(", ")),
        statement: statement(&keyspace.name, routine),
    });
    let mut described: Vec<_> = described.collect();
    described.sort_by(|a, b| a.name.cmp(&b.name));
    described
}

fn shown(name: &str) -> String {
    QuotedName(name).to_string()
}

fn is_system(keyspace: &str) -> bool {
    keyspace == "system" || keyspace.starts_with("system_")
}
