//! What ScyllaDB adds to the protocol: shards, extensions that are agreed on in STARTUP, and tablets.

mod extensions;
mod sharding;
mod tablet;

pub use extensions::ScyllaExtensions;
pub use sharding::ShardingInfo;
pub use tablet::{Tablet, TabletError};

use std::str::FromStr;

use crate::{Supported, WireError};

/// The number under a name in SUPPORTED; `None` when the server does not know the name.
fn number<T: FromStr>(supported: &Supported, name: &'static str) -> Result<Option<T>, WireError> {
    let Some(text) = supported.values(name).first() else { return Ok(None) };
    parse(name, text).map(Some)
}

fn parse<T: FromStr>(what: &'static str, text: &str) -> Result<T, WireError> {
    text.parse().map_err(|_| WireError::Unknown { what, value: text.to_owned() })
}
