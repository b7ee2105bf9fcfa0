//! Structs as user-defined types, and enums as texts and numbers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use helenus_macros::{DecodeValue, EncodeValue};
use helenus_protocol::{
    CqlType, DecodeValue, DecodeValueError, EncodeValue, EncodeValueError, Encoded, TypeMismatch,
    UdtType, Value,
};

fn udt(fields: &[(&str, CqlType)]) -> CqlType {
    let fields = fields.iter().map(|(name, ty)| ((*name).into(), ty.clone())).collect();
    CqlType::Udt(Box::new(UdtType { keyspace: "ks".into(), name: "u".into(), fields }))
}

fn encoded(value: &impl EncodeValue, ty: &CqlType) -> Result<Vec<u8>, EncodeValueError> {
    let mut bytes = Vec::new();
    value.encode(ty, &mut bytes).map(|encoded| {
        assert_eq!(encoded, Encoded::Value);
        bytes
    })
}

#[derive(Debug, PartialEq, EncodeValue, DecodeValue)]
#[helenus(crate = "helenus_protocol")]
struct Address<'a, T> {
    street: &'a str,
    #[helenus(rename = "No")]
    number: T,
    #[helenus(skip)]
    cached: bool,
    #[helenus(default)]
    note: String,
}

fn address_type() -> CqlType {
    udt(&[("No", CqlType::Int), ("street", CqlType::Text), ("note", CqlType::Text)])
}

#[test]
fn a_struct_is_a_user_defined_type() {
    let ty = address_type();
    let address = Address { street: "Main", number: Some(5), cached: false, note: "left".into() };
    let bytes = encoded(&address, &ty).unwrap();
    assert_eq!(bytes, b"\0\0\0\x04\0\0\0\x05\0\0\0\x04Main\0\0\0\x04left");
    assert_eq!(<Address<'_, Option<i32>>>::check(&ty), Ok(()));
    assert_eq!(Address::decode(&ty, Some(&bytes)), Ok(address));
}

#[test]
fn fields_that_the_value_leaves_out_are_null() {
    let ty = address_type();
    let bytes = b"\xFF\xFF\xFF\xFF\0\0\0\x04Main";
    let address = Address { street: "Main", number: None::<i32>, cached: false, note: "".into() };
    assert_eq!(Address::decode(&ty, Some(bytes)), Ok(address));
    let null = <Address<'_, i32>>::decode(&ty, Some(bytes));
    assert_eq!(null, Err(DecodeValueError::Null { rust: "i32" }));
    let null = <Address<'_, i32>>::decode(&ty, None);
    assert!(matches!(null, Err(DecodeValueError::Null { .. })));
}

#[test]
fn a_field_that_is_new_in_the_type_is_passed_over_and_written_as_null() {
    let ty = udt(&[("No", CqlType::Int), ("new", CqlType::Int), ("street", CqlType::Text)]);
    let address = Address { street: "", number: 1, cached: false, note: String::new() };
    let bytes = encoded(&address, &ty).unwrap();
    assert_eq!(bytes, b"\0\0\0\x04\0\0\0\x01\xFF\xFF\xFF\xFF\0\0\0\0");
    assert_eq!(Address::decode(&ty, Some(&bytes)), Ok(address));
}

#[test]
fn a_field_that_the_type_lacks_is_named() {
    let ty = udt(&[("street", CqlType::Text), ("note", CqlType::Text)]);
    let missing = <Address<'_, i32>>::check(&ty).unwrap_err();
    assert_eq!(missing.missing, Some("No"));
    assert!(missing.to_string().ends_with(": it has no field No"), "{missing}");
    let address = Address { street: "", number: 1, cached: false, note: String::new() };
    assert_eq!(encoded(&address, &ty), Err(missing.clone().into()));
    let decoded = <Address<'_, i32>>::decode(&ty, Some(&[0; 8]));
    assert_eq!(decoded, Err(missing.into()));
}

#[derive(Debug, PartialEq, EncodeValue, DecodeValue)]
#[helenus(crate = "helenus_protocol")]
struct Customer<'a> {
    home: Address<'a, i32>,
}

