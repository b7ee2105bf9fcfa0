//! Values as they are written.

use super::Arithmetic;
use crate::cql::DataType;

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
    /// `{field: value}`
    UserType(Vec<(String, Term)>),
    Function {
        name: String,
        arguments: Vec<Term>,
    },
    /// `(type) term`
    Cast {
        data_type: DataType,
        term: Box<Term>,
    },
    Operation(Box<Term>, Arithmetic, Box<Term>),
    Negation(Box<Term>),
}

impl Term {
    /// The term as CQL writes it, near enough for a name or a message.
    pub(crate) fn written(&self) -> String {
        let all = |terms: &[Term]| terms.iter().map(Term::written).collect::<Vec<_>>().join(", ");
        match self {
            Self::Literal(literal) => literal.written(),
            Self::Marker(_) => "?".to_owned(),
            Self::List(terms) => format!("[{}]", all(terms)),
            Self::Set(terms) => format!("{{{}}}", all(terms)),
            Self::Tuple(terms) => format!("({})", all(terms)),
            Self::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| format!("{}: {}", key.written(), value.written()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            Self::UserType(fields) => {
                let fields =
                    fields.iter().map(|(name, value)| format!("{name}: {}", value.written()));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
            Self::Function { name, arguments } => format!("system.{name}({})", all(arguments)),
            Self::Operation(left, operator, right) => {
                format!("{} {} {}", left.written(), operator.symbol(), right.written())
            }
            Self::Negation(term) => format!("-{}", term.written()),
            Self::Cast { data_type, term } => format!("({data_type}){}", term.written()),
        }
    }
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

    /// The constant as a message shows it: a string without its quotes.
    pub(crate) fn constant(&self) -> String {
        if let Self::String(text) = self { text.clone() } else { self.written() }
    }

    /// The constant as CQL writes it.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::String(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Blob(text) => format!("0x{text}"),
            Self::Null => "NULL".to_owned(),
            other => other.text().to_owned(),
        }
    }
}
