use helenus_protocol::{
    BatchKind, BatchStatement, BoundValues, EncodeRow, EncodeRowError, Statement as Wire, Token,
    Values,
};

use super::options::with_statement_options;
use super::{PreparedStatement, Statement, StatementOptions};

/// Several statements as one request.
///
/// A logged batch happens wholly, in the end, or not at all; it is for a few rows that belong together, not for
/// loading data faster.
#[derive(Debug, Clone)]
pub struct Batch {
    kind: BatchKind,
    entries: Vec<Entry>,
    pub(crate) options: StatementOptions,
}

#[derive(Debug, Clone)]
enum Entry {
    Simple(Statement),
    Prepared(PreparedStatement, BoundValues),
}

with_statement_options!(Batch);

impl Batch {
    /// An empty batch.
    pub fn new(kind: BatchKind) -> Self {
        Self { kind, entries: Vec::new(), options: StatementOptions::default() }
    }

    /// Adds a prepared statement with its values.
    ///
    /// # Errors
    /// Values that do not match the markers; the batch is then as it was.
    pub fn push(
        &mut self,
        statement: &PreparedStatement,
        values: impl EncodeRow,
    ) -> Result<&mut Self, EncodeRowError> {
        let values = BoundValues::encode(&values, statement.markers())?;
        self.entries.push(Entry::Prepared(statement.clone(), values));
        Ok(self)
    }

    /// Adds a CQL text without markers.
    pub fn push_cql(&mut self, statement: impl Into<Statement>) -> &mut Self {
        self.entries.push(Entry::Simple(statement.into()));
        self
    }

    /// What holds the statements together.
    pub fn kind(&self) -> BatchKind {
        self.kind
    }

    /// How many statements there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where the first statement that knows it goes to, with its keyspace.
    pub(crate) fn routing(&self) -> (Option<Token>, Option<&str>) {
        let known = self.entries.iter().find_map(|entry| match entry {
            Entry::Simple(_) => None,
            Entry::Prepared(statement, values) => {
                Some((Some(statement.token_of(values)?), statement.keyspace()))
            }
        });
        known.unwrap_or_default()
    }

    /// The prepared statement with this id.
    pub(crate) fn prepared(&self, id: &[u8]) -> Option<&PreparedStatement> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Prepared(statement, _) if statement.shared.id == id => Some(statement),
            _ => None,
        })
    }

    pub(crate) fn wire(&self) -> Vec<BatchStatement<'_>> {
        self.entries.iter().map(Entry::wire).collect()
    }
}

impl Entry {
    fn wire(&self) -> BatchStatement<'_> {
        match self {
            Self::Simple(statement) => {
                BatchStatement { statement: Wire::Cql(statement.cql()), values: Values::default() }
            }
            Self::Prepared(statement, values) => BatchStatement {
                statement: Wire::Prepared(&statement.shared.id),
                values: values.as_values(),
            },
        }
    }
}
