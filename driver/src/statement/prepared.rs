use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use bytes::Bytes;
use helenus_policies::StatementFacts;
use helenus_protocol::{
    BoundValues, Cell, ColumnSpec, EncodeRow, EncodeRowError, Prepared, PreparedMetadata,
    ResultMetadata, Token, TokenBuilder,
};

use super::StatementOptions;
use super::options::{with_page_size, with_statement_options};

thread_local! {
    /// Kept from one composite key to the next, for its memory.
    static BUILDER: RefCell<TokenBuilder> = RefCell::new(TokenBuilder::new());
}

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
    pub(crate) id: Bytes,
    metadata: PreparedMetadata,
    keyspace: Option<Arc<str>>,
    /// What its text says about how it is to be routed.
    pub(crate) facts: StatementFacts,
    result: Arc<ResultShape>,
    /// What came in its place: most tables never change, and then this costs nothing.
    changed: OnceLock<ArcSwap<ResultShape>>,
}

/// The columns of a statement's rows, which change when its table does.
#[derive(Debug, Default)]
pub(crate) struct ResultShape {
    /// What the server calls them. v5 only.
    pub(crate) id: Option<Bytes>,
    pub(crate) columns: Arc<[ColumnSpec]>,
}

with_statement_options!(PreparedStatement);
with_page_size!(PreparedStatement);

impl PreparedStatement {
    pub(crate) fn new(cql: String, prepared: Prepared, options: StatementOptions) -> Self {
        let Prepared { id, result_metadata_id, metadata, result } = prepared;
        let columns: Arc<[ColumnSpec]> = result.columns.unwrap_or_default().into();
        let of_table = metadata.columns.first().or(columns.first());
        let keyspace = of_table.map(|column| Arc::clone(&column.keyspace));
        let result = Arc::new(ResultShape { id: result_metadata_id, columns });
        let facts = StatementFacts::of(&cql);
        let changed = OnceLock::new();
        let shared = Shared { cql, id, metadata, keyspace, facts, result, changed };
        Self { shared: Arc::new(shared), options }
    }

    /// The text.
    pub fn cql(&self) -> &str {
        &self.shared.cql
    }

    /// The markers, in order.
    pub fn markers(&self) -> &[ColumnSpec] {
        &self.shared.metadata.columns
    }

    /// The columns of its rows, as they were last seen; none for a statement that returns none.
    pub fn columns(&self) -> Arc<[ColumnSpec]> {
        Arc::clone(&self.result_shape().columns)
    }

    /// The keyspace of the table that it is about.
    pub fn keyspace(&self) -> Option<&str> {
        self.shared.keyspace.as_deref()
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
        let component = |marker: u16| match values.cells().nth(marker.into())? {
            Cell::Value(bytes) => Some(bytes),
            Cell::Null | Cell::Unset => None,
        };
        match self.shared.metadata.partition_key.as_slice() {
            [] => None,
            [marker] => component(*marker).map(Token::of_key),
            markers => BUILDER.with_borrow_mut(|builder| {
                builder.clear();
                for marker in markers {
                    builder.push(component(*marker)?);
                }
                builder.token()
            }),
        }
    }

    /// What its rows look like. One execution must use one shape throughout.
    #[inline]
    pub(crate) fn result_shape(&self) -> Cow<'_, Arc<ResultShape>> {
        match self.shared.changed.get() {
            None => Cow::Borrowed(&self.shared.result),
            Some(changed) => Cow::Owned(changed.load_full()),
        }
    }

    fn set_result_shape(&self, shape: ResultShape) {
        let shape = Arc::new(shape);
        let changed = self.shared.changed.get_or_init(|| ArcSwap::new(Arc::clone(&shape)));
        changed.store(shape);
    }

    /// Takes note of what a node said that prepared the text again; `false` if that is another statement.
    pub(crate) fn take_prepared(&self, prepared: Prepared) -> bool {
        if prepared.id != self.shared.id {
            return false;
        }
        let columns = prepared.result.columns.unwrap_or_default();
        if self.result_shape().columns[..] != columns {
            let id = prepared.result_metadata_id;
            self.set_result_shape(ResultShape { id, columns: columns.into() });
        }
        true
    }

    /// Takes note of the shape that an answer brought, where the server says that it has changed.
    pub(crate) fn take_new_shape(&self, metadata: &ResultMetadata) {
        if let (Some(id), Some(columns)) = (&metadata.new_metadata_id, &metadata.columns) {
            let columns = columns.clone().into();
            self.set_result_shape(ResultShape { id: Some(id.clone()), columns });
        }
    }
}
