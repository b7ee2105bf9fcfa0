//! Structs read from rows and given as the values of statements.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use helenus_macros::{DecodeRow, EncodeRow};
use helenus_protocol::{
    BoundValues, Cell, ColumnSpec, CqlType, DecodeRow, DecodeRowError, EncodeRow, EncodeRowError,
    ResultMetadata, RowMismatch, Rows,
};

fn column(name: &str, ty: CqlType) -> ColumnSpec {
    ColumnSpec::new("ks", "t", name, ty)
}

/// One row of these columns, with these values.
fn page(columns: &[ColumnSpec], values: impl EncodeRow) -> Rows {
    let bound = BoundValues::encode(&values, columns).unwrap();
    let mut content = Vec::new();
    for cell in bound.cells() {
        let bytes = cell.bytes();
        let length = bytes.map_or(-1, |bytes| i32::try_from(bytes.len()).unwrap());
        content.extend_from_slice(&length.to_be_bytes());
        content.extend_from_slice(bytes.unwrap_or_default());
    }
    Rows { metadata: ResultMetadata::of(columns.to_vec()), count: 1, content: content.into() }
}

fn first<'frame, T: DecodeRow<'frame>>(
    rows: &'frame Rows,
    columns: &'frame [ColumnSpec],
) -> Result<T, DecodeRowError> {
    rows.typed::<T>(columns).unwrap().next().unwrap()
}

#[derive(Debug, PartialEq, DecodeRow, EncodeRow)]
#[helenus(crate = "helenus_protocol")]
struct User<'a> {
    id: i64,
    #[helenus(rename = "Name")]
    name: &'a str,
    r#type: Option<i32>,
    #[helenus(skip)]
    cached: bool,
}

fn user_columns() -> Vec<ColumnSpec> {
    vec![
        column("Name", CqlType::Text),
        column("other", CqlType::Int),
        column("type", CqlType::Int),
        column("id", CqlType::BigInt),
    ]
}

#[test]
fn fields_take_the_columns_of_their_names() {
    let columns = user_columns();
    let rows = page(&columns, ("Ada", 1, None::<i32>, 7_i64));
    let user = User { id: 7, name: "Ada", r#type: None, cached: false };
    assert_eq!(first(&rows, &columns), Ok(user));
}

#[test]
fn a_missing_column_is_named() {
    let columns = &user_columns()[..3];
    let rows = page(columns, ("Ada", 1, 2));
    let mismatch = rows.typed::<User<'_>>(columns).unwrap_err();
    let rust = std::any::type_name::<User<'_>>();
    assert_eq!(mismatch, RowMismatch::Missing { column: "id", rust });
}

#[test]
fn a_mismatch_names_the_column_and_both_types() {
    let mut columns = user_columns();
    columns[3].ty = CqlType::Uuid;
    let mismatch = <User<'_> as DecodeRow<'_>>::check(&columns).unwrap_err();
    assert_eq!(
        mismatch.to_string(),
        "column 3 (\"id\"): the CQL type uuid does not match the Rust type i64"
    );
}

#[test]
fn a_value_that_cannot_be_read_is_named() {
    let columns = user_columns();
    let rows = page(&columns, (None::<&str>, 1, 2, 7_i64));
    let error = first::<User<'_>>(&rows, &columns).unwrap_err();
    assert!(matches!(error, DecodeRowError::Value { index: 0, column, .. } if column == "Name"));
}

#[test]
fn markers_take_the_fields_of_their_names() {
    let markers = [
        column("id", CqlType::BigInt),
        column("Name", CqlType::Text),
        column("id", CqlType::BigInt),
    ];
    let user = User { id: 7, name: "Ada", r#type: None, cached: true };
    let bound = BoundValues::encode(&user, &markers).unwrap();
    let id = 7_i64.to_be_bytes();
    let cells: Vec<_> = bound.cells().collect();
    assert_eq!(cells, [Cell::Value(&id), Cell::Value(b"Ada"), Cell::Value(&id)]);

    let missing = BoundValues::encode(&user, &[column("cached", CqlType::Boolean)]);
    assert_eq!(missing, Err(EncodeRowError::Missing { marker: "cached".into() }));
    let mismatch = BoundValues::encode(&user, &[column("id", CqlType::Text)]);
    assert!(matches!(mismatch, Err(EncodeRowError::Value { marker, .. }) if marker == "id"));
}

#[derive(Debug, PartialEq, DecodeRow, EncodeRow)]
#[helenus(crate = "helenus_protocol", by_position)]
struct Pair {
    left: i32,
    #[helenus(skip)]
    between: u8,
    right: String,
}

#[derive(Debug, PartialEq, DecodeRow, EncodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Tuple(i32, String);

#[test]
fn by_position_names_do_not_count() {
    let columns = [column("x", CqlType::Int), column("x", CqlType::Text)];
    let rows = page(&columns, Tuple(1, "a".into()));
    assert_eq!(first(&rows, &columns), Ok(Tuple(1, "a".into())));
    let pair = Pair { left: 1, between: 0, right: "a".into() };
    assert_eq!(BoundValues::encode(&pair, &columns).unwrap().count(), 2);
    assert_eq!(first(&rows, &columns), Ok(pair));
}

#[test]
fn by_position_the_number_of_columns_counts() {
    let columns = [column("x", CqlType::Int)];
    let mismatch = Pair::check(&columns).unwrap_err();
    assert!(matches!(mismatch, RowMismatch::Count { columns: 1, wanted: 2, .. }));
    let short = BoundValues::encode(&Tuple(1, String::new()), &columns);
    assert_eq!(short, Err(EncodeRowError::Count { markers: 1, values: 2 }));
}

#[derive(Debug, PartialEq, DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Settings {
    #[helenus(default)]
    limit: i32,
    #[helenus(default)]
    theme: String,
}

#[test]
fn a_default_stands_for_a_missing_column_and_for_null() {
    let columns = [column("limit", CqlType::Int)];
    let rows = page(&columns, (None::<i32>,));
    assert_eq!(first(&rows, &columns), Ok(Settings { limit: 0, theme: String::new() }));
    let rows = page(&columns, (9,));
    assert_eq!(first(&rows, &columns), Ok(Settings { limit: 9, theme: String::new() }));
    assert!(Settings::check(&[column("theme", CqlType::Int)]).is_err());
}

#[derive(Debug, PartialEq, DecodeRow, EncodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Audit<'a> {
    by: &'a str,
    at: i64,
}

