//! Statements that define, change and drop what a schema holds.

use super::{Ordering, Relation, Selection, TableName, Term};
use crate::cql::DataType;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateKeyspace {
    pub(crate) name: String,
    pub(crate) if_not_exists: bool,
    pub(crate) properties: Vec<Property>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateTable {
    pub(crate) table: TableName,
    pub(crate) if_not_exists: bool,
    pub(crate) columns: Vec<ColumnDefinition>,
    /// How often `PRIMARY KEY` stands there.
    pub(crate) primary_keys: usize,
    pub(crate) partition_key: Vec<String>,
    pub(crate) clustering: Vec<String>,
    /// `CLUSTERING ORDER BY`: column and whether it descends.
    pub(crate) clustering_order: Vec<Ordering>,
    pub(crate) properties: Vec<Property>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnDefinition {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) is_static: bool,
    /// Declared by the class that turns the order of a clustering column round.
    pub(crate) is_reversed: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AlterTable {
    pub(crate) table: TableName,
    pub(crate) if_exists: bool,
    pub(crate) alteration: TableAlteration,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TableAlteration {
    Add {
        columns: Vec<ColumnDefinition>,
        if_not_exists: bool,
    },
    Drop {
        columns: Vec<String>,
        if_exists: bool,
    },
    Rename {
        columns: Vec<(String, String)>,
        if_exists: bool,
    },
    /// `ALTER column TYPE type`, which no server since 3.10 does.
    Type,
    With(Vec<Property>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateType {
    pub(crate) name: TableName,
    pub(crate) if_not_exists: bool,
    pub(crate) fields: Vec<(String, DataType)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AlterType {
    pub(crate) name: TableName,
    pub(crate) if_exists: bool,
    pub(crate) alteration: TypeAlteration,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TypeAlteration {
    Add {
        field: String,
        data_type: DataType,
        if_not_exists: bool,
    },
    Rename {
        fields: Vec<(String, String)>,
        if_exists: bool,
    },
    /// `ALTER field TYPE type`, which no server since 3.10 does.
    Type,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateIndex {
    pub(crate) name: Option<TableName>,
    pub(crate) if_not_exists: bool,
    pub(crate) table: TableName,
    pub(crate) targets: Vec<IndexTarget>,
    /// `CREATE CUSTOM INDEX`
    pub(crate) custom: bool,
    /// `USING`
    pub(crate) class: Option<String>,
    pub(crate) options: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexTarget {
    pub(crate) column: String,
    pub(crate) kind: IndexKind,
}

/// What of a column an index is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IndexKind {
    /// The value, or the elements or values of a collection.
    Values,
    Keys,
    Entries,
    Full,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateView {
    pub(crate) view: TableName,
    pub(crate) if_not_exists: bool,
    pub(crate) selection: Selection,
    pub(crate) base: TableName,
    pub(crate) relations: Vec<Relation>,
    /// What follows `WHERE`, as it was written.
    pub(crate) where_clause: String,
    pub(crate) partition_key: Vec<String>,
    pub(crate) clustering: Vec<String>,
    pub(crate) clustering_order: Vec<Ordering>,
    pub(crate) properties: Vec<Property>,
}

/// Its name counts only where it is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CreateTrigger {
    pub(crate) table: TableName,
    /// `USING`
    pub(crate) class: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DropTrigger {
    pub(crate) name: String,
    pub(crate) table: TableName,
    pub(crate) if_exists: bool,
}

/// A function or an aggregate, by name and perhaps by its arguments' types.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RoutineName {
    pub(crate) name: TableName,
    pub(crate) arguments: Option<Vec<DataType>>,
    pub(crate) if_exists: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateFunction {
    pub(crate) name: TableName,
    pub(crate) or_replace: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) arguments: Vec<(String, DataType)>,
    pub(crate) called_on_null: bool,
    pub(crate) returns: DataType,
    pub(crate) language: String,
    pub(crate) body: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateAggregate {
    pub(crate) name: TableName,
    pub(crate) or_replace: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) arguments: Vec<DataType>,
    pub(crate) state_function: String,
    pub(crate) state_type: DataType,
    pub(crate) final_function: Option<String>,
    /// `INITCOND`
    pub(crate) initial: Option<Term>,
}

/// `name = value` after `WITH`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) value: PropertyValue,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PropertyValue {
    Scalar(String),
    Map(Vec<(String, String)>),
}
