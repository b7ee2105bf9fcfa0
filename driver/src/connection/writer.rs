use std::io;

use helenus_protocol::SegmentEncoder;

use super::outbox::Batch;
use super::state::State;
use super::turn::last_in_turn;
use super::{CloseReason, Connection};

/// What the writer keeps of its buffers between writes, in bytes.
const KEPT_BUFFER: usize = 256 * 1024;

/// Puts frames on the wire, in segments where the protocol version has them.
#[derive(Debug)]
struct Writer {
    batch: Batch,
    encoder: Option<SegmentEncoder>,
    segments: Vec<u8>,
}

impl Connection {
    /// Writes what is queued until there is a reason to stop.
    pub(super) async fn write(&self) -> CloseReason {
        let encoder = self.segments.map(SegmentEncoder::new);
        let mut writer = Writer { batch: Batch::default(), encoder, segments: Vec::new() };
        loop {
            self.wake_writer.notified().await;
            // Tasks that are ready to send go first, so that their frames leave in the same write.
            last_in_turn().await;
            while self.with_state(|state| state.start_writing(&mut writer.batch)) {
                self.owner.room.made_room();
                let written = self.write_batch(&mut writer).await;
                let has_more = self.with_state(State::finish_writing);
                if let Err(error) = written {
                    return error.into();
                }
                if !has_more {
                    break;
                }
            }
        }
    }

    async fn write_batch(&self, writer: &mut Writer) -> io::Result<()> {
        let Writer { batch, encoder, segments } = writer;
        self.transport.write_all(&batch.rest).await?;
        match encoder {
            Some(encoder) => {
                segments.clear();
                encoder.encode(&batch.frames, segments);
                self.transport.write_all(segments).await?;
                segments.shrink_to(KEPT_BUFFER);
            }
            None => self.transport.write_all(&batch.frames).await?,
        }
        batch.frames.clear();
        batch.frames.shrink_to(KEPT_BUFFER);
        Ok(())
    }
}
