use std::borrow::Cow;
use std::sync::Arc;

use helenus_policies::{StatementFacts, StatementKind};
use helenus_protocol::{
    Batch as WireBatch, BoundValues, Execute, Prepare, Query, QueryParameters, Request, Token,
};

use crate::statement::ResultShape;
use crate::{Batch, PreparedStatement};

/// What a request asks for, from which it is written anew for each attempt.
pub(super) enum Call<'a> {
    /// Run a text.
    Query(&'a str),
    /// Prepare a text.
    Prepare(&'a str),
    /// Run a prepared statement.
    Execute {
        statement: &'a PreparedStatement,
        values: &'a BoundValues,
        /// What its rows are taken to look like, until an answer takes it.
        shape: Option<Cow<'a, Arc<ResultShape>>>,
    },
    /// Run several statements as one.
    Batch(&'a Batch),
}

impl<'a> Call<'a> {
    /// Runs a prepared statement, whose rows are taken to look as they were last seen.
    pub(super) fn of_prepared(statement: &'a PreparedStatement, values: &'a BoundValues) -> Self {
        Self::Execute { statement, values, shape: Some(statement.result_shape()) }
    }

    /// The text, for messages.
    pub(super) fn cql(&self) -> &'a str {
        match self {
            Self::Query(cql) | Self::Prepare(cql) => cql,
            Self::Execute { statement, .. } => statement.cql(),
            Self::Batch(_) => "BATCH",
        }
    }

    /// The token of the partition that it is about and its keyspace, as far as they are known.
    pub(super) fn routing(&self) -> (Option<Token>, Option<&'a str>) {
        match self {
            Self::Query(_) | Self::Prepare(_) => (None, None),
            Self::Execute { statement, values, .. } => {
                (statement.token_of(values), statement.keyspace())
            }
            Self::Batch(batch) => batch.routing(),
        }
    }

    /// What its text says about how it is to be routed. Only prepared statements have been looked at.
    pub(super) fn facts(&self) -> StatementFacts {
        match self {
            Self::Execute { statement, .. } => statement.shared.facts,
            Self::Query(_) | Self::Prepare(_) | Self::Batch(_) => StatementFacts::default(),
        }
    }

    /// Whether it may be a write, as far as is known.
    pub(super) fn may_write(&self) -> bool {
        !matches!(self, Self::Prepare(_)) && self.facts().kind != StatementKind::Read
    }

    /// The statement of it that a node calls by this id.
    pub(super) fn statement(&self, id: &[u8]) -> Option<&'a PreparedStatement> {
        match self {
            Self::Query(_) | Self::Prepare(_) => None,
            Self::Execute { statement, .. } => Some(statement),
            Self::Batch(batch) => batch.prepared(id),
        }
    }

    /// The request.
    pub(super) fn request<'r>(&'r self, parameters: QueryParameters<'r>) -> Request<'r> {
        match self {
            Self::Query(cql) => Request::Query(Query { cql, parameters }),
            Self::Prepare(cql) => Request::Prepare(Prepare { cql, keyspace: None }),
            Self::Execute { statement, values, shape } => Request::Execute(Execute {
                id: &statement.shared.id,
                result_metadata_id: shape.as_ref().and_then(|shape| shape.id.as_deref()),
                parameters: QueryParameters {
                    values: values.as_values(),
                    skip_metadata: shape.as_ref().is_some_and(|shape| !shape.columns.is_empty()),
                    ..parameters
                },
            }),
            Self::Batch(batch) => Request::Batch(WireBatch {
                kind: batch.kind(),
                statements: batch.wire(),
                parameters,
            }),
        }
    }
}
