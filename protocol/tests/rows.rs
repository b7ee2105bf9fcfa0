//! Rows read as tuples, and values written by position and by name.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use helenus_protocol::{
    BoundValues, Cell, ColumnSpec, CqlType, DecodeRowError, DecodeValueError, EncodeRow,
    EncodeRowError, ResultMetadata, Row, RowMismatch, Rows, Value,
};

fn columns() -> Vec<ColumnSpec> {
    vec![
        ColumnSpec::new("ks", "t", "id", CqlType::BigInt),
        ColumnSpec::new("ks", "t", "name", CqlType::Text),
        ColumnSpec::new("ks", "t", "tags", CqlType::List(Box::new(CqlType::Int))),
    ]
}

/// Rows with these values, each of them a row of its own.
fn rows(values: &[&dyn Fn() -> BoundValues]) -> Rows {
    let mut content = Vec::new();
    for row in values {
        for cell in row().cells() {
            let bytes = cell.bytes();
            let length = bytes.map_or(-1, |bytes| i32::try_from(bytes.len()).unwrap());
            content.extend_from_slice(&length.to_be_bytes());
            content.extend_from_slice(bytes.unwrap_or_default());
        }
    }
    let metadata = ResultMetadata::of(columns());
    Rows { metadata, count: values.len(), content: content.into() }
}

fn bound(row: impl EncodeRow) -> BoundValues {
    BoundValues::encode(&row, &columns()).unwrap()
}

fn two_rows() -> Rows {
    rows(&[&|| bound((1_i64, "a", vec![1, 2])), &|| bound((2_i64, None::<&str>, vec![3]))])
}

#[test]
fn rows_are_read_as_tuples() {
    let (rows, columns) = (two_rows(), columns());
    let read: Result<Vec<_>, _> =
        rows.typed::<(i64, Option<&str>, Vec<i32>)>(&columns).unwrap().collect();
    assert_eq!(read, Ok(vec![(1, Some("a"), vec![1, 2]), (2, None, vec![3])]));
}

#[test]
fn an_error_in_one_row_leaves_the_next_to_be_read() {
    let rows = rows(&[&|| bound((1_i64, None::<&str>, [0; 0])), &|| bound((2_i64, "b", [0; 0]))]);
    let columns = columns();
    let mut read = rows.typed::<(i64, &str, Vec<i32>)>(&columns).unwrap();
    let Err(DecodeRowError::Value { index: 1, column, source }) = read.next().unwrap() else {
        panic!("null is no text")
    };
    assert_eq!(column, "name");
    assert_eq!(source, DecodeValueError::Null { rust: "str" });
    assert_eq!(read.next(), Some(Ok((2, "b", vec![]))));
    assert_eq!(read.next(), None);
}

#[test]
fn a_mismatch_names_the_column_and_both_types() {
    let (rows, columns) = (two_rows(), columns());
    let mismatch = rows.typed::<(i64, i32, Vec<i32>)>(&columns).unwrap_err();
    assert_eq!(
        mismatch.to_string(),
        "column 1 (\"name\"): the CQL type text does not match the Rust type i32"
    );
    let count = rows.typed::<(i64, &str)>(&columns).unwrap_err();
    assert!(matches!(count, RowMismatch::Count { columns: 3, wanted: 2, .. }));
}

#[test]
fn columns_of_another_time_are_refused() {
    let rows = two_rows();
    let known = &columns()[..2];
    let stale = rows.typed::<(i64, &str)>(known).unwrap_err();
    assert_eq!(stale, RowMismatch::Stale { result: 3, given: 2 });
}

#[test]
fn a_row_is_read_value_by_value_and_no_further() {
    let (rows, columns) = (two_rows(), columns());
    let mut row = rows.typed::<Row<'_>>(&columns).unwrap().next().unwrap().unwrap();
    assert_eq!(row.raw(), Ok(Some(&1_i64.to_be_bytes()[..])));
    assert_eq!(row.value::<Value>(), Ok(Value::Text("a".into())));
    assert_eq!(row.value::<Vec<i32>>(), Ok(vec![1, 2]));
    assert!(row.value::<i64>().is_err());
    assert!(row.raw().is_err());
}

#[test]
fn a_row_that_ends_early_is_the_last() {
    let mut rows = two_rows();
    rows.content.truncate(rows.content.len() - 1);
    let columns = columns();
    let read: Vec<_> = rows.typed::<(i64, Option<&str>, Vec<i32>)>(&columns).unwrap().collect();
    assert!(matches!(read.as_slice(), [Ok(_), Err(DecodeRowError::Wire(_))]));
}

#[test]
fn values_by_name_stand_in_the_order_of_their_markers() {
    let markers = [
        ColumnSpec::new("ks", "t", "b", CqlType::TinyInt),
        ColumnSpec::new("ks", "t", "a", CqlType::TinyInt),
        ColumnSpec::new("ks", "t", "b", CqlType::TinyInt),
    ];
    let values = BTreeMap::from([("a", 1_i8), ("b", 2)]);
    let bound = BoundValues::encode(&values, &markers).unwrap();
    let cells: Vec<_> = bound.cells().collect();
    assert_eq!(cells, [Cell::Value(&[2]), Cell::Value(&[1]), Cell::Value(&[2])]);
    let missing = BoundValues::encode(&BTreeMap::from([("a", 1_i8)]), &markers);
    assert_eq!(missing, Err(EncodeRowError::Missing { marker: "b".into() }));
    let named = BoundValues::encode(&BTreeMap::from([("a", 1_i16), ("b", 2)]), &markers);
    assert!(matches!(named, Err(EncodeRowError::Value { index: 0, .. })));
}

#[test]
fn too_few_values_and_too_many_are_told() {
    let count = |markers, values| Err(EncodeRowError::Count { markers, values });
    assert_eq!(BoundValues::encode(&(1_i64,), &columns()), count(3, 1));
    assert_eq!(BoundValues::encode(&(), &columns()), count(3, 0));
    assert_eq!(BoundValues::encode(&[1_i64, 2], &columns()[..1]), count(1, 2));
}
