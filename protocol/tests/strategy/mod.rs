//! Everything that the protocol can say, for proptest to choose from.

mod error;
mod request;
mod response;
mod types;
mod value;

pub(crate) use request::request;
pub(crate) use response::response_body;
pub(crate) use types::cql_type;
pub(crate) use value::typed_value;

use bytes::Bytes;
use helenus_protocol::{Consistency, ProtocolVersion};
use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) fn version() -> impl Strategy<Value = ProtocolVersion> {
    prop_oneof![Just(ProtocolVersion::V4), Just(ProtocolVersion::V5)]
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..24).prop_map(Bytes::from)
}

fn consistency() -> impl Strategy<Value = Consistency> {
    (0..=0x0A_u16).prop_map(|number| Consistency::from_number(number).unwrap())
}
