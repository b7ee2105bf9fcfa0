use std::cell::Cell;
use std::future::poll_fn;
use std::task::Poll;

/// Tasks that wait on one thread because readers have woken them: of more than 256 in a worker's queue the runtime puts
/// half where they are run much later.
const MOST: usize = 128;
/// Tasks that a reader may wake however many wait: else those that come first in each round would leave it nothing.
const LEAST: usize = 16;

/// What readers on one thread have woken.
#[derive(Debug, Default)]
struct Woken {
    /// All that ever were.
    total: Cell<usize>,
    /// Those that have certainly run since.
    run: Cell<usize>,
}

thread_local! {
    static WOKEN: Woken = const { Woken { total: Cell::new(0), run: Cell::new(0) } };
}

impl Woken {
    fn waiting(&self) -> usize {
        self.total.get().wrapping_sub(self.run.get())
    }

    /// Tells threads apart while they live.
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// How many tasks a reader may wake now, once it has let others run that wait, if they are many.
pub(super) async fn room(most: usize) -> usize {
    let room = || MOST.saturating_sub(WOKEN.with(Woken::waiting));
    if room() < LEAST {
        last_in_turn().await;
    }
    room().clamp(LEAST, most)
}

/// A reader has woken so many tasks.
pub(super) fn woke(tasks: usize) {
    WOKEN.with(|woken| woken.total.set(woken.total.get().wrapping_add(tasks)));
}

/// Lets all tasks run that are ready now.
///
/// The task goes to the end of its worker's queue. The runtime's own `yield_now` would have it wait until the worker
/// polls for I/O, which happens every so many polls, whoever else is ready.
pub(super) async fn last_in_turn() {
    let mut begun = None;
    poll_fn(|context| {
        let now = WOKEN.with(|woken| (woken.address(), woken.total.get()));
        let Some((thread, total)) = begun.replace(now) else {
            context.waker().wake_by_ref();
            return Poll::Pending;
        };
        // What was queued before this task has been run; on another thread nothing is known.
        WOKEN.with(|woken| {
            if woken.address() == thread && woken.total.get().wrapping_sub(total) < woken.waiting()
            {
                woken.run.set(total);
            }
        });
        Poll::Ready(())
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// What a reader that comes first in the queue may wake, with others behind it.
    async fn room_before(
        most: usize,
        others: impl IntoIterator<Item = impl Fn() + Send + 'static>,
    ) -> usize {
        let reader = tokio::spawn(room(most));
        for other in others {
            tokio::spawn(async move { other() });
        }
        reader.await.unwrap()
    }

    #[tokio::test]
    async fn a_reader_lets_those_run_whom_others_have_woken() {
        let run = Arc::new(AtomicUsize::new(0));
        let others = || {
            let run = Arc::clone(&run);
            move || {
                run.fetch_add(1, Ordering::Relaxed);
            }
        };
        woke(MOST);
        let seen = Arc::clone(&run);
        let reader = tokio::spawn(async move { (room(100).await, seen.load(Ordering::Relaxed)) });
        for other in std::iter::repeat_with(others).take(MOST) {
            tokio::spawn(async move { other() });
        }
        assert_eq!(reader.await.unwrap(), (100, MOST));
    }

    #[tokio::test]
    async fn few_are_not_waited_for_and_leave_less_room() {
        woke(MOST - LEAST);
        assert_eq!(room_before(MOST, [|| woke(MOST)]).await, LEAST);
    }

    #[tokio::test]
    async fn whom_others_wake_while_a_reader_waits_are_still_to_run() {
        woke(MOST);
        assert_eq!(room_before(MOST, [|| woke(100)]).await, MOST - 100);
        assert_eq!(room_before(MOST, [|| woke(MOST)]).await, MOST - 100);
        woke(LEAST);
        assert_eq!(room_before(MOST, [|| woke(MOST)]).await, LEAST);
    }
}
