//! Derive macros of the Helenus driver, which re-exports them beside the traits that they implement.

mod attributes;
mod enumeration;
mod fields;
mod generics;
mod row;
mod value;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Reads rows into a struct.
///
/// ```
/// use helenus_macros::DecodeRow;
///
/// #[derive(DecodeRow)]
/// # #[helenus(crate = "helenus_protocol")]
/// struct User<'a> {
///     id: i64,
///     #[helenus(rename = "full_name")]
///     name: &'a str,
///     #[helenus(default)]
///     visits: i32,
/// }
/// ```
///
/// By default each field takes the column of its name, wherever it stands, and columns that no field takes are passed
/// over. The fields of a tuple struct take the columns by their positions.
///
/// On the struct:
/// - `#[helenus(by_position)]`: the fields take the columns in order, whatever their names, and there must be as many;
/// - `#[helenus(crate = "path")]`: where the traits are; `::helenus` by default.
///
/// On a field:
/// - `#[helenus(rename = "column")]`: it takes this column;
/// - `#[helenus(skip)]`: it takes no column, and is `Default::default()`;
/// - `#[helenus(default)]`: it is `Default::default()` where the column is not there, or null;
/// - `#[helenus(flatten)]`: it is a struct that is itself read from the row, and takes columns of its own.
///
/// A struct that borrows from the row (`&'a str`) has one lifetime.
#[proc_macro_derive(DecodeRow, attributes(helenus))]
pub fn decode_row(input: TokenStream) -> TokenStream {
    expand(row::decode, &parse_macro_input!(input as DeriveInput))
}

/// Gives the fields of a struct as the values of a statement.
///
/// ```
/// use helenus_macros::EncodeRow;
///
/// #[derive(EncodeRow)]
/// # #[helenus(crate = "helenus_protocol")]
/// struct NewUser {
///     id: i64,
///     full_name: String,
///     #[helenus(rename = "[ttl]")]
///     time_to_live: i32,
/// }
/// ```
///
/// By default each marker takes the field of its name; fields that no marker takes are passed over. The fields of a
/// tuple struct are given by position.
///
/// On the struct:
/// - `#[helenus(by_position)]`: the fields are given in order, whatever the markers' names;
/// - `#[helenus(crate = "path")]`: where the traits are; `::helenus` by default.
///
/// On a field:
/// - `#[helenus(rename = "marker")]`: it is the value of this marker, such as `[ttl]`;
/// - `#[helenus(skip)]`: it is the value of none;
/// - `#[helenus(flatten)]`: it has values of its own.
#[proc_macro_derive(EncodeRow, attributes(helenus))]
pub fn encode_row(input: TokenStream) -> TokenStream {
    expand(row::encode, &parse_macro_input!(input as DeriveInput))
}

/// Reads a user-defined type into a struct, or a text or a number into an enum.
///
/// ```
/// use helenus_macros::DecodeValue;
///
/// #[derive(DecodeValue)]
/// # #[helenus(crate = "helenus_protocol")]
/// struct Address {
///     street: String,
///     kind: AddressKind,
/// }
///
/// #[derive(DecodeValue)]
/// # #[helenus(crate = "helenus_protocol")]
/// enum AddressKind {
///     #[helenus(rename = "home")]
///     Home,
///     #[helenus(rename = "work")]
///     Work,
/// }
/// ```
///
/// A struct's fields take the type's fields by name; a tuple struct of one field is read as that field is. An enum
/// without fields is read from the names of its variants, or with `#[helenus(as_int)]` from their numbers, as `int`.
///
/// `#[helenus(crate = "path")]`, and on fields `rename`, `skip` and `default`, do what they do for rows; on a variant,
/// `#[helenus(rename = "text")]` is its text.
#[proc_macro_derive(DecodeValue, attributes(helenus))]
pub fn decode_value(input: TokenStream) -> TokenStream {
    expand(value::decode, &parse_macro_input!(input as DeriveInput))
}

/// Writes a struct as a user-defined type, or an enum as a text or a number.
///
/// ```
/// use helenus_macros::EncodeValue;
///
/// #[derive(EncodeValue)]
/// # #[helenus(crate = "helenus_protocol")]
/// #[helenus(as_int)]
/// enum Priority {
///     Low = 1,
///     High = 10,
/// }
/// ```
///
/// As `DecodeValue` reads them. Fields of the user-defined type that the struct does not have are written as null.
#[proc_macro_derive(EncodeValue, attributes(helenus))]
pub fn encode_value(input: TokenStream) -> TokenStream {
    expand(value::encode, &parse_macro_input!(input as DeriveInput))
}

fn expand(
    derive: fn(&DeriveInput) -> syn::Result<proc_macro2::TokenStream>,
    input: &DeriveInput,
) -> TokenStream {
    derive(input).unwrap_or_else(|error| error.to_compile_error()).into()
}
