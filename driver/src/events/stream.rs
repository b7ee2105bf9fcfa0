use futures::stream::{Stream, unfold};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::SessionEvent;

/// What happens to a session from now on, in order.
///
/// A reader that is slow holds up nobody: it loses the oldest events and is told how many.
#[derive(Debug)]
pub struct EventStream(pub(super) Option<Receiver<SessionEvent>>);

impl EventStream {
    /// The next event; `None` once the session is shut down. Dropped before it is done, it has taken none.
    pub async fn next(&mut self) -> Option<SessionEvent> {
        match self.0.as_mut()?.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(events)) => Some(SessionEvent::Missed { events }),
            Err(RecvError::Closed) => None,
        }
    }

    /// The events as a [`Stream`].
    pub fn into_stream(self) -> impl Stream<Item = SessionEvent> + Send {
        unfold(self, |mut events| async { Some((events.next().await?, events)) })
    }
}
