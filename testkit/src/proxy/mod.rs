//! Something to put between a client and a node.

mod builder;
mod connection;
mod conversation;
mod error;
mod listener;
mod outbound;
mod prepared_texts;
#[expect(clippy::module_inception, reason = "a file is named after what it holds")]
mod proxy;
mod state;

pub use builder::ProxyBuilder;
pub use error::ProxyError;
pub use proxy::Proxy;
