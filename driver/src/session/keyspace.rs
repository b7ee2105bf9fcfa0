use std::sync::Arc;

use super::Session;
use crate::connection::{CloseReason, Connection};
use crate::pool::use_statement;
use crate::{QueryResult, RequestError, RequestErrorKind};

impl Session {
    /// The keyspace of table names that name none, as it was last set.
    pub fn keyspace(&self) -> Option<Arc<str>> {
        self.inner.cluster.pools().keyspace.borrow().name.clone()
    }

    /// Takes table names that name no keyspace for names in this one, from now on and on every connection, those included
    /// that are being opened. The name is taken as it is, upper case and all. A query `USE …` does the same.
    ///
    /// When it returns requests find the keyspace on every connection; those under way meanwhile may be run in either.
    /// Statements that were prepared before stay in the keyspace that they were prepared in. A connection that cannot
    /// follow within the connect timeout is replaced. Dropped half way, it may or may not have happened, to all
    /// connections alike.
    ///
    /// # Errors
    /// A keyspace that does not exist, or no answer of the node that is asked for it within the metadata timeout: then
    /// everything is as it was.
    pub async fn use_keyspace(&self, keyspace: &str) -> Result<(), RequestError> {
        self.switch_keyspace(&use_statement(keyspace)).await.map(drop)
    }

    /// As [`use_keyspace`](Self::use_keyspace), by a statement USE.
    pub(super) async fn switch_keyspace(&self, cql: &str) -> Result<QueryResult, RequestError> {
        let switched = match self.inner.gate.enter() {
            Some(_pass) => self.inner.cluster.use_keyspace(cql.to_owned()).await,
            None => Err(RequestErrorKind::ShutDown),
        };
        match switched {
            Ok(node) => Ok(QueryResult::new(node, None)),
            Err(kind) => {
                self.inner.counters.errors.add_one();
                Err(RequestError::new(cql, kind, Vec::new(), 0))
            }
        }
    }

    /// Has all connections follow one whose keyspace a request has switched.
    pub(super) async fn follow_keyspace(
        &self,
        connection: &Connection,
        keyspace: &str,
    ) -> Result<(), RequestErrorKind> {
        let followed = self.inner.cluster.use_keyspace(use_statement(keyspace)).await;
        if followed.is_err() {
            connection.drain(CloseReason::Keyspace);
        }
        followed.map(drop)
    }
}
