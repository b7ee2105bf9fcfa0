/// Bytes of rows, or tokens of a ring, from which on work on them is worth a thread of its own: less is done sooner.
pub(super) const LARGE: usize = 64 * 1024;

/// Does work that takes long, away from the threads that requests are on. `None` where the runtime is ending.
pub(super) async fn offload<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if size < LARGE { Some(work()) } else { tokio::task::spawn_blocking(work).await.ok() }
}
