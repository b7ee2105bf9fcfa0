use std::sync::Arc;

use helenus_protocol::{
    BoundValues, Cell, ColumnSpec, EncodeRow, EncodeRowError, Prepared, Token, TokenBuilder,
};

use super::StatementOptions;
use super::options::{with_page_size, with_statement_options};

/// A statement that the cluster has prepared. Clones share what the server said about it.
#[derive(Debug, Clone)]
pub struct PreparedStatement {
    pub(crate) shared: Arc<Shared>,
    pub(crate) options: StatementOptions,
}

/// What the server said about a statement.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) cql: String,
    pub(crate) prepared: Prepared,
    pub(crate) columns: Arc<[ColumnSpec]>,
}

with_statement_options!(PreparedStatement);
with_page_size!(PreparedStatement);

impl PreparedStatement {
    pub(crate) fn new(cql: String, prepared: Prepared, options: StatementOptions) -> Self {
        let columns = prepared.result.columns.as_deref().unwrap_or_default().into();
        Self { shared: Arc::new(Shared { cql, prepared, columns }), options }
    }

    /// The text.
    pub fn cql(&self) -> &str {
        &self.shared.cql
    }

    /// The markers, in order.
    pub fn markers(&self) -> &[ColumnSpec] {
        &self.shared.prepared.metadata.columns
    }

    /// The columns of its rows; none for a statement that returns none.
    pub fn columns(&self) -> &[ColumnSpec] {
        &self.shared.columns
    }

    /// The keyspace of the table that its markers belong to.
    pub fn keyspace(&self) -> Option<&str> {
        self.markers().first().or(self.columns().first()).map(|column| &*column.keyspace)
    }

    /// Where on the ring the row with these values lies. `None` where the markers do not give the whole partition
    /// key.
    ///
    /// # Errors
    /// Values that do not match the markers.
    pub fn token(&self, values: impl EncodeRow) -> Result<Option<Token>, EncodeRowError> {
        Ok(self.token_of(&BoundValues::encode(&values, self.markers())?))
    }

    pub(crate) fn token_of(&self, values: &BoundValues) -> Option<Token> {
        let key = &self.shared.prepared.metadata.partition_key;
        let component = |marker: u16| match values.cells().nth(marker.into())? {
            Cell::Value(bytes) => Some(bytes),
            Cell::Null | Cell::Unset => None,
        };
        match key.as_slice() {
            [] => None,
            [marker] => component(*marker).map(Token::of_key),
            markers => {
                let mut builder = TokenBuilder::new();
                for marker in markers {
                    builder.push(component(*marker)?);
                }
                builder.token()
            }
        }
    }
}
