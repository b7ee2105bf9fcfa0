use tokio::time::{Instant, sleep_until};

/// Waits until then; for ever where there is no such time.
pub(crate) async fn alarm(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
