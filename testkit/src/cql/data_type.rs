//! A column's type as it was declared.

use std::fmt;

use helenus_protocol::CqlType;

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
    /// The class name of a type that only a server could know.
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

    /// `frozen<inner>`; a tuple or a vector is frozen anyway and stays as it is.
    pub(crate) fn frozen(inner: Self) -> Self {
        match inner {
            Self::Tuple(_) | Self::Vector(..) | Self::Frozen(_) => inner,
            other => Self::Frozen(Box::new(other)),
        }
    }

    /// The type on the wire, or the name that stands for none.
    pub(crate) fn to_cql_type(&self) -> Result<CqlType, &str> {
        Ok(match self {
            Self::Native(native) => native.clone(),
            Self::List(element) => CqlType::List(Box::new(element.to_cql_type()?)),
            Self::Set(element) => CqlType::Set(Box::new(element.to_cql_type()?)),
            Self::Map(key, value) => {
                CqlType::Map(Box::new(key.to_cql_type()?), Box::new(value.to_cql_type()?))
            }
            Self::Tuple(elements) => {
                CqlType::Tuple(elements.iter().map(Self::to_cql_type).collect::<Result<_, _>>()?)
            }
            Self::Vector(element, dimension) => {
                CqlType::Vector(Box::new(element.to_cql_type()?), *dimension)
            }
            Self::Frozen(inner) => inner.to_cql_type()?,
            Self::Custom(class) => CqlType::Custom(class.clone()),
            Self::Named(name) => return Err(name),
        })
    }

    /// Whether it is a collection whose elements are cells of their own; an empty one is then no value at all.
    pub(crate) fn is_multi_cell(&self) -> bool {
        matches!(self, Self::List(_) | Self::Set(_) | Self::Map(..))
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
            Self::Named(name) => f.write_str(name),
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
