//! What went over a proxy's connections, in a file.

mod record;
mod recorder;
#[expect(clippy::module_inception, reason = "a file is named after what it holds")]
mod recording;

pub(crate) use record::{Event, Record};
pub(crate) use recorder::{RecordSender, Recorder};
pub use recording::{RecordedDirection, RecordedFrame, Recording};
