//! A recording that answers clients.

mod answers;
mod builder;
mod connection;
#[expect(clippy::module_inception, reason = "a file is named after what it holds")]
mod replay;
mod request_key;

pub use builder::ReplayBuilder;
pub use replay::Replay;
