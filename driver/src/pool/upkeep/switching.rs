use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::Upkeep;
use crate::connection::{CloseReason, Connection};
use crate::pool::keyspace::{Keyspace, follow};

/// A connection on its way to another keyspace.
pub(super) type Switching = BoxFuture<'static, Switched>;

/// What became of it.
pub(super) struct Switched {
    connection: Arc<Connection>,
    /// How often the session had switched when this began.
    switches: u64,
    has_followed: bool,
}

/// All connections follow the session to another keyspace.
impl Upkeep {
    /// Switches those that are behind, each once at a time: a node may run two requests of one connection in any order.
    pub(super) fn follow_keyspace(&mut self) {
        let keyspace = self.keyspace.borrow_and_update().clone();
        let limit = self.settings.connection.connect_timeout;
        for member in &mut self.members {
            if member.switches < keyspace.switches && !member.is_switching {
                member.is_switching = true;
                let (connection, to) = (Arc::clone(&member.connection), keyspace.clone());
                self.switching.push(Box::pin(switched(connection, to, limit)));
            }
        }
        if self.members.iter().all(|member| member.switches >= keyspace.switches) {
            self.pool.has_switched(keyspace.switches);
        }
    }

    /// A connection that cannot follow goes, and another takes its place.
    pub(super) fn take_switched(&mut self, switched: Switched) {
        let Switched { connection, switches, has_followed } = switched;
        if !has_followed {
            connection.drain(CloseReason::Keyspace);
        }
        if let Some(place) = self.place_of(Some(&connection)) {
            let member = &mut self.members[place];
            member.is_switching = false;
            if has_followed {
                member.switches = switches;
            }
        }
    }
}

async fn switched(connection: Arc<Connection>, to: Keyspace, limit: Duration) -> Switched {
    let followed = follow(&connection, &to, limit).await;
    if let Err(error) = &followed {
        tracing::warn!(node = %connection.address(), %error, "a connection cannot follow to another keyspace");
    }
    Switched { connection, switches: to.switches, has_followed: followed.is_ok() }
}
