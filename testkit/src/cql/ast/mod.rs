//! What a CQL text says, before anything is looked up in the schema.

mod arithmetic;
mod describe;
mod modification;
mod role;
mod schema;
mod select;
mod term;

pub(crate) use arithmetic::Arithmetic;
pub(crate) use describe::{Describe, DescribeTarget};
pub(crate) use modification::{
    Assignment, Batch, BatchKind, Condition, Deletion, Modification, ModificationKind, Operation,
    Part,
};
pub(crate) use role::{Grant, GrantTarget, Password, Resource, RoleOptions, RoleStatement};
pub(crate) use schema::{
    AlterTable, AlterType, ColumnDefinition, CreateAggregate, CreateFunction, CreateIndex,
    CreateKeyspace, CreateTable, CreateTrigger, CreateType, CreateView, DropTrigger, IndexKind,
    IndexTarget, Property, PropertyValue, RoutineName, TableAlteration, TypeAlteration,
};
pub(crate) use select::{
    Operator, Ordering, Relation, RelationTarget, RelationValue, Select, SelectedItem, Selection,
    Selector,
};
pub(crate) use term::{Literal, Term};

/// A parsed text: the statement and the names of its bind markers, in order (`?` has none).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) statement: Statement,
    pub(crate) markers: Vec<Option<String>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    CreateKeyspace(CreateKeyspace),
    AlterKeyspace { name: String, if_exists: bool, properties: Vec<Property> },
    DropKeyspace { name: String, if_exists: bool },
    CreateTable(CreateTable),
    AlterTable(AlterTable),
    DropTable { table: TableName, if_exists: bool },
    CreateType(CreateType),
    AlterType(AlterType),
    DropType { name: TableName, if_exists: bool },
    CreateIndex(CreateIndex),
    DropIndex { index: TableName, if_exists: bool },
    CreateView(CreateView),
    AlterView { view: TableName, if_exists: bool, properties: Vec<Property> },
    DropView { view: TableName, if_exists: bool },
    CreateTrigger(CreateTrigger),
    DropTrigger(DropTrigger),
    CreateFunction(CreateFunction),
    DropFunction(RoutineName),
    CreateAggregate(CreateAggregate),
    DropAggregate(RoutineName),
    Role(RoleStatement),
    Describe(Describe),
    Truncate(TableName),
    Use(String),
    Select(Select),
    Modification(Modification),
    Batch(Batch),
}

impl Statement {
    /// Whether it reads and writes the same tables in whatever keyspace it is sent.
    pub(crate) fn names_keyspace(&self) -> bool {
        match self {
            Self::Select(select) => select.table.keyspace.is_some(),
            Self::Modification(modification) => modification.table.keyspace.is_some(),
            Self::Batch(batch) => {
                batch.statements.iter().all(|statement| statement.table.keyspace.is_some())
            }
            Self::Truncate(table) => table.keyspace.is_some(),
            _ => false,
        }
    }
}

/// The name of a table or of something else that a keyspace holds, perhaps with its keyspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableName {
    pub(crate) keyspace: Option<String>,
    pub(crate) table: String,
}
