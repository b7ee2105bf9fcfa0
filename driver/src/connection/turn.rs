use std::future::poll_fn;
use std::task::Poll;

/// Lets all tasks run that are ready now.
///
/// The task goes to the end of its worker's queue. The runtime's own `yield_now` would have it wait until the worker
/// polls for I/O, which happens every so many polls, whoever else is ready.
pub(super) async fn last_in_turn() {
    let mut has_waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
