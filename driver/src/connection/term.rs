use tokio::time::Instant;

/// When a request was sent, and until when its answer is awaited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    pub(crate) sent: Instant,
    pub(crate) deadline: Instant,
}
