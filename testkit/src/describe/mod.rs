//! `DESCRIBE`: the schema as the statements that would make it.

mod answer;
mod create_statement;
mod options;

pub(crate) use answer::{ClusterDescription, answer};
