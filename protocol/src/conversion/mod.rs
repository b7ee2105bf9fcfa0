//! Types of other crates as CQL values, each behind a feature with the crate's name.

#[cfg(any(
    feature = "bigdecimal",
    feature = "chrono",
    feature = "num-bigint",
    feature = "rust_decimal",
    feature = "time"
))]
mod by_way_of;

#[cfg(feature = "bigdecimal")]
mod bigdecimal;
#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "num-bigint")]
mod num_bigint;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
#[cfg(feature = "serde_json")]
mod serde_json;
#[cfg(feature = "time")]
mod time;
