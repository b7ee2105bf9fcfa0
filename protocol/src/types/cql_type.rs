use std::sync::Arc;

/// A CQL type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CqlType {
    /// `ascii`: US-ASCII text.
    Ascii,
    /// `bigint`: a signed 64-bit integer.
    BigInt,
    /// `blob`: bytes.
    Blob,
    /// `boolean`.
    Boolean,
    /// `counter`: a distributed signed 64-bit integer.
    Counter,
    /// `date`: a day.
    Date,
    /// `decimal`: a number of any precision.
    Decimal,
    /// `double`: a 64-bit IEEE 754 number.
    Double,
    /// `duration`: months, days and nanoseconds.
    Duration,
    /// `float`: a 32-bit IEEE 754 number.
    Float,
    /// `inet`: an IPv4 or IPv6 address.
    Inet,
    /// `int`: a signed 32-bit integer.
    Int,
    /// `smallint`: a signed 16-bit integer.
    SmallInt,
    /// `text`: UTF-8.
    Text,
    /// `time`: nanoseconds since midnight.
    Time,
    /// `timestamp`: milliseconds since the Unix epoch.
    Timestamp,
    /// `timeuuid`: a version 1 UUID.
    TimeUuid,
    /// `tinyint`: a signed 8-bit integer.
    TinyInt,
    /// `uuid`.
    Uuid,
    /// `varint`: an integer of any size.
    VarInt,
    /// `list<T>`.
    List(Box<CqlType>),
    /// `set<T>`.
    Set(Box<CqlType>),
    /// `map<K, V>`.
    Map(Box<CqlType>, Box<CqlType>),
    /// `tuple<…>`.
    Tuple(Vec<CqlType>),
    /// A user-defined type.
    Udt(Box<UdtType>),
    /// `vector<T, n>`: exactly `n` elements, none of them null.
    Vector(Box<CqlType>, u16),
    /// A type that only the server knows, by the name of its Java class. Its values are bytes.
    Custom(String),
}

/// A user-defined type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UdtType {
    /// The keyspace that it belongs to.
    pub keyspace: String,
    /// Its name.
    pub name: String,
    /// Its fields' names and types, in order.
    pub fields: Vec<(Arc<str>, CqlType)>,
}

impl CqlType {
    /// How deep types may be nested when they are read from the wire.
    pub const MAX_DEPTH: usize = 32;

    /// Bytes that every value of the type takes, where that is the same for all of them.
    ///
    /// This decides the layout of a `vector`'s elements, so it follows Cassandra's `valueLengthIfFixed`:
    /// `date`, `time`, `smallint`, `tinyint` and the like count as variable there.
    pub fn fixed_size(&self) -> Option<usize> {
        Some(match self {
            Self::Boolean => 1,
            Self::Int | Self::Float => 4,
            Self::BigInt | Self::Double | Self::Timestamp => 8,
            Self::TimeUuid | Self::Uuid => 16,
            Self::Vector(element, dimension) => {
                element.fixed_size()?.saturating_mul(usize::from(*dimension))
            }
            _ => return None,
        })
    }
}
