//! A keyspace and how it is replicated.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Replication, Table, UserAggregate, UserFunction, UserTypes};
use crate::cql::ast::{CreateKeyspace, Property, PropertyValue};
use crate::query_error::QueryError;

#[derive(Debug, Clone)]
pub(crate) struct Keyspace {
    pub(crate) name: String,
    pub(crate) replication: Replication,
    pub(crate) durable_writes: bool,
    /// Computed per node rather than stored; nobody writes to it.
    pub(crate) is_virtual: bool,
    /// Tables and views.
    pub(crate) tables: BTreeMap<String, Arc<Table>>,
    pub(crate) types: UserTypes,
    pub(crate) functions: Vec<UserFunction>,
    pub(crate) aggregates: Vec<UserAggregate>,
}

impl Keyspace {
    pub(crate) fn new(name: &str, replication: Replication) -> Self {
        Self {
            name: name.to_owned(),
            replication,
            durable_writes: true,
            is_virtual: false,
            tables: BTreeMap::new(),
            types: UserTypes::new(),
            functions: Vec::new(),
            aggregates: Vec::new(),
        }
    }

    /// The keyspace that a statement asks for in a cluster of these data centers.
    pub(crate) fn define(
        statement: &CreateKeyspace,
        datacenters: &[String],
    ) -> Result<Self, QueryError> {
        let mut keyspace = Self::new(&statement.name, Replication::local());
        keyspace.alter(&statement.properties, datacenters)?;
        if keyspace.replication == Replication::local() {
            let problem = "Missing mandatory option 'replication'";
            return Err(QueryError::invalid(problem));
        }
        Ok(keyspace)
    }

    /// Whether it knows the names of these properties, whatever their values.
    pub(crate) fn check_properties(&self, properties: &[Property]) -> Result<(), QueryError> {
        match properties.iter().find(|p| !matches!(&*p.name, "replication" | "durable_writes")) {
            Some(unknown) => {
                Err(QueryError::Syntax(format!("Unknown property '{}'", unknown.name)))
            }
            None => Ok(()),
        }
    }

    /// Gives it these properties.
    pub(crate) fn alter(
        &mut self,
        properties: &[Property],
        datacenters: &[String],
    ) -> Result<(), QueryError> {
        for property in properties {
            match (property.name.as_str(), &property.value) {
                ("replication", PropertyValue::Map(map)) => {
                    self.replication = Replication::parse(&self.name, map, datacenters)?;
                }
                ("durable_writes", PropertyValue::Scalar(value)) => {
                    self.durable_writes = value.eq_ignore_ascii_case("true");
                }
                ("replication", PropertyValue::Scalar(_)) => {
                    return Err(QueryError::Syntax(
                        "Invalid value for property 'replication'. It should be a map.".to_owned(),
                    ));
                }
                ("durable_writes", PropertyValue::Map(_)) => {
                    return Err(QueryError::Syntax(
                        "Invalid value for property 'durable_writes'. It should be a string."
                            .to_owned(),
                    ));
                }
                (name, _) => return Err(QueryError::Syntax(format!("Unknown property '{name}'"))),
            }
        }
        Ok(())
    }

    /// The table that has an index of this name.
    pub(crate) fn indexed_table(&self, index: &str) -> Option<&Arc<Table>> {
        self.tables.values().find(|table| table.indexes.iter().any(|known| known.name == index))
    }

    /// The views of a table.
    pub(crate) fn views_of<'a>(&'a self, base: &'a str) -> impl Iterator<Item = &'a Arc<Table>> {
        self.tables
            .values()
            .filter(move |table| table.view.as_ref().is_some_and(|view| view.base == base))
    }
}
