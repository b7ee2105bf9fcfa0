//! What the operators give, by the types of what stands on either side.

use helenus_protocol::CqlType;

use super::overload::NUMBERS;
use crate::cql::ast::Arithmetic;
use crate::query_error::QueryError;
use crate::value::{Number, shifted};

type Operand<'a> = (&'a CqlType, &'a [u8]);

/// The type of a result; `None` of what cannot be counted together.
pub(in crate::engine) fn result_of(
    operator: Arithmetic,
    left: &CqlType,
    right: &CqlType,
) -> Option<CqlType> {
    let shifts = matches!(operator, Arithmetic::Add | Arithmetic::Subtract);
    match (left, right) {
        (CqlType::Timestamp | CqlType::Date, CqlType::Duration) if shifts => Some(left.clone()),
        (CqlType::Ascii, CqlType::Ascii) if operator == Arithmetic::Add => Some(CqlType::Ascii),
        (CqlType::Text | CqlType::Ascii, CqlType::Text | CqlType::Ascii)
            if operator == Arithmetic::Add =>
        {
            Some(CqlType::Text)
        }
        _ => {
            let (left_size, left_floats) = size(left)?;
            let (right_size, right_floats) = size(right)?;
            Some(match (left_size.max(right_size), left_floats || right_floats) {
                (1, false) => CqlType::TinyInt,
                (2, false) => CqlType::SmallInt,
                (4, false) => CqlType::Int,
                (8, false) => CqlType::BigInt,
                (_, false) => CqlType::VarInt,
                (..=4, true) => CqlType::Float,
                (8, true) => CqlType::Double,
                (_, true) => CqlType::Decimal,
            })
        }
    }
}

/// The bytes of a numeric type, and whether it has fractions.
fn size(ty: &CqlType) -> Option<(u8, bool)> {
    Some(match ty {
        CqlType::TinyInt => (1, false),
        CqlType::SmallInt => (2, false),
        CqlType::Int => (4, false),
        CqlType::BigInt | CqlType::Counter => (8, false),
        CqlType::VarInt => (u8::MAX, false),
        CqlType::Float => (4, true),
        CqlType::Double => (8, true),
        CqlType::Decimal => (u8::MAX, true),
        _ => return None,
    })
}

pub(super) fn evaluate(
    operator: Arithmetic,
    left: Operand<'_>,
    right: Operand<'_>,
    returns: &CqlType,
) -> Result<Option<Vec<u8>>, QueryError> {
    let refuse = |problem: &str| {
        let symbol = operator.symbol();
        QueryError::FunctionFailure {
            function: operator.function_name().to_owned(),
            arguments: vec![left.0.to_string(), right.0.to_string()],
            message: format!("the operation '{} {symbol} {}' failed: {problem}", left.0, right.0),
        }
    };
    match returns {
        // No bytes are a value of no time.
        CqlType::Timestamp | CqlType::Date if left.1.is_empty() => Ok(None),
        CqlType::Timestamp | CqlType::Date => {
            let backwards = operator == Arithmetic::Subtract;
            shifted(left, right.1, backwards).map(Some).map_err(|problem| refuse(&problem))
        }
        CqlType::Text | CqlType::Ascii => Ok(Some([left.1, right.1].concat())),
        _ => {
            debug_assert!(NUMBERS.contains(returns));
            let numbers = Number::decode(left.0, left.1).zip(Number::decode(right.0, right.1));
            let Some((a, b)) = numbers else {
                return Ok(None);
            };
            let (a, b) = (a.into_kind_of(returns), b.into_kind_of(returns));
            let result = match operator {
                Arithmetic::Add => Some(a.add(&b)),
                Arithmetic::Subtract => Some(a.add(&b.negated())),
                Arithmetic::Multiply => Some(a.multiplied(&b)),
                Arithmetic::Divide => a.divided(&b),
                Arithmetic::Remainder => a.remainder(&b),
            };
            Ok(result.ok_or_else(|| refuse("/ by zero"))?.encode(returns))
        }
    }
}
