//! What a CQL text says, before anything is looked up in the schema.

use super::data_type::DataType;

/// A parsed text: the statement and the names of its bind markers, in order (`?` has none).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) statement: Statement,
    pub(crate) markers: Vec<Option<String>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    CreateKeyspace(CreateKeyspace),
    DropKeyspace { name: String, if_exists: bool },
    CreateTable(CreateTable),
    DropTable { table: TableName, if_exists: bool },
    Truncate(TableName),
    Use(String),
    Select(Select),
    Modification(Modification),
    Batch(Batch),
}

/// A table's name, perhaps with its keyspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableName {
    pub(crate) keyspace: Option<String>,
    pub(crate) table: String,
}

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ordering {
    pub(crate) column: String,
    pub(crate) descending: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Select {
    pub(crate) table: TableName,
    pub(crate) distinct: bool,
    pub(crate) selection: Selection,
    pub(crate) relations: Vec<Relation>,
    pub(crate) order_by: Vec<Ordering>,
    pub(crate) per_partition_limit: Option<Term>,
    pub(crate) limit: Option<Term>,
    pub(crate) allow_filtering: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selection {
    /// `*`
    All,
    Selectors(Vec<SelectedItem>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SelectedItem {
    pub(crate) selector: Selector,
    pub(crate) alias: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selector {
    Column(String),
    /// `count(*)` or `count(1)`
    CountRows,
    Function {
        name: String,
        arguments: Vec<Selector>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Relation {
    pub(crate) target: RelationTarget,
    pub(crate) operator: Operator,
    pub(crate) value: RelationValue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RelationTarget {
    Column(String),
    /// `token(a, b)`
    Token(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

impl Operator {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "IN",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RelationValue {
    One(Term),
    /// `IN (a, b)`
    List(Vec<Term>),
    /// `IN ?`
    ListMarker(usize),
}

/// An INSERT, an UPDATE or a DELETE.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Modification {
    pub(crate) table: TableName,
    pub(crate) kind: ModificationKind,
    pub(crate) timestamp: Option<Term>,
    pub(crate) ttl: Option<Term>,
    pub(crate) condition: Condition,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ModificationKind {
    Insert { columns: Vec<String>, values: Vec<Term> },
    Update { assignments: Vec<Assignment>, relations: Vec<Relation> },
    Delete { columns: Vec<String>, relations: Vec<Relation> },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assignment {
    pub(crate) column: String,
    pub(crate) operation: Operation,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    /// `c = value`
    Set(Term),
    /// `c = c + value`
    Add(Term),
    /// `c = c - value`
    Subtract(Term),
    /// `c = value + c`
    Prepend(Term),
}

/// What follows `IF`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    None,
    NotExists,
    Exists,
    Columns(Vec<Relation>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch {
    pub(crate) kind: BatchKind,
    pub(crate) timestamp: Option<Term>,
    pub(crate) statements: Vec<Modification>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchKind {
    Logged,
    Unlogged,
    Counter,
}

/// Anything a value can be written as.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    Literal(Literal),
    /// The n-th bind marker of the text.
    Marker(usize),
    List(Vec<Term>),
    Set(Vec<Term>),
    Map(Vec<(Term, Term)>),
    Tuple(Vec<Term>),
    Function {
        name: String,
        arguments: Vec<Term>,
    },
    /// `(type) term`
    Cast {
        data_type: DataType,
        term: Box<Term>,
    },
}

/// A constant, its text kept until the type it is meant for is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Null,
    Boolean(bool),
    Integer(String),
    Float(String),
    String(String),
    Uuid(String),
    Duration(String),
    Blob(String),
}

impl Literal {
    /// What Cassandra calls this kind of constant in its messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Boolean(_) => "BOOLEAN",
            Self::Integer(_) => "INTEGER",
            Self::Float(_) => "FLOAT",
            Self::String(_) => "STRING",
            Self::Uuid(_) => "UUID",
            Self::Duration(_) => "DURATION",
            Self::Blob(_) => "HEX",
        }
    }

    /// The constant's text, without quotes or prefix.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Boolean(true) => "true",
            Self::Boolean(false) => "false",
            Self::Integer(text)
            | Self::Float(text)
            | Self::String(text)
            | Self::Uuid(text)
            | Self::Duration(text)
            | Self::Blob(text) => text,
        }
    }
}
