//! Functions of one number.

use helenus_protocol::CqlType;

use crate::value::Number;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum MathFunction {
    Abs,
    Exp,
    Log,
    Log10,
    Round,
}

impl MathFunction {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "abs" => Self::Abs,
            "exp" => Self::Exp,
            "log" => Self::Log,
            "log10" => Self::Log10,
            "round" => Self::Round,
            _ => return None,
        })
    }

    pub(super) fn evaluate(self, ty: &CqlType, value: &[u8]) -> Option<Vec<u8>> {
        let number = Number::decode(ty, value)?;
        let result = match self {
            Self::Abs if number.is_negative() => number.negated(),
            Self::Abs => number,
            Self::Round => number.rounded(),
            Self::Exp => Number::Floating(number.to_f64().exp()),
            Self::Log => Number::Floating(number.to_f64().ln()),
            Self::Log10 => Number::Floating(number.to_f64().log10()),
        };
        result.encode(ty)
    }
}
