//! What faults make of an answer.

use std::time::Duration;

use super::framing::Framing;
use crate::fault::Effect;

#[derive(Debug)]
pub(crate) struct SpoiltAnswer {
    /// What is written, as it travels.
    pub(crate) bytes: Vec<u8>,
    pub(crate) delay: Option<Duration>,
    /// How the connection ends behind it, if it does.
    pub(crate) end: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Close,
    Reset,
}

/// Turns the stream of a request into one that clients do not use at the same time.
const OTHER_STREAM: u8 = 0x40;

impl SpoiltAnswer {
    /// `frame` is the answer as it should have been.
    pub(crate) fn new(mut frame: Vec<u8>, effects: Vec<Effect>, framing: &mut Framing) -> Self {
        for effect in &effects {
            match effect {
                Effect::WrongStream => {
                    frame.iter_mut().skip(2).take(1).for_each(|byte| *byte ^= OTHER_STREAM);
                }
                Effect::OversizedLength => {
                    frame.iter_mut().skip(5).take(4).for_each(|byte| *byte = 0x7F);
                }
                Effect::Duplicate => frame.extend_from_within(..),
                _ => {}
            }
        }
        let mut spoilt = Self { bytes: Vec::new(), delay: None, end: None };
        framing.wrap(&mut frame, &mut spoilt.bytes);
        for effect in effects {
            spoilt.apply(effect, framing);
        }
        spoilt
    }

    fn apply(&mut self, effect: Effect, framing: &Framing) {
        match effect {
            Effect::Delay(delay) => self.delay = Some(self.delay.unwrap_or_default() + delay),
            Effect::Drop => self.bytes.clear(),
            Effect::WrongHeaderChecksum => {
                // Compressed or not, the fourth byte is the header's or its checksum's.
                if matches!(framing, Framing::Segmented(_))
                    && let Some(byte) = self.bytes.get_mut(3)
                {
                    *byte ^= 0xFF;
                }
            }
            Effect::WrongChecksum => {
                // A segment ends with its payload's checksum.
                if matches!(framing, Framing::Segmented(_))
                    && let Some(last) = self.bytes.last_mut()
                {
                    *last ^= 0xFF;
                }
            }
            Effect::Garbage(bytes) => self.bytes = bytes,
            Effect::Close => {
                self.bytes.clear();
                self.end = Some(End::Close);
            }
            Effect::CloseMidFrame => {
                self.bytes.truncate(self.bytes.len() / 2);
                self.end = Some(End::Close);
            }
            Effect::Reset => {
                self.bytes.clear();
                self.end = Some(End::Reset);
            }
            Effect::Refuse(_)
            | Effect::RefusePrepared
            | Effect::Duplicate
            | Effect::WrongStream
            | Effect::OversizedLength => {}
        }
    }
}
