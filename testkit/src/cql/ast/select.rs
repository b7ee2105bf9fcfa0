//! `SELECT`, and the relations of every `WHERE`.

use super::{Arithmetic, TableName, Term};
use crate::cql::DataType;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Select {
    pub(crate) table: TableName,
    pub(crate) json: bool,
    pub(crate) distinct: bool,
    pub(crate) selection: Selection,
    pub(crate) relations: Vec<Relation>,
    pub(crate) group_by: Vec<String>,
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
    /// `CAST(a AS type)`
    Cast(Box<Selector>, DataType),
    /// `a[key]`
    Element(Box<Selector>, Term),
    /// `a[from..to]`
    Slice(Box<Selector>, Option<Term>, Option<Term>),
    /// `a.field`
    Field(Box<Selector>, String),
    Operation(Box<Selector>, Arithmetic, Box<Selector>),
    Negation(Box<Selector>),
    /// `(a)`
    Nested(Box<Selector>),
    /// `(a, b)`
    Tuple(Vec<Selector>),
    Term(Term),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ordering {
    pub(crate) column: String,
    pub(crate) descending: bool,
    /// `ANN OF`
    pub(crate) near: Option<Term>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Relation {
    pub(crate) target: RelationTarget,
    pub(crate) operator: Operator,
    pub(crate) value: RelationValue,
}

impl Relation {
    /// The relation as CQL writes it, near enough for a message.
    pub(crate) fn written(&self) -> String {
        let target = match &self.target {
            RelationTarget::Column(name) => name.clone(),
            RelationTarget::Columns(names) => format!("({})", names.join(", ")),
            RelationTarget::Token(names) => format!("token({})", names.join(", ")),
            RelationTarget::Element(name, key) => format!("{name}[{}]", key.written()),
            RelationTarget::Field(name, field) => format!("{name}.{field}"),
        };
        let value = match &self.value {
            RelationValue::One(term) => term.written(),
            RelationValue::List(_) if self.operator == Operator::IsNotNull => "NULL".to_owned(),
            RelationValue::List(terms) => Term::Tuple(terms.clone()).written(),
            RelationValue::ListMarker(_) => "?".to_owned(),
        };
        format!("{target} {} {value}", self.operator.symbol())
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RelationTarget {
    Column(String),
    /// `(a, b)`
    Columns(Vec<String>),
    /// `token(a, b)`
    Token(Vec<String>),
    /// `a[key]`
    Element(String, Term),
    /// `a.field`, in conditions only
    Field(String, String),
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
    Contains,
    ContainsKey,
    Like,
    IsNotNull,
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
            Self::Contains => "CONTAINS",
            Self::ContainsKey => "CONTAINS KEY",
            Self::Like => "LIKE",
            Self::IsNotNull => "IS NOT",
        }
    }

    pub(crate) fn is_slice(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual)
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
