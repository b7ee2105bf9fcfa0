//! Time as a node tells it: never twice the same.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// 100-nanosecond steps from the start of the Gregorian calendar, from which time UUIDs count, to the Unix epoch.
const GREGORIAN_OFFSET: i64 = 0x01B2_1DD2_1381_4000;

/// A clock whose every reading is later than the one before.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// 100-nanosecond steps since the Unix epoch.
    latest: AtomicI64,
}

impl Clock {
    /// Whole seconds since the epoch.
    pub(crate) fn seconds() -> u32 {
        u32::try_from(since_epoch().as_secs()).unwrap_or(u32::MAX)
    }

    /// Milliseconds since the epoch.
    pub(crate) fn milliseconds() -> i64 {
        i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX)
    }

    /// Microseconds since the epoch: the timestamp of a write that says none.
    pub(crate) fn write_timestamp(&self) -> i64 {
        self.next(10) / 10
    }

    /// A version 1 UUID of this moment.
    pub(crate) fn time_uuid(&self) -> [u8; 16] {
        const NODE: [u8; 8] = [0x80, 0x00, 0x6E, 0x6C, 0x68, 0x6E, 0x73, 0x01];
        time_uuid(self.next(1), NODE)
    }

    /// Places for so many elements of a list, in their order: behind all others, or before them.
    pub(super) fn list_places(
        &self,
        count: usize,
        is_first: bool,
    ) -> impl Iterator<Item = [u8; 8]> + use<> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let last = self.next(count.max(1));
        let first = if is_first { last.wrapping_neg() } else { last - count + 1 };
        (first..first.saturating_add(count)).map(|place| {
            // The order of the bytes is that of the numbers.
            (place ^ i64::MIN).to_be_bytes()
        })
    }

    fn next(&self, step: i64) -> i64 {
        let now = i64::try_from(since_epoch().as_nanos() / 100).unwrap_or(i64::MAX);
        let after = |latest: i64| now.max(latest.saturating_add(step));
        // The closure always returns a value, so the update cannot fail.
        let latest = self
            .latest
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |latest| Some(after(latest)));
        after(latest.unwrap_or(now))
    }
}

fn since_epoch() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The version 1 UUID of a moment, in 100-nanosecond steps since the Unix epoch.
fn time_uuid(steps: i64, low: [u8; 8]) -> [u8; 16] {
    let time = steps.saturating_add(GREGORIAN_OFFSET).to_be_bytes();
    let mut uuid = [0; 16];
    uuid[..4].copy_from_slice(&time[4..]);
    uuid[4..6].copy_from_slice(&time[2..4]);
    uuid[6] = 0x10 | (time[0] & 0x0F);
    uuid[7] = time[1];
    uuid[8..].copy_from_slice(&low);
    uuid
}

/// The least and the greatest time UUID of a millisecond.
pub(super) fn time_uuid_bounds(milliseconds: i64) -> ([u8; 16], [u8; 16]) {
    let first = milliseconds.saturating_mul(10_000);
    (time_uuid(first, [0x80; 8]), time_uuid(first.saturating_add(9_999), [0x7F; 8]))
}

/// Milliseconds since the epoch in a version 1 UUID.
pub(super) fn milliseconds_of(uuid: &[u8]) -> Option<i64> {
    let uuid: &[u8; 16] = uuid.try_into().ok()?;
    let time = [uuid[6] & 0x0F, uuid[7], uuid[4], uuid[5], uuid[0], uuid[1], uuid[2], uuid[3]];
    Some((i64::from_be_bytes(time) - GREGORIAN_OFFSET).div_euclid(10_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_readings_are_the_same() {
        let clock = Clock::default();
        let readings: Vec<_> = (0..1000).map(|_| clock.write_timestamp()).collect();
        assert!(readings.windows(2).all(|pair| pair[0] < pair[1]));
        assert_ne!(clock.time_uuid(), clock.time_uuid());
    }

    #[test]
    fn a_time_uuid_tells_its_time() {
        let clock = Clock::default();
        let told = milliseconds_of(&clock.time_uuid()).unwrap();
        assert!((told - Clock::milliseconds()).abs() < 1000);
        let (least, greatest) = time_uuid_bounds(1_700_000_000_123);
        assert_eq!(milliseconds_of(&least), Some(1_700_000_000_123));
        assert_eq!(milliseconds_of(&greatest), Some(1_700_000_000_123));
    }
}
