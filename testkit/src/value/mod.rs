//! CQL values in their wire form: made from literals, checked, and put in order.

mod big_integer;
mod byte_comparable;
mod collection;
mod date_time;
mod duration;
mod inet;
mod json;
mod literal;
mod number;
mod shift;
mod text;
mod validate;
mod vector;
mod vint;

pub(crate) use byte_comparable::write_byte_comparable;
pub(crate) use collection::{Collection, collection_elements, write_collection, write_element};
pub(crate) use inet::encode_inet;
pub(crate) use json::{from_json, json_name, plain_name, to_json};
pub(crate) use literal::{LiteralMismatch, encode_literal};
pub(crate) use number::Number;
pub(crate) use shift::shifted;
pub(crate) use text::to_text;
pub(crate) use validate::validate;
pub(crate) use vector::{elements_of_vector, write_vector_element};
