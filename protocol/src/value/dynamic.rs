use std::net::IpAddr;
use std::sync::Arc;

use uuid::Uuid;

use super::collection::{encode_map, encode_sequence};
use super::encode::{encode_field, mismatch};
use super::{
    Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlVarint, DecodeValue,
    DecodeValueError, EncodeValue, EncodeValueError, Encoded, Fields, MapIter, TypeMismatch,
};
use crate::CqlType;

/// A value of any CQL type, owned: for tools that learn the types only at run time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Null.
    Null,
    /// No bytes at all where the type wants some: Cassandra's "empty" value, distinct from null.
    Empty,
    /// `bigint`.
    BigInt(i64),
    /// `blob`, and the raw bytes of a custom type.
    Blob(Vec<u8>),
    /// `boolean`.
    Boolean(bool),
    /// `counter`.
    Counter(Counter),
    /// `date`.
    Date(CqlDate),
    /// `decimal`.
    Decimal(CqlDecimal),
    /// `double`.
    Double(f64),
    /// `duration`.
    Duration(CqlDuration),
    /// `float`.
    Float(f32),
    /// `inet`.
    Inet(IpAddr),
    /// `int`.
    Int(i32),
    /// `smallint`.
    SmallInt(i16),
    /// `text` and `ascii`.
    Text(String),
    /// `time`.
    Time(CqlTime),
    /// `timestamp`.
    Timestamp(CqlTimestamp),
    /// `tinyint`.
    TinyInt(i8),
    /// `uuid` and `timeuuid`.
    Uuid(Uuid),
    /// `varint`.
    VarInt(CqlVarint),
    /// `list`, `set` and `vector`.
    List(Vec<Value>),
    /// `map`, in the server's order.
    Map(Vec<(Value, Value)>),
    /// `tuple`; elements that the wire leaves out at its end are left out here.
    Tuple(Vec<Value>),
    /// A user-defined type's fields by name; those that the wire leaves out at its end are left out here.
    Udt(Vec<(Arc<str>, Value)>),
}

impl EncodeValue for Value {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        match self {
            Self::Null => Ok(Encoded::Null),
            Self::Empty => Ok(Encoded::Value),
            Self::BigInt(value) => value.encode(ty, out),
            Self::Blob(value) => value.encode(ty, out),
            Self::Boolean(value) => value.encode(ty, out),
            Self::Counter(value) => value.encode(ty, out),
            Self::Date(value) => value.encode(ty, out),
            Self::Decimal(value) => value.encode(ty, out),
            Self::Double(value) => value.encode(ty, out),
            Self::Duration(value) => value.encode(ty, out),
            Self::Float(value) => value.encode(ty, out),
            Self::Inet(value) => value.encode(ty, out),
            Self::Int(value) => value.encode(ty, out),
            Self::SmallInt(value) => value.encode(ty, out),
            Self::Text(value) => value.encode(ty, out),
            Self::Time(value) => value.encode(ty, out),
            Self::Timestamp(value) => value.encode(ty, out),
            Self::TinyInt(value) => value.encode(ty, out),
            Self::Uuid(value) => value.encode(ty, out),
            Self::VarInt(value) => value.encode(ty, out),
            Self::List(elements) => encode_sequence(elements.iter(), ty, out),
            Self::Map(entries) => encode_map(entries.iter().map(|(k, v)| (k, v)), ty, out),
            Self::Tuple(elements) => encode_tuple(elements, ty, out),
            Self::Udt(fields) => encode_udt(fields, ty, out),
        }
    }
}

