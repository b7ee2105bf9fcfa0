//! v5's segments: what protects, and may compress, the frames of a connection once it is open.

mod checksum;
mod decoder;
mod encoder;
mod header;

pub use decoder::{Segment, SegmentDecoder, SegmentError};
pub use encoder::SegmentEncoder;
pub use header::SegmentFormat;
