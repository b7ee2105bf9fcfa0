use helenus_protocol::{
    Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlType, CqlVarint, Value,
};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::types::cql_type;

/// A type and one of its values, null included.
pub(crate) fn typed_value() -> impl Strategy<Value = (CqlType, Value)> {
    cql_type().prop_flat_map(|ty| {
        let value = field(&ty);
        (Just(ty), value)
    })
}

/// What may stand where null may.
fn field(ty: &CqlType) -> BoxedStrategy<Value> {
    prop_oneof![6 => element(ty), 1 => Just(Value::Null)].boxed()
}

/// What may stand where no null may: a value, or no bytes where the type tells that from a value.
fn element(ty: &CqlType) -> BoxedStrategy<Value> {
    match ty {
        CqlType::Ascii | CqlType::Text | CqlType::Blob | CqlType::Custom(_) => present(ty),
        _ => prop_oneof![6 => present(ty), 1 => Just(Value::Empty)].boxed(),
    }
}

fn vector_element(ty: &CqlType) -> BoxedStrategy<Value> {
    if ty.fixed_size().is_some() { present(ty) } else { element(ty) }
}

fn varint() -> impl Strategy<Value = CqlVarint> {
    vec(any::<u8>(), 1..40).prop_map(|bytes| CqlVarint::from_be_bytes(&bytes))
}

fn extreme<T: Arbitrary + Copy + 'static>(least: T, most: T) -> BoxedStrategy<T> {
    prop_oneof![4 => any::<T>(), 1 => Just(least), 1 => Just(most)].boxed()
}

fn present(ty: &CqlType) -> BoxedStrategy<Value> {
    match ty {
        CqlType::Ascii => "[ -~]{0,12}".prop_map(Value::Text).boxed(),
        CqlType::Text => "\\PC{0,12}".prop_map(Value::Text).boxed(),
        CqlType::Blob | CqlType::Custom(_) => vec(any::<u8>(), 0..24).prop_map(Value::Blob).boxed(),
        CqlType::BigInt => extreme(i64::MIN, i64::MAX).prop_map(Value::BigInt).boxed(),
        CqlType::Counter => {
            extreme(i64::MIN, i64::MAX).prop_map(|count| Value::Counter(Counter(count))).boxed()
        }
        CqlType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        CqlType::Date => {
            extreme(u32::MIN, u32::MAX).prop_map(|day| Value::Date(CqlDate(day))).boxed()
        }
        CqlType::Decimal => (varint(), extreme(i32::MIN, i32::MAX))
            .prop_map(|(unscaled, scale)| Value::Decimal(CqlDecimal { unscaled, scale }))
            .boxed(),
        CqlType::Double => extreme(f64::NEG_INFINITY, f64::MAX).prop_map(Value::Double).boxed(),
        CqlType::Float => extreme(f32::NEG_INFINITY, f32::MAX).prop_map(Value::Float).boxed(),
        CqlType::Duration => {
            (extreme(i32::MIN, i32::MAX), extreme(i32::MIN, i32::MAX), extreme(i64::MIN, i64::MAX))
                .prop_map(|(months, days, nanoseconds)| {
                    Value::Duration(CqlDuration { months, days, nanoseconds })
                })
                .boxed()
        }
        CqlType::Inet => any::<std::net::IpAddr>().prop_map(Value::Inet).boxed(),
        CqlType::Int => extreme(i32::MIN, i32::MAX).prop_map(Value::Int).boxed(),
        CqlType::SmallInt => extreme(i16::MIN, i16::MAX).prop_map(Value::SmallInt).boxed(),
        CqlType::TinyInt => extreme(i8::MIN, i8::MAX).prop_map(Value::TinyInt).boxed(),
        CqlType::Time => (0..86_400_000_000_000_i64).prop_map(|t| Value::Time(CqlTime(t))).boxed(),
        CqlType::Timestamp => extreme(i64::MIN, i64::MAX)
            .prop_map(|millis| Value::Timestamp(CqlTimestamp(millis)))
            .boxed(),
        CqlType::Uuid | CqlType::TimeUuid => {
            any::<[u8; 16]>().prop_map(|bytes| Value::Uuid(Uuid::from_bytes(bytes))).boxed()
        }
        CqlType::VarInt => varint().prop_map(Value::VarInt).boxed(),
        CqlType::List(of) | CqlType::Set(of) => {
            vec(element(of), 0..4).prop_map(Value::List).boxed()
        }
        CqlType::Vector(of, dimension) => {
            vec(vector_element(of), usize::from(*dimension)).prop_map(Value::List).boxed()
        }
        CqlType::Map(key, value) => {
            vec((element(key), element(value)), 0..4).prop_map(Value::Map).boxed()
        }
        CqlType::Tuple(types) => prefix(types.iter().map(field).collect(), Value::Tuple),
        CqlType::Udt(udt) => {
            let names: Vec<_> = udt.fields.iter().map(|(name, _)| name.clone()).collect();
            let fields = udt.fields.iter().map(|(_, ty)| field(ty)).collect();
            prefix(fields, move |values| Value::Udt(names.iter().cloned().zip(values).collect()))
        }
        other => unreachable!("{other} is a type that these tests do not know"),
    }
}

/// The first fields of a tuple or a user-defined type; without any it is empty.
fn prefix(
    fields: Vec<BoxedStrategy<Value>>,
    whole: impl Fn(Vec<Value>) -> Value + 'static,
) -> BoxedStrategy<Value> {
    let given = (fields, any::<prop::sample::Index>());
    given
        .prop_map(move |(mut values, given)| {
            if values.is_empty() {
                return Value::Empty;
            }
            values.truncate(given.index(values.len()) + 1);
            whole(values)
        })
        .boxed()
}
