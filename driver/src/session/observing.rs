use super::Session;
use crate::EventStream;

impl Session {
    /// What happens to the session from now on, beside requests: connections, nodes, sizes of pools.
    ///
    /// A stream keeps [`event_buffer`](crate::SessionBuilder::event_buffer) events for its reader, who is told how many
    /// were lost beyond that. It ends when the session is shut down.
    ///
    /// ```
    /// # use helenus::{Session, SessionEvent};
    /// # async fn watch(session: &Session) {
    /// let mut events = session.events();
    /// while let Some(event) = events.next().await {
    ///     if let SessionEvent::Closed { node, reason } = event {
    ///         println!("a connection to {node} was closed: {reason}");
    ///     }
    /// }
    /// # }
    /// ```
    pub fn events(&self) -> EventStream {
        self.inner.cluster.pools().events.stream()
    }
}
