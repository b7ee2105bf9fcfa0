//! Functions of times and of time UUIDs.

use helenus_protocol::CqlType;

use super::Function;
use super::overload::Overload;
use crate::engine::clock::{Clock, milliseconds_of, time_uuid_bounds};

const MILLIS_PER_DAY: i64 = 86_400_000;
const EPOCH_DAY: i64 = 1 << 31;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum TimeFunction {
    Now,
    CurrentTimestamp,
    CurrentDate,
    CurrentTime,
    ToTimestamp,
    ToDate,
    ToUnixTimestamp,
    MinTimeUuid,
    MaxTimeUuid,
}

impl TimeFunction {
    /// What a name means; `None` if it is none of these functions'.
    pub(super) fn overloads(name: &str) -> Option<Vec<Overload>> {
        use CqlType::{BigInt, Date, Time, TimeUuid, Timestamp};
        let (function, arguments, returns): (_, &[CqlType], _) = match name {
            "now" | "currenttimeuuid" | "current_timeuuid" => (Self::Now, &[], TimeUuid),
            "currenttimestamp" | "current_timestamp" => (Self::CurrentTimestamp, &[], Timestamp),
            "currentdate" | "current_date" => (Self::CurrentDate, &[], Date),
            "currenttime" | "current_time" => (Self::CurrentTime, &[], Time),
            "totimestamp" | "to_timestamp" => (Self::ToTimestamp, &[TimeUuid, Date], Timestamp),
            "todate" | "to_date" => (Self::ToDate, &[TimeUuid, Timestamp], Date),
            "tounixtimestamp" | "to_unix_timestamp" => {
                (Self::ToUnixTimestamp, &[TimeUuid, Timestamp, Date], BigInt)
            }
            "mintimeuuid" | "min_timeuuid" => (Self::MinTimeUuid, &[Timestamp], TimeUuid),
            "maxtimeuuid" | "max_timeuuid" => (Self::MaxTimeUuid, &[Timestamp], TimeUuid),
            _ => return None,
        };
        if arguments.is_empty() {
            return Some(vec![Overload::new(Function::Time(function), Vec::new(), returns)]);
        }
        let overload = |ty: &CqlType| {
            Overload::new(Function::Time(function), vec![ty.clone()], returns.clone())
        };
        Some(arguments.iter().map(overload).collect())
    }

    pub(super) fn evaluate(
        self,
        argument: Option<(&CqlType, &[u8])>,
        clock: &Clock,
    ) -> Option<Vec<u8>> {
        let millis = || argument.and_then(|(ty, value)| milliseconds(ty, value));
        match self {
            Self::Now => Some(clock.time_uuid().to_vec()),
            Self::CurrentTimestamp => Some(Clock::milliseconds().to_be_bytes().to_vec()),
            Self::CurrentDate => date(Clock::milliseconds()),
            Self::CurrentTime => {
                let nanoseconds = Clock::milliseconds().rem_euclid(MILLIS_PER_DAY) * 1_000_000;
                Some(nanoseconds.to_be_bytes().to_vec())
            }
            Self::ToTimestamp | Self::ToUnixTimestamp => Some(millis()?.to_be_bytes().to_vec()),
            Self::ToDate => date(millis()?),
            Self::MinTimeUuid => Some(time_uuid_bounds(millis()?).0.to_vec()),
            Self::MaxTimeUuid => Some(time_uuid_bounds(millis()?).1.to_vec()),
        }
    }
}

/// A time as a timestamp or as a date.
pub(super) fn cast(from: &CqlType, value: &[u8], to: &CqlType) -> Option<Vec<u8>> {
    if !matches!(from, CqlType::TimeUuid | CqlType::Date | CqlType::Timestamp) {
        return None;
    }
    let millis = milliseconds(from, value)?;
    if *to == CqlType::Date { date(millis) } else { Some(millis.to_be_bytes().to_vec()) }
}

fn milliseconds(ty: &CqlType, value: &[u8]) -> Option<i64> {
    match ty {
        CqlType::TimeUuid => milliseconds_of(value),
        CqlType::Date => {
            let days = i64::from(u32::from_be_bytes(value.try_into().ok()?)) - EPOCH_DAY;
            Some(days * MILLIS_PER_DAY)
        }
        _ => value.try_into().ok().map(i64::from_be_bytes),
    }
}

fn date(milliseconds: i64) -> Option<Vec<u8>> {
    let days = u32::try_from(milliseconds.div_euclid(MILLIS_PER_DAY) + EPOCH_DAY).ok()?;
    Some(days.to_be_bytes().to_vec())
}
