use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::{Query, QueryParameters, Request, Response};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::connection::{Connection, Term};
use crate::{AttemptError, RequestErrorKind};

/// The keyspace of table names that name none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keyspace {
    pub(crate) name: Option<Arc<str>>,
    /// How often the session has switched it. Connections that have not switched so often must follow.
    pub(crate) switches: u64,
}

impl Keyspace {
    pub(super) fn watched(name: Option<String>) -> watch::Sender<Self> {
        watch::Sender::new(Self { name: name.map(Into::into), switches: 0 })
    }
}

/// The statement that switches to a keyspace of exactly this name.
pub(crate) fn use_statement(keyspace: &str) -> String {
    format!("USE \"{}\"", keyspace.replace('"', "\"\""))
}

/// Whether a text switches to another keyspace, as far as its first word tells.
pub(crate) fn is_use(cql: &str) -> bool {
    let cql = cql.trim_start().as_bytes();
    cql.get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"use"))
        && cql.get(3).is_some_and(|next| next.is_ascii_whitespace() || *next == b'"')
}

/// Switches a connection by a statement; returns what the server calls the keyspace.
pub(crate) async fn switch(
    connection: &Arc<Connection>,
    cql: &str,
    limit: Duration,
) -> Result<String, RequestErrorKind> {
    let failed = |error| RequestErrorKind::Failed { node: connection.address(), error };
    let request = Request::Query(Query { cql, parameters: QueryParameters::default() });
    let now = Instant::now();
    let sent = connection.send_own(&request, Term { sent: now, deadline: now + limit });
    let sent = sent.map_err(|error| RequestErrorKind::of_send(connection.address(), error))?;
    let body = sent.decoded().await.map_err(|error| {
        AttemptError::of_reply(error).map_or(RequestErrorKind::Timeout { after: limit }, failed)
    })?;
    match body.response {
        Response::SetKeyspace(keyspace) => Ok(keyspace),
        Response::Error(error) => Err(failed(AttemptError::Server(Box::new(error)))),
        _ => Err(failed(AttemptError::Unexpected("which is not SET_KEYSPACE"))),
    }
}

/// Switches a connection to where the session is.
pub(super) async fn follow(
    connection: &Arc<Connection>,
    to: &Keyspace,
    limit: Duration,
) -> Result<(), RequestErrorKind> {
    match to.name.as_deref() {
        Some(name) => switch(connection, &use_statement(name), limit).await.map(drop),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_known_by_its_first_word() {
        for cql in ["USE ks", "  use\tks", "\nUse \"Ks\"", "USE\"ks\""] {
            assert!(is_use(cql), "{cql:?}");
        }
        for cql in ["", "us", "USE", "USER ks", "used", "SELECT use FROM t"] {
            assert!(!is_use(cql), "{cql:?}");
        }
        assert_eq!(use_statement("a\"b"), "USE \"a\"\"b\"");
    }
}
