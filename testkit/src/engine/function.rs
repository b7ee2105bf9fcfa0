//! The functions that CQL comes with.

use helenus_protocol::CqlType;
use uuid::Uuid;

use super::clock::{Clock, milliseconds_of, time_uuid_bounds};

const MILLIS_PER_DAY: i64 = 86_400_000;
const EPOCH_DAY: i64 = 1 << 31;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Now,
    Uuid,
    CurrentTimestamp,
    CurrentDate,
    ToTimestamp,
    ToDate,
    ToUnixTimestamp,
    MinTimeUuid,
    MaxTimeUuid,
}

impl Function {
    /// The function with this name, old or new.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "now" | "currenttimeuuid" | "current_timeuuid" => Self::Now,
            "uuid" => Self::Uuid,
            "currenttimestamp" | "current_timestamp" => Self::CurrentTimestamp,
            "currentdate" | "current_date" => Self::CurrentDate,
            "totimestamp" | "to_timestamp" | "dateof" => Self::ToTimestamp,
            "todate" | "to_date" => Self::ToDate,
            "tounixtimestamp" | "to_unix_timestamp" | "unixtimestampof" => Self::ToUnixTimestamp,
            "mintimeuuid" | "min_timeuuid" => Self::MinTimeUuid,
            "maxtimeuuid" | "max_timeuuid" => Self::MaxTimeUuid,
            _ => return None,
        })
    }

    /// The types that the one argument may have; empty for a function that takes none.
    pub(super) fn argument(self) -> &'static [CqlType] {
        match self {
            Self::Now | Self::Uuid | Self::CurrentTimestamp | Self::CurrentDate => &[],
            Self::ToTimestamp => &[CqlType::TimeUuid, CqlType::Date],
            Self::ToDate => &[CqlType::TimeUuid, CqlType::Timestamp],
            Self::ToUnixTimestamp => &[CqlType::TimeUuid, CqlType::Timestamp, CqlType::Date],
            Self::MinTimeUuid | Self::MaxTimeUuid => &[CqlType::Timestamp],
        }
    }

    pub(super) fn returns(self) -> CqlType {
        match self {
            Self::Now | Self::MinTimeUuid | Self::MaxTimeUuid => CqlType::TimeUuid,
            Self::Uuid => CqlType::Uuid,
            Self::CurrentTimestamp | Self::ToTimestamp => CqlType::Timestamp,
            Self::CurrentDate | Self::ToDate => CqlType::Date,
            Self::ToUnixTimestamp => CqlType::BigInt,
        }
    }

    /// The value for an argument, which is of type `ty`; null gives null.
    pub(super) fn evaluate(
        self,
        argument: Option<(&CqlType, &[u8])>,
        clock: &Clock,
    ) -> Option<Vec<u8>> {
        let millis = || argument.and_then(|(ty, value)| milliseconds(ty, value));
        match self {
            Self::Now => Some(clock.time_uuid().to_vec()),
            Self::Uuid => Some(Uuid::new_v4().as_bytes().to_vec()),
            Self::CurrentTimestamp => Some(Clock::milliseconds().to_be_bytes().to_vec()),
            Self::CurrentDate => date(Clock::milliseconds()),
            Self::ToTimestamp | Self::ToUnixTimestamp => Some(millis()?.to_be_bytes().to_vec()),
            Self::ToDate => date(millis()?),
            Self::MinTimeUuid => Some(time_uuid_bounds(millis()?).0.to_vec()),
            Self::MaxTimeUuid => Some(time_uuid_bounds(millis()?).1.to_vec()),
        }
    }
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
