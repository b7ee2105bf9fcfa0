use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use helenus::{CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlVarint, Session, Value};
use uuid::Uuid;

use super::Outcome;

/// Names, types, and values: one that is small, and one at the type's edge.
fn columns() -> Vec<(&'static str, Value, Value)> {
    let uuid = Uuid::from_u128(0x1234_5678_9abc_11ee_8def_0123_4567_89ab);
    let decimal = |unscaled: i128, scale| {
        Value::Decimal(CqlDecimal { unscaled: CqlVarint::from(unscaled), scale })
    };
    let duration =
        |months, days, nanoseconds| Value::Duration(CqlDuration { months, days, nanoseconds });
    let inet = |text: &str| Value::Inet(text.parse::<IpAddr>().unwrap());
    vec![
        ("ascii", Value::Text("plain".into()), Value::Text(String::new())),
        ("bigint", Value::BigInt(-7), Value::BigInt(i64::MIN)),
        ("blob", Value::Blob(vec![0x80, 0xFF, 0]), Value::Blob(vec![])),
        ("boolean", Value::Boolean(true), Value::Boolean(false)),
        ("date", Value::Date(CqlDate::from_days(0)), Value::Date(CqlDate(u32::MAX))),
        ("decimal", decimal(-150, 2), decimal(i128::MAX, -3)),
        ("double", Value::Double(1.5), Value::Double(f64::NEG_INFINITY)),
        ("duration", duration(1, 2, 3), duration(-1, -2, i64::MIN)),
        ("float", Value::Float(-0.25), Value::Float(f32::MAX)),
        ("inet", inet("192.0.2.1"), inet("2001:db8::1")),
        ("int", Value::Int(42), Value::Int(i32::MIN)),
        ("smallint", Value::SmallInt(-1), Value::SmallInt(i16::MAX)),
        ("text", Value::Text("żółw 🐢".into()), Value::Text(String::new())),
        ("time", Value::Time(CqlTime(1)), Value::Time(CqlTime(86_399_999_999_999))),
        ("timestamp", Value::Timestamp(CqlTimestamp(-1)), Value::Timestamp(CqlTimestamp(i64::MAX))),
        ("timeuuid", Value::Uuid(uuid), Value::Uuid(uuid)),
        ("tinyint", Value::TinyInt(7), Value::TinyInt(i8::MIN)),
        ("uuid", Value::Uuid(Uuid::nil()), Value::Uuid(Uuid::max())),
        (
            "varint",
            Value::VarInt(CqlVarint::from(-129_i64)),
            Value::VarInt(CqlVarint::from(i128::MIN)),
        ),
    ]
}

pub(crate) async fn values_of_every_native_type_come_back(session: &Session, ks: &str) -> Outcome {
    let columns = columns();
    let list = |with: &dyn Fn(&str) -> String| {
        columns.iter().map(|(ty, ..)| with(ty)).collect::<Vec<_>>().join(", ")
    };
    let table = format!("{ks}.native_types");
    let declared = list(&|ty| format!("c_{ty} {ty}"));
    session
        .query(
            format!(
                "CREATE TABLE {table} (id int PRIMARY KEY, {declared}, \
                 numbers list<int>, words set<text>, scores map<text, double>, pair frozen<tuple<int, text>>)"
            ),
            (),
        )
        .await?;
    let names = list(&|ty| format!("c_{ty}"));
    let marks = vec!["?"; columns.len() + 1].join(", ");
    let insert =
        session.prepare(format!("INSERT INTO {table} (id, {names}) VALUES ({marks})")).await?;
    let select = session.prepare(format!("SELECT {names} FROM {table} WHERE id = ?")).await?;

    let small: Vec<Value> = columns.iter().map(|(_, small, _)| small.clone()).collect();
    let edge: Vec<Value> = columns.iter().map(|(_, _, edge)| edge.clone()).collect();
    let nulls = vec![Value::Null; columns.len()];
    for (id, written) in (0..).zip([small, edge, nulls]) {
        let mut values = vec![Value::Int(id)];
        values.extend(written.iter().cloned());
        session.execute(&insert, values).await?;
        let result = session.execute(&select, (id,)).await?;
        let mut row = result.one_row::<helenus::Row<'_>>()?;
        let read = columns.iter().map(|_| row.value()).collect::<Result<Vec<Value>, _>>()?;
        assert_eq!(read, written);
    }

    let collections =
        format!("INSERT INTO {table} (id, numbers, words, scores, pair) VALUES (?, ?, ?, ?, ?)");
    let scores = BTreeMap::from([("a", 0.5), ("b", -1.0)]);
    let words = BTreeSet::from(["one", "two"]);
    session
        .query(collections, (9, vec![3, 1, 2], words, scores, (1, Option::<&str>::None)))
        .await?;
    let select = format!("SELECT numbers, words, scores, pair FROM {table} WHERE id = ?");
    let result = session.query(select, (9,)).await?;
    type Collections<'a> = (Vec<i32>, Vec<&'a str>, BTreeMap<&'a str, f64>, (i32, Option<&'a str>));
    let (numbers, words, scores, pair) = result.one_row::<Collections<'_>>()?;
    assert_eq!((numbers, words), (vec![3, 1, 2], vec!["one", "two"]));
    assert_eq!((scores["b"], pair), (-1.0, (1, None)));
    Ok(())
}
