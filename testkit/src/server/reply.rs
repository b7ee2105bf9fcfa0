//! What a node answers, and when.

use std::time::Duration;

use helenus_protocol::{Response, ResponseBody, SchemaChange, ServerError};

use crate::engine::Outcome;
use crate::query_error::QueryError;

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) body: ResponseBody,
    /// How long replicas keep the coordinator waiting.
    pub(super) delay: Duration,
    /// What everyone who listens is to be told.
    pub(super) schema_changes: Vec<SchemaChange>,
}

impl From<ResponseBody> for Reply {
    fn from(body: ResponseBody) -> Self {
        Self { body, delay: Duration::ZERO, schema_changes: Vec::new() }
    }
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        ResponseBody::from(response).into()
    }
}

impl From<ServerError> for Reply {
    fn from(error: ServerError) -> Self {
        Response::Error(error).into()
    }
}

impl From<QueryError> for Reply {
    fn from(error: QueryError) -> Self {
        ServerError::from(error).into()
    }
}

impl From<Outcome> for Reply {
    fn from(outcome: Outcome) -> Self {
        let body = ResponseBody { warnings: outcome.warnings, ..outcome.response.into() };
        Self { schema_changes: outcome.schema_changes, ..body.into() }
    }
}
