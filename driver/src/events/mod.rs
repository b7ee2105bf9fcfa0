//! What happens to a session beside requests, for those who want to be told.

mod event;
mod hub;
mod listener;
mod stream;

pub use event::SessionEvent;
pub(crate) use hub::Events;
pub use listener::EventListener;
pub use stream::EventStream;

#[cfg(test)]
mod tests;
