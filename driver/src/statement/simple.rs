use super::StatementOptions;
use super::options::{with_page_size, with_statement_options};

/// A CQL text with what it says about how it is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub(crate) cql: String,
    pub(crate) options: StatementOptions,
}

impl Statement {
    /// A statement with the session's settings.
    pub fn new(cql: impl Into<String>) -> Self {
        Self { cql: cql.into(), options: StatementOptions::default() }
    }

    /// The text.
    pub fn cql(&self) -> &str {
        &self.cql
    }
}

with_statement_options!(Statement);
with_page_size!(Statement);

impl From<&str> for Statement {
    fn from(cql: &str) -> Self {
        Self::new(cql)
    }
}

impl From<String> for Statement {
    fn from(cql: String) -> Self {
        Self::new(cql)
    }
}
