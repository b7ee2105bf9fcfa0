//! The functions that CQL comes with.

mod arithmetic;
mod collection;
mod number;
mod overload;
mod similarity;
mod time;

pub(super) use arithmetic::result_of;
pub(super) use overload::{NUMBERS, Overload, overloads};
pub(super) use similarity::{Similarity, floats};

use std::borrow::Cow;

use helenus_protocol::CqlType;
use uuid::Uuid;

use self::collection::CollectionFunction;
use self::number::MathFunction;
use self::time::TimeFunction;
use super::clock::Clock;
use crate::cql::ast::Arithmetic;
use crate::query_error::QueryError;
use crate::storage::PartitionKey;
use crate::value::{Number, from_json, to_json, to_text, validate};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Function {
    Uuid,
    Time(TimeFunction),
    Math(MathFunction),
    Collection(CollectionFunction),
    Similarity(Similarity),
    /// The token of a partition key.
    Token,
    ToBlob,
    FromBlob(CqlType),
    Cast(CqlType),
    ToJson,
    FromJson(CqlType),
    /// Gives a value of this type.
    Operation(Arithmetic, CqlType),
    Negation,
}

/// An argument: its type and its value.
pub(super) type Argument<'a> = (&'a CqlType, Option<Cow<'a, [u8]>>);

impl Function {
    /// The function's value for these arguments.
    pub(super) fn evaluate(
        &self,
        arguments: &[Argument<'_>],
        clock: &Clock,
    ) -> Result<Option<Vec<u8>>, QueryError> {
        if *self == Self::ToJson {
            let json = arguments.first().map(|(ty, value)| to_json(ty, value.as_deref()));
            return Ok(json.map(String::into_bytes));
        }
        let mut values = Vec::with_capacity(arguments.len());
        for (ty, value) in arguments {
            match value {
                Some(value) => values.push((*ty, value.as_ref())),
                // Of null, everything is null.
                None => return Ok(None),
            }
        }
        let first = values.first().copied();
        Ok(match self {
            Self::Uuid => Some(Uuid::new_v4().as_bytes().to_vec()),
            Self::Time(function) => function.evaluate(first, clock),
            Self::Math(function) => first.and_then(|(ty, value)| function.evaluate(ty, value)),
            Self::Collection(function) => {
                first.and_then(|(ty, value)| function.evaluate(ty, value))
            }
            Self::Similarity(similarity) => similarity.evaluate(&values)?,
            Self::Token => {
                let components: Vec<_> = values.iter().map(|(_, value)| value).collect();
                Some(PartitionKey::of_components(&components).token.0.to_be_bytes().to_vec())
            }
            Self::ToBlob => first.map(|(_, value)| value.to_vec()),
            Self::FromBlob(ty) => match first {
                Some((_, value)) => Some(from_blob(ty, value)?),
                None => None,
            },
            Self::Cast(wanted) => first.and_then(|(ty, value)| cast(ty, value, wanted)),
            Self::FromJson(ty) => match first {
                Some((_, json)) => parse_json(ty, json)?,
                None => None,
            },
            Self::Operation(operator, returns) => match values.as_slice() {
                [left, right] => arithmetic::evaluate(*operator, *left, *right, returns)?,
                _ => None,
            },
            Self::Negation => {
                first.and_then(|(ty, value)| Number::decode(ty, value)?.negated().encode(ty))
            }
            Self::ToJson => None,
        })
    }
}

fn from_blob(ty: &CqlType, value: &[u8]) -> Result<Vec<u8>, QueryError> {
    validate(ty, value).map(|()| value.to_vec()).map_err(|_| {
        QueryError::Invalid(format!(
            "In call to function system.blob_as_{ty}, value 0x{} is not a valid binary representation for type {ty}",
            value.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        ))
    })
}

fn parse_json(ty: &CqlType, json: &[u8]) -> Result<Option<Vec<u8>>, QueryError> {
    let text = String::from_utf8_lossy(json);
    let refuse = |message: String| QueryError::FunctionFailure {
        function: "from_json".to_owned(),
        arguments: vec!["text".to_owned()],
        message,
    };
    let json = serde_json::from_str(&text)
        .map_err(|_| refuse(format!("Could not decode JSON string '{text}'")))?;
    from_json(ty, &json).map_err(refuse)
}

/// Whether values of a type can be made values of another.
pub(super) fn is_castable(from: &CqlType, to: &CqlType) -> bool {
    use CqlType::{Ascii, Boolean, Counter, Date, Inet, Text, Time, TimeUuid, Timestamp, Uuid};
    let is_number = |ty| NUMBERS.contains(ty);
    match (from, to) {
        (from, to) if from == to => true,
        (from, to) if is_number(from) && is_number(to) => *to != Counter,
        (from, Text | Ascii) => {
            is_number(from)
                || matches!(
                    from,
                    Ascii | Boolean | Date | Inet | Time | TimeUuid | Timestamp | Uuid
                )
        }
        (TimeUuid | Timestamp, Date) | (TimeUuid | Date, Timestamp) => true,
        _ => false,
    }
}

/// A value as another type; nothing where it cannot be.
fn cast(from: &CqlType, value: &[u8], to: &CqlType) -> Option<Vec<u8>> {
    if from == to {
        return Some(value.to_vec());
    }
    match to {
        CqlType::Text | CqlType::Ascii => {
            let text = to_text(from, value)?;
            // Between date and time stands what ISO 8601 puts there.
            let is_time = *from == CqlType::Timestamp;
            Some(if is_time { text.replacen(' ', "T", 1) } else { text }.into_bytes())
        }
        CqlType::Timestamp | CqlType::Date => time::cast(from, value, to),
        _ => Number::decode(from, value)?.encode(to),
    }
}
