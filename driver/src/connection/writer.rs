use tokio::task::yield_now;

use super::{CloseReason, Connection};

/// What the writer keeps of its buffer between writes, in bytes.
const KEPT_BUFFER: usize = 256 * 1024;

impl Connection {
    /// Writes what is queued until there is a reason to stop.
    pub(super) async fn write(&self) -> CloseReason {
        let mut spare = Vec::new();
        loop {
            self.wake_writer.notified().await;
            // Tasks that are ready to send get their turn first, so that their frames leave in the same write.
            yield_now().await;
            loop {
                let full = match self
                    .with_state(|state| state.start_writing(std::mem::take(&mut spare)))
                {
                    Ok(full) => full,
                    Err(unused) => {
                        spare = unused;
                        break;
                    }
                };
                let written = self.transport.write_all(&full).await;
                spare = full;
                spare.clear();
                spare.shrink_to(KEPT_BUFFER);
                let has_more = self.with_state(super::state::State::finish_writing);
                if let Err(error) = written {
                    return error.into();
                }
                if !has_more {
                    break;
                }
            }
        }
    }
}
