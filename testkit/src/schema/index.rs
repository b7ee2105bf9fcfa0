//! Secondary indexes.

use crate::cql::QuotedName;
use crate::cql::ast::IndexKind;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) column: String,
    pub(crate) kind: IndexKind,
    /// The column is a collection whose elements are cells of their own.
    pub(crate) of_elements: bool,
    /// `CUSTOM`, or `COMPOSITES` for Cassandra's own.
    pub(crate) class: &'static str,
    /// The Java class of a custom one, as it was given.
    pub(crate) custom_class: Option<String>,
    /// What a custom one was told, besides its class and its target.
    pub(crate) options: Vec<(String, String)>,
}

impl Index {
    /// Whether it answers more than whether a value is there: a storage-attached index, or SASI.
    pub(crate) fn is_ordered(&self) -> bool {
        self.custom_class.is_some()
    }

    /// What it indexes, as `system_schema.indexes` says it.
    pub(crate) fn target(&self) -> String {
        let column = QuotedName(&self.column);
        match self.kind {
            IndexKind::Values if self.of_elements => format!("values({column})"),
            IndexKind::Values => column.to_string(),
            IndexKind::Keys => format!("keys({column})"),
            IndexKind::Entries => format!("entries({column})"),
            IndexKind::Full => format!("full({column})"),
        }
    }
}
