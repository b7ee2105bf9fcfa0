use std::fmt;

use super::SessionEvent;

/// Is told what happens to a session, at once and by the task that it happens to: it must be quick and must not block.
///
/// A session without one pays nothing for it. For anything that takes time there is
/// [`Session::events`](crate::Session::events). A listener that panics is not told of that event again.
pub trait EventListener: fmt::Debug + Send + Sync {
    /// Something happened.
    fn on_event(&self, event: &SessionEvent);
}