#[test]
fn a_mismatch_names_the_field_within_the_fields() {
    let inner = udt(&[("No", CqlType::Text), ("street", CqlType::Text)]);
    let ty = udt(&[("home", inner)]);
    let mismatch = Customer::check(&ty).unwrap_err();
    let expected = "field home.No: the CQL type text does not match the Rust type i32";
    assert_eq!(mismatch.to_string(), expected);
    let address = Address { street: "", number: 1, cached: false, note: String::new() };
    let error = encoded(&Customer { home: address }, &ty).unwrap_err();
    assert_eq!(error.to_string(), expected);
    let other = Customer::check(&CqlType::Int).unwrap_err();
    assert_eq!(other, TypeMismatch::of::<Customer<'_>>(&CqlType::Int));
}

#[derive(Debug, Clone, Copy, PartialEq, EncodeValue, DecodeValue)]
#[helenus(crate = "helenus_protocol")]
struct Celsius(f32);

#[test]
fn a_tuple_struct_of_one_field_is_that_field() {
    let bytes = encoded(&Celsius(21.5), &CqlType::Float).unwrap();
    assert_eq!(bytes, 21.5_f32.to_be_bytes());
    assert_eq!(Celsius::decode(&CqlType::Float, Some(&bytes)), Ok(Celsius(21.5)));
    assert!(Celsius::check(&CqlType::Text).is_err());
}

#[derive(Debug, Clone, Copy, PartialEq, EncodeValue, DecodeValue)]
#[helenus(crate = "helenus_protocol")]
enum Color {
    Red,
    #[helenus(rename = "dark green")]
    DarkGreen,
}

#[test]
fn an_enum_is_a_text() {
    for (color, text) in [(Color::Red, "Red"), (Color::DarkGreen, "dark green")] {
        for ty in [CqlType::Text, CqlType::Ascii] {
            assert_eq!(encoded(&color, &ty).unwrap(), text.as_bytes());
            assert_eq!(Color::decode(&ty, Some(text.as_bytes())), Ok(color));
        }
    }
    let unknown = Color::decode(&CqlType::Text, Some(b"Blue")).unwrap_err();
    assert!(matches!(&unknown, DecodeValueError::Variant { value, .. } if value == "Blue"));
    let null = Color::decode(&CqlType::Text, None).unwrap_err();
    let rust = std::any::type_name::<Color>();
    assert_eq!(null, DecodeValueError::Null { rust });
    let mismatch = TypeMismatch::of::<Color>(&CqlType::Int);
    assert_eq!(Color::check(&CqlType::Int), Err(mismatch.clone()));
    assert_eq!(encoded(&Color::Red, &CqlType::Int), Err(mismatch.into()));
}

#[derive(Debug, Clone, Copy, PartialEq, EncodeValue, DecodeValue)]
#[helenus(crate = "helenus_protocol", as_int)]
enum Level {
    Low = -5,
    Next,
    High = 100,
}

#[test]
fn an_enum_is_a_number() {
    for (level, number) in [(Level::Low, -5), (Level::Next, -4), (Level::High, 100_i32)] {
        let bytes = encoded(&level, &CqlType::Int).unwrap();
        assert_eq!(bytes, number.to_be_bytes());
        assert_eq!(Level::decode(&CqlType::Int, Some(&bytes)), Ok(level));
    }
    let unknown = Level::decode(&CqlType::Int, Some(&[0; 4])).unwrap_err();
    assert!(matches!(&unknown, DecodeValueError::Variant { value, .. } if value == "0"));
    assert_eq!(Level::check(&CqlType::Text), Err(TypeMismatch::of::<Level>(&CqlType::Text)));
}

#[test]
fn what_a_struct_writes_a_dynamic_value_reads() {
    let ty = udt(&[("home", address_type())]);
    let address = Address { street: "Main", number: 5, cached: true, note: String::new() };
    let bytes = encoded(&Customer { home: address }, &ty).unwrap();
    let home = Value::Udt(vec![
        ("No".into(), Value::Int(5)),
        ("street".into(), Value::Text("Main".into())),
        ("note".into(), Value::Text(String::new())),
    ]);
    assert_eq!(Value::decode(&ty, Some(&bytes)), Ok(Value::Udt(vec![("home".into(), home)])));
}
