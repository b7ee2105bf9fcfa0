//! CQL's types, as result metadata describes them.

mod column;
mod cql_type;
mod display;
mod marshal;
mod option;

pub use column::ColumnSpec;
pub(crate) use column::{decode_columns, decode_global_spec, encode_columns, has_global_spec};
pub use cql_type::{CqlType, UdtType};
