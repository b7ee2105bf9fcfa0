use std::time::Instant;

use super::load::Latencies;
use crate::Error;
use crate::items::PAYLOAD;

/// The rows of one scan, counted and added up.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    latencies: &'a Latencies,
    asked: Instant,
    rows: u64,
    pages: u64,
    ids: i64,
    payloads: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(latencies: &'a Latencies) -> Self {
        Self { latencies, asked: Instant::now(), rows: 0, pages: 0, ids: 0, payloads: 0 }
    }

    pub(super) fn row(&mut self, id: i64, payload: &[u8]) {
        self.rows += 1;
        self.ids = self.ids.wrapping_add(id);
        self.payloads += payload.len();
    }

    /// All rows of a page have been counted.
    pub(super) fn page(&mut self) {
        let now = Instant::now();
        self.latencies.record(now - self.asked);
        self.asked = now;
        self.pages += 1;
    }

    /// Pages and rows, if they are all rows of the table.
    pub(super) fn finish(self, keys: u64) -> Result<(u64, u64), Error> {
        let last = keys.cast_signed() - 1;
        let ids = last * (last + 1) / 2;
        let is_whole = self.rows == keys
            && self.ids == ids
            && Some(self.payloads) == PAYLOAD.checked_mul(usize::try_from(keys)?);
        match is_whole {
            true => Ok((self.pages, self.rows)),
            false => Err(format!(
                "a scan gave {} rows of {} bytes whose ids add up to {}; {keys} rows were written, whose ids add \
                 up to {ids}",
                self.rows, self.payloads, self.ids
            )
            .into()),
        }
    }
}
