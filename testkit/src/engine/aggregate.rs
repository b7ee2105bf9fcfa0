//! Functions of many rows.

use helenus_protocol::CqlType;

use super::evaluation::comparable;
use super::function::NUMBERS;
use super::selector::{PlannedSelector, Source};
use crate::query_error::QueryError;
use crate::value::Number;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Count,
    Min,
    Max,
    Sum,
    Average,
}

impl Aggregate {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "count" | "countrows" => Self::Count,
            "min" => Self::Min,
            "max" => Self::Max,
            "sum" => Self::Sum,
            "avg" => Self::Average,
            _ => return None,
        })
    }

    /// What it gives for values of this type; `None` if it takes no such values.
    pub(super) fn returns(self, ty: &CqlType) -> Option<CqlType> {
        match self {
            Self::Count => Some(CqlType::BigInt),
            Self::Min | Self::Max => Some(ty.clone()),
            Self::Sum | Self::Average => NUMBERS.contains(ty).then(|| ty.clone()),
        }
    }
}

/// What an aggregate has made of the rows so far.
#[derive(Debug)]
pub(super) enum Accumulator {
    Count(i64),
    /// The least or the greatest value, and its byte-comparable form.
    Extreme {
        is_least: bool,
        best: Option<(Vec<u8>, Vec<u8>)>,
    },
    Sum {
        sum: Option<Number>,
        count: i64,
        averages: bool,
    },
}

impl Accumulator {
    pub(super) fn new(aggregate: Aggregate) -> Self {
        match aggregate {
            Aggregate::Count => Self::Count(0),
            Aggregate::Min => Self::Extreme { is_least: true, best: None },
            Aggregate::Max => Self::Extreme { is_least: false, best: None },
            Aggregate::Sum => Self::Sum { sum: None, count: 0, averages: false },
            Aggregate::Average => Self::Sum { sum: None, count: 0, averages: true },
        }
    }

    /// Takes a row's value in.
    pub(super) fn add(
        &mut self,
        argument: Option<&(CqlType, Box<PlannedSelector>)>,
        source: Source<'_, '_>,
    ) -> Result<(), QueryError> {
        let Some((ty, selector)) = argument else {
            if let Self::Count(count) = self {
                *count += 1;
            }
            return Ok(());
        };
        let Some(value) = selector.evaluate(source, &mut 0)? else {
            return Ok(());
        };
        match self {
            Self::Count(count) => *count += 1,
            Self::Extreme { is_least, best } => {
                let order = comparable(ty, &value);
                let is_better = best.as_ref().is_none_or(|(known, _)| {
                    if *is_least { order < *known } else { order > *known }
                });
                if is_better {
                    *best = Some((order, value.into_owned()));
                }
            }
            Self::Sum { sum, count, .. } => {
                if let Some(number) = Number::decode(ty, &value) {
                    *count += 1;
                    *sum =
                        Some(sum.as_ref().map_or_else(|| number.clone(), |sum| sum.add(&number)));
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(self, returns: Option<&CqlType>) -> Option<Vec<u8>> {
        match self {
            Self::Count(count) => Some(count.to_be_bytes().to_vec()),
            Self::Extreme { best, .. } => best.map(|(_, value)| value),
            Self::Sum { sum, count, averages } => {
                let sum = sum.unwrap_or_else(|| Number::Integer(0.into()));
                let result = if averages { sum.divided_by(count) } else { sum };
                result.encode(returns?)
            }
        }
    }
}
