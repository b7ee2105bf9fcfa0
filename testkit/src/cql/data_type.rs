//! A column's type as it was declared.

use std::fmt;

use helenus_protocol::CqlType;

use super::quoted_name::QuotedName;
use crate::schema::UserTypes;

/// A type as CQL declares it, `frozen` kept: the wire does not tell it, the schema tables do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DataType {
    Native(CqlType),
    List(Box<DataType>),
    Set(Box<DataType>),
    Map(Box<DataType>, Box<DataType>),
    Tuple(Vec<DataType>),
    Vector(Box<DataType>, u16),
    Frozen(Box<DataType>),
    /// The class name of a type that CQL has no name for.
    Custom(String),
    /// A name that is no native type: a user-defined type, if there is one.
    Named(String),
}

impl DataType {
    /// The type that a single word names.
    pub(crate) fn named(name: String) -> Self {
        let native = match name.as_str() {
            "ascii" => CqlType::Ascii,
            "bigint" => CqlType::BigInt,
            "blob" => CqlType::Blob,
            "boolean" => CqlType::Boolean,
            "counter" => CqlType::Counter,
            "date" => CqlType::Date,
            "decimal" => CqlType::Decimal,
            "double" => CqlType::Double,
            "duration" => CqlType::Duration,
            "float" => CqlType::Float,
            "inet" => CqlType::Inet,
            "int" => CqlType::Int,
            "smallint" => CqlType::SmallInt,
            "text" | "varchar" => CqlType::Text,
            "time" => CqlType::Time,
            "timestamp" => CqlType::Timestamp,
            "timeuuid" => CqlType::TimeUuid,
            "tinyint" => CqlType::TinyInt,
            "uuid" => CqlType::Uuid,
            "varint" => CqlType::VarInt,
            _ => return Self::Named(name),
        };
        Self::Native(native)
    }

    /// The type on the wire, or the name that stands for none.
    pub(crate) fn to_cql_type(&self, types: &UserTypes) -> Result<CqlType, &str> {
        Ok(match self {
            Self::Native(native) => native.clone(),
            Self::List(element) => CqlType::List(Box::new(element.to_cql_type(types)?)),
            Self::Set(element) => CqlType::Set(Box::new(element.to_cql_type(types)?)),
            Self::Map(key, value) => {
                CqlType::Map(Box::new(key.to_cql_type(types)?), Box::new(value.to_cql_type(types)?))
            }
            Self::Tuple(elements) => {
                let elements = elements.iter().map(|element| element.to_cql_type(types));
                CqlType::Tuple(elements.collect::<Result<_, _>>()?)
            }
            Self::Vector(element, dimension) => {
                CqlType::Vector(Box::new(element.to_cql_type(types)?), *dimension)
            }
            Self::Frozen(inner) => inner.to_cql_type(types)?,
            Self::Custom(class) => CqlType::Custom(class.clone()),
            Self::Named(name) => types
                .get(name)
                .ok_or(name.as_str())?
                .to_cql_type(types)
                .map_err(|_| name.as_str())?,
        })
    }

    /// Whether its elements or fields are cells of their own; without any it is then no value at all.
    pub(crate) fn is_multi_cell(&self) -> bool {
        matches!(self, Self::List(_) | Self::Set(_) | Self::Map(..) | Self::Named(_))
    }

    /// Whether it is or holds the user-defined type `name`.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        match self {
            Self::Native(_) | Self::Custom(_) => false,
            Self::List(inner) | Self::Set(inner) | Self::Frozen(inner) | Self::Vector(inner, _) => {
                inner.mentions(name)
            }
            Self::Map(key, value) => key.mentions(name) || value.mentions(name),
            Self::Tuple(elements) => elements.iter().any(|element| element.mentions(name)),
            Self::Named(named) => named == name,
        }
    }

    /// The type with every type inside it frozen, as `frozen<…>` makes it.
    pub(crate) fn freeze(&self) -> Self {
        let frozen = |inner: &Self| Box::new(inner.freeze());
        match self {
            Self::List(element) => Self::Frozen(Box::new(Self::List(frozen(element)))),
            Self::Set(element) => Self::Frozen(Box::new(Self::Set(frozen(element)))),
            Self::Map(key, value) => Self::Frozen(Box::new(Self::Map(frozen(key), frozen(value)))),
            Self::Tuple(elements) => Self::Tuple(elements.iter().map(Self::freeze).collect()),
            Self::Vector(element, dimension) => Self::Vector(frozen(element), *dimension),
            Self::Named(_) => Self::Frozen(Box::new(self.clone())),
            Self::Frozen(inner) => inner.freeze(),
            Self::Native(_) | Self::Custom(_) => self.clone(),
        }
    }

    /// The first type inside this one that would have to be frozen and is not.
    pub(crate) fn unfrozen_part(&self) -> Option<&Self> {
        let parts: Vec<&Self> = match self {
            Self::List(element) | Self::Set(element) => vec![element],
            Self::Map(key, value) => vec![key, value],
            _ => Vec::new(),
        };
        parts.into_iter().find(|part| part.is_multi_cell())
    }

    pub(crate) fn is_counter(&self) -> bool {
        matches!(self, Self::Native(CqlType::Counter))
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Native(native) => native.fmt(f),
            Self::List(element) => write!(f, "list<{element}>"),
            Self::Set(element) => write!(f, "set<{element}>"),
            Self::Map(key, value) => write!(f, "map<{key}, {value}>"),
            // A tuple is always shown frozen, as a node shows it.
            Self::Tuple(elements) => {
                f.write_str("frozen<tuple<")?;
                for (index, element) in elements.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{element}")?;
                }
                f.write_str(">>")
            }
            Self::Vector(element, dimension) => write!(f, "vector<{element}, {dimension}>"),
            Self::Frozen(inner) => write!(f, "frozen<{inner}>"),
            Self::Custom(class) => write!(f, "'{class}'"),
            Self::Named(name) => QuotedName(name).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cql::parse_data_type;

    #[test]
    fn a_type_is_shown_as_a_node_shows_it() {
        for (declared, shown) in [
            ("VARCHAR", "text"),
            ("list< int >", "list<int>"),
            ("map<text,frozen<list<int>>>", "map<text, frozen<list<int>>>"),
            ("frozen<list<list<int>>>", "frozen<list<frozen<list<int>>>>"),
            ("list<frozen<\"My Type\">>", "list<frozen<\"My Type\">>"),
            ("tuple<int,text>", "frozen<tuple<int, text>>"),
            ("frozen<tuple<int, text>>", "frozen<tuple<int, text>>"),
            ("vector<float, 3>", "vector<float, 3>"),
        ] {
            assert_eq!(parse_data_type(declared).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn only_unfrozen_collections_are_multi_cell() {
        for (declared, multi_cell) in [
            ("list<int>", true),
            ("frozen<list<int>>", false),
            ("tuple<int>", false),
            ("text", false),
        ] {
            assert_eq!(parse_data_type(declared).unwrap().is_multi_cell(), multi_cell);
        }
    }
}
