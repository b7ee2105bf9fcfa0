//! What a statement's text tells of it without a server.

mod facts;
mod functions;
mod kind;
mod tokens;

pub use facts::StatementFacts;
pub use kind::StatementKind;
