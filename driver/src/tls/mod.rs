//! How connections are encrypted, and how nodes and the client prove who they are.

mod builder;
mod config;
mod config_error;
mod error;
mod pem;
mod server_name;
#[cfg(test)]
mod tests;
mod verifier;

pub use builder::TlsConfigBuilder;
pub use config::{TlsConfig, TlsHandshakes};
pub use config_error::TlsConfigError;
pub use error::TlsError;