fn encode_tuple(
    elements: &[Value],
    ty: &CqlType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeValueError> {
    match ty {
        CqlType::Tuple(types) if elements.len() <= types.len() => {
            for (element, element_type) in elements.iter().zip(types) {
                encode_field(element, element_type, ty, out)?;
            }
            Ok(Encoded::Value)
        }
        _ => Err(mismatch::<Value>(ty)),
    }
}

/// Writes the fields in the type's order, up to the last that is given; those missing before it are null.
fn encode_udt(
    fields: &[(Arc<str>, Value)],
    ty: &CqlType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeValueError> {
    let CqlType::Udt(udt) = ty else { return Err(mismatch::<Value>(ty)) };
    let mut left = fields.len();
    for (name, field_type) in &udt.fields {
        if left == 0 {
            break;
        }
        let value = fields.iter().find(|(given, _)| given == name).map(|(_, value)| value);
        encode_field(&value, field_type, ty, out)?;
        left -= usize::from(value.is_some());
    }
    if left == 0 { Ok(Encoded::Value) } else { Err(mismatch::<Value>(ty)) }
}

impl<'frame> DecodeValue<'frame> for Value {
    fn check(_: &CqlType) -> Result<(), TypeMismatch> {
        Ok(())
    }

    fn decode(ty: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        let Some(raw) = bytes else { return Ok(Self::Null) };
        if raw.is_empty() && !may_be_empty(ty) {
            return Ok(Self::Empty);
        }
        Ok(match ty {
            CqlType::Ascii | CqlType::Text => Self::Text(String::decode(ty, bytes)?),
            CqlType::BigInt => Self::BigInt(i64::decode(ty, bytes)?),
            CqlType::Blob | CqlType::Custom(_) => Self::Blob(raw.to_vec()),
            CqlType::Boolean => Self::Boolean(bool::decode(ty, bytes)?),
            CqlType::Counter => Self::Counter(Counter::decode(ty, bytes)?),
            CqlType::Date => Self::Date(CqlDate::decode(ty, bytes)?),
            CqlType::Decimal => Self::Decimal(CqlDecimal::decode(ty, bytes)?),
            CqlType::Double => Self::Double(f64::decode(ty, bytes)?),
            CqlType::Duration => Self::Duration(CqlDuration::decode(ty, bytes)?),
            CqlType::Float => Self::Float(f32::decode(ty, bytes)?),
            CqlType::Inet => Self::Inet(IpAddr::decode(ty, bytes)?),
            CqlType::Int => Self::Int(i32::decode(ty, bytes)?),
            CqlType::SmallInt => Self::SmallInt(i16::decode(ty, bytes)?),
            CqlType::Time => Self::Time(CqlTime::decode(ty, bytes)?),
            CqlType::Timestamp => Self::Timestamp(CqlTimestamp::decode(ty, bytes)?),
            CqlType::TinyInt => Self::TinyInt(i8::decode(ty, bytes)?),
            CqlType::TimeUuid | CqlType::Uuid => Self::Uuid(Uuid::decode(ty, bytes)?),
            CqlType::VarInt => Self::VarInt(CqlVarint::decode(ty, bytes)?),
            CqlType::List(_) | CqlType::Set(_) | CqlType::Vector(..) => {
                Self::List(Vec::decode(ty, bytes)?)
            }
            CqlType::Map(..) => Self::Map(MapIter::decode(ty, bytes)?.collect::<Result<_, _>>()?),
            CqlType::Tuple(types) => {
                let fields = Fields::new(raw).zip(types);
                let element = |(bytes, ty)| Self::decode(ty, bytes?);
                Self::Tuple(fields.map(element).collect::<Result<_, _>>()?)
            }
            CqlType::Udt(udt) => {
                let fields = Fields::new(raw).zip(&udt.fields);
                let field = |(bytes, (name, ty)): (_, &'frame (Arc<str>, CqlType))| {
                    Ok::<_, DecodeValueError>((Arc::clone(name), Self::decode(ty, bytes?)?))
                };
                Self::Udt(fields.map(field).collect::<Result<_, _>>()?)
            }
        })
    }
}

/// Whether no bytes at all are a common value of the type, such as an empty text.
fn may_be_empty(ty: &CqlType) -> bool {
    matches!(
        ty,
        CqlType::Ascii | CqlType::Text | CqlType::Blob | CqlType::Custom(_) | CqlType::Vector(_, 0)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UdtType;

    #[test]
    fn nested_values_read_back_as_they_were_written() {
        let udt = CqlType::Udt(Box::new(UdtType {
            keyspace: "ks".into(),
            name: "address".into(),
            fields: vec![
                ("street".into(), CqlType::Text),
                ("numbers".into(), CqlType::Set(Box::new(CqlType::SmallInt))),
            ],
        }));
        let ty = CqlType::Map(
            Box::new(CqlType::Text),
            Box::new(CqlType::Tuple(vec![CqlType::VarInt, udt])),
        );
        let value = Value::Map(vec![(
            Value::Text("home".into()),
            Value::Tuple(vec![
                Value::VarInt(CqlVarint::from(-300_i64)),
                Value::Udt(vec![
                    ("street".into(), Value::Null),
                    ("numbers".into(), Value::List(vec![Value::SmallInt(7)])),
                ]),
            ]),
        )]);
        let mut out = Vec::new();
        assert_eq!(value.encode(&ty, &mut out), Ok(Encoded::Value));
        assert_eq!(Value::decode(&ty, Some(&out)), Ok(value));
    }

    #[test]
    fn null_empty_and_an_empty_text_are_told_apart() {
        assert_eq!(Value::decode(&CqlType::Int, None), Ok(Value::Null));
        assert_eq!(Value::decode(&CqlType::Int, Some(&[])), Ok(Value::Empty));
        assert_eq!(Value::decode(&CqlType::Text, Some(&[])), Ok(Value::Text(String::new())));
    }

    #[test]
    fn a_udt_shorter_than_its_type_stays_short() {
        let udt = CqlType::Udt(Box::new(UdtType {
            keyspace: "ks".into(),
            name: "pair".into(),
            fields: vec![("a".into(), CqlType::Int), ("b".into(), CqlType::Int)],
        }));
        let bytes = [0, 0, 0, 4, 0, 0, 0, 1];
        let expected = Value::Udt(vec![("a".into(), Value::Int(1))]);
        assert_eq!(Value::decode(&udt, Some(&bytes)).as_ref(), Ok(&expected));
        let mut out = Vec::new();
        assert_eq!(expected.encode(&udt, &mut out), Ok(Encoded::Value));
        assert_eq!(out, bytes);
    }

    #[test]
    fn fields_are_written_in_the_order_of_their_type() {
        let udt = CqlType::Udt(Box::new(UdtType {
            keyspace: "ks".into(),
            name: "triple".into(),
            fields: vec![
                ("a".into(), CqlType::TinyInt),
                ("b".into(), CqlType::TinyInt),
                ("c".into(), CqlType::TinyInt),
            ],
        }));
        let value =
            Value::Udt(vec![("c".into(), Value::TinyInt(3)), ("a".into(), Value::TinyInt(1))]);
        let mut out = Vec::new();
        assert_eq!(value.encode(&udt, &mut out), Ok(Encoded::Value));
        assert_eq!(out, [0, 0, 0, 1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 3]);
        let unknown = Value::Udt(vec![("d".into(), Value::Null)]);
        assert!(matches!(unknown.encode(&udt, &mut out), Err(EncodeValueError::Mismatch(_))));
    }
}
