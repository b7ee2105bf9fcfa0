use std::sync::Arc;

use tokio::sync::Notify;

use crate::health::Vitals;
use crate::pool::WaitingRoom;

/// Whom a connection tells how it does.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    /// Told when the connection stops taking requests.
    pub(crate) retired: Arc<Notify>,
    /// Its node's.
    pub(crate) vitals: Arc<Vitals>,
    /// Told when requests begin to wait after a rest.
    pub(crate) waits: Arc<Notify>,
    /// Told when a request has left.
    pub(crate) room: Arc<WaitingRoom>,
}
