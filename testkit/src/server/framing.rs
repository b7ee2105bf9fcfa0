//! How frames travel on a connection: as they are, or in segments.

use bytes::BytesMut;
use helenus_protocol::{SegmentDecoder, SegmentEncoder, SegmentError, SegmentFormat};

#[derive(Debug)]
pub(crate) enum Framing {
    /// v4, and v5 up to the answer to STARTUP.
    Bare,
    /// v5 from then on.
    Segmented(Box<Segments>),
}

#[derive(Debug)]
pub(crate) struct Segments {
    decoder: SegmentDecoder,
    encoder: SegmentEncoder,
    /// What segments carried and no request has taken yet.
    unwrapped: BytesMut,
}

impl Framing {
    pub(crate) fn segmented(format: SegmentFormat) -> Self {
        Self::Segmented(Box::new(Segments {
            decoder: SegmentDecoder::new(format),
            encoder: SegmentEncoder::new(format),
            unwrapped: BytesMut::new(),
        }))
    }

    /// The frames that have arrived, to take requests from.
    pub(crate) fn unwrap<'a>(
        &'a mut self,
        input: &'a mut BytesMut,
    ) -> Result<&'a mut BytesMut, SegmentError> {
        match self {
            Self::Bare => Ok(input),
            Self::Segmented(segments) => {
                let Segments { decoder, unwrapped, .. } = &mut **segments;
                while let Some(segment) = decoder.decode(input)? {
                    unwrapped.extend_from_slice(&segment.payload);
                }
                Ok(unwrapped)
            }
        }
    }

    /// Moves whole frames to the end of `out`, as they travel.
    pub(crate) fn wrap(&mut self, frames: &mut Vec<u8>, out: &mut Vec<u8>) {
        match self {
            Self::Bare if out.is_empty() => std::mem::swap(frames, out),
            Self::Bare => out.append(frames),
            Self::Segmented(segments) => {
                segments.encoder.encode(frames, out);
                frames.clear();
            }
        }
    }
}
