use helenus_protocol::{ColumnSpec, CqlType, UdtType};
use proptest::collection::vec;
use proptest::prelude::*;

use super::text;

fn simple() -> impl Strategy<Value = CqlType> {
    prop_oneof![
        prop::sample::select(vec![
            CqlType::Ascii,
            CqlType::BigInt,
            CqlType::Blob,
            CqlType::Boolean,
            CqlType::Counter,
            CqlType::Date,
            CqlType::Decimal,
            CqlType::Double,
            CqlType::Duration,
            CqlType::Float,
            CqlType::Inet,
            CqlType::Int,
            CqlType::SmallInt,
            CqlType::Text,
            CqlType::Time,
            CqlType::Timestamp,
            CqlType::TimeUuid,
            CqlType::TinyInt,
            CqlType::Uuid,
            CqlType::VarInt,
        ]),
        "com\\.example\\.[A-Z][a-z]{1,6}".prop_map(CqlType::Custom),
    ]
}

fn udt(field: impl Strategy<Value = CqlType>) -> impl Strategy<Value = CqlType> {
    let fields = vec((text(), field), 1..4);
    ("[a-z_][a-z0-9_]{0,8}", text(), fields).prop_map(|(keyspace, name, fields)| {
        let numbered = fields.into_iter().enumerate();
        let fields = numbered.map(|(index, (name, ty))| (format!("{name}{index}").into(), ty));
        CqlType::Udt(Box::new(UdtType { keyspace, name, fields: fields.collect() }))
    })
}

/// Any type, nested up to four levels deep.
pub(crate) fn cql_type() -> impl Strategy<Value = CqlType> {
    simple().prop_recursive(4, 24, 4, |nested| {
        prop_oneof![
            nested.clone().prop_map(|element| CqlType::List(Box::new(element))),
            nested.clone().prop_map(|element| CqlType::Set(Box::new(element))),
            (nested.clone(), nested.clone())
                .prop_map(|(key, value)| CqlType::Map(Box::new(key), Box::new(value))),
            vec(nested.clone(), 0..4).prop_map(CqlType::Tuple),
            (nested.clone(), 1..5_u16)
                .prop_map(|(element, dimension)| CqlType::Vector(Box::new(element), dimension)),
            udt(nested),
        ]
    })
}

/// Columns of one table or of several.
pub(super) fn columns() -> impl Strategy<Value = Vec<ColumnSpec>> {
    let table = prop_oneof![Just("a"), Just("b")];
    let tables = prop_oneof![Just("a").boxed(), table.boxed()];
    let column = (tables, text(), cql_type())
        .prop_map(|(table, name, ty)| ColumnSpec::new("ks", table, name, ty));
    vec(column, 0..5)
}