#[derive(Debug, PartialEq, DecodeRow, EncodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Order<'a, T, A> {
    id: T,
    #[helenus(flatten)]
    audit: A,
    items: Vec<&'a str>,
}

#[test]
fn a_flattened_struct_takes_columns_of_its_own() {
    let columns = [
        column("at", CqlType::BigInt),
        column("items", CqlType::List(Box::new(CqlType::Text))),
        column("id", CqlType::Int),
        column("by", CqlType::Text),
    ];
    let order = Order { id: 5, audit: Audit { by: "Ada", at: 1 }, items: vec!["a", "b"] };
    let rows = page(&columns, &order);
    assert_eq!(first::<Order<'_, i32, Audit<'_>>>(&rows, &columns), Ok(order));
    let missing = <Order<'_, i32, Audit<'_>>>::check(&columns[..3]).unwrap_err();
    assert!(matches!(missing, RowMismatch::Missing { column: "by", .. }));
}

#[test]
fn a_flattened_map_gives_the_values_that_are_left() {
    let markers = [column("by", CqlType::Text), column("id", CqlType::Int)];
    let order = Order { id: 5, audit: BTreeMap::from([("by", "Ada")]), items: vec![] };
    let bound = BoundValues::encode(&order, &markers).unwrap();
    let cells: Vec<_> = bound.cells().collect();
    assert_eq!(cells, [Cell::Value(b"Ada"), Cell::Value(&[0, 0, 0, 5])]);
}

#[derive(Debug, PartialEq, DecodeRow, EncodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Bounded<K: Ord, V>
where
    V: Copy,
{
    value: V,
    counts: BTreeMap<K, V>,
}

#[test]
fn generics_keep_their_bounds() {
    let map = CqlType::Map(Box::new(CqlType::Text), Box::new(CqlType::Int));
    let columns = [column("value", CqlType::Int), column("counts", map)];
    let bounded = Bounded { value: 1, counts: BTreeMap::from([("a".to_owned(), 2)]) };
    let rows = page(&columns, &bounded);
    assert_eq!(first(&rows, &columns), Ok(bounded));
}
