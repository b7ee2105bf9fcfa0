//! Numbers of every type, to count with and to convert.

use std::borrow::Cow;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive, Zero};
use helenus_protocol::CqlType;

/// The most digits behind the point, or zeros before it, that are written out to count with: a decimal may have
/// two thousand million of them.
const LARGEST_SCALE: u64 = 10_000;

/// How many digits behind the point a quotient of decimals has, if it needs them.
const LEAST_QUOTIENT_SCALE: i64 = 32;
const MOST_QUOTIENT_SCALE: i64 = 1_000;

/// A value of a numeric type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Number {
    Integer(BigInt),
    Decimal(BigDecimal),
    Floating(f64),
}

impl Number {
    /// Reads a value; `None` if the type is not numeric, or the value is empty.
    pub(crate) fn decode(ty: &CqlType, value: &[u8]) -> Option<Self> {
        if value.is_empty() {
            return None;
        }
        Some(match ty {
            CqlType::TinyInt
            | CqlType::SmallInt
            | CqlType::Int
            | CqlType::BigInt
            | CqlType::Counter
            | CqlType::VarInt => Self::Integer(BigInt::from_signed_bytes_be(value)),
            CqlType::Float => Self::Floating(f64::from(f32::from_be_bytes(value.try_into().ok()?))),
            CqlType::Double => Self::Floating(f64::from_be_bytes(value.try_into().ok()?)),
            CqlType::Decimal => {
                let (scale, unscaled) = value.split_first_chunk()?;
                let unscaled = BigInt::from_signed_bytes_be(unscaled);
                let scale = i64::from(i32::from_be_bytes(*scale));
                Self::Decimal(BigDecimal::from_bigint(unscaled, scale))
            }
            _ => return None,
        })
    }

    /// The number as a value of a numeric type; what does not fit loses its highest bits, as in Java.
    pub(crate) fn encode(&self, ty: &CqlType) -> Option<Vec<u8>> {
        Some(match ty {
            CqlType::TinyInt => self.low_bytes::<1>(),
            CqlType::SmallInt => self.low_bytes::<2>(),
            CqlType::Int => self.low_bytes::<4>(),
            CqlType::BigInt | CqlType::Counter => self.low_bytes::<8>(),
            CqlType::VarInt => self.to_integer().to_signed_bytes_be(),
            #[expect(clippy::cast_possible_truncation, reason = "a float holds less than a double")]
            CqlType::Float => (self.to_f64() as f32).to_be_bytes().to_vec(),
            CqlType::Double => self.to_f64().to_be_bytes().to_vec(),
            CqlType::Decimal => {
                let (unscaled, scale) = self.to_decimal()?.into_bigint_and_exponent();
                let mut out = i32::try_from(scale).ok()?.to_be_bytes().to_vec();
                out.extend(unscaled.to_signed_bytes_be());
                out
            }
            _ => return None,
        })
    }

    fn low_bytes<const N: usize>(&self) -> Vec<u8> {
        let bytes = self.to_integer().to_signed_bytes_be();
        let fill = if bytes[0] & 0x80 == 0 { 0 } else { 0xFF };
        let mut out = [fill; N];
        let kept = bytes.len().min(N);
        out[N - kept..].copy_from_slice(&bytes[bytes.len() - kept..]);
        out.to_vec()
    }

    /// The number to count with: a decimal that would take too many digits is a floating number.
    fn counted(&self) -> Cow<'_, Self> {
        match self {
            Self::Decimal(decimal)
                if decimal.fractional_digit_count().unsigned_abs() > LARGEST_SCALE =>
            {
                Cow::Owned(Self::Floating(self.to_f64()))
            }
            _ => Cow::Borrowed(self),
        }
    }

    /// The whole part.
    fn to_integer(&self) -> BigInt {
        match &*self.counted() {
            Self::Integer(integer) => integer.clone(),
            Self::Decimal(decimal) => {
                decimal.with_scale_round(0, RoundingMode::Down).into_bigint_and_exponent().0
            }
            #[expect(clippy::cast_possible_truncation, reason = "Java's conversion saturates, too")]
            Self::Floating(floating) => BigInt::from(*floating as i64),
        }
    }

    pub(crate) fn to_f64(&self) -> f64 {
        match self {
            Self::Integer(integer) => integer.to_f64().unwrap_or(f64::NAN),
            Self::Decimal(decimal) => decimal.to_f64().unwrap_or(f64::NAN),
            Self::Floating(floating) => *floating,
        }
    }

    fn to_decimal(&self) -> Option<BigDecimal> {
        match self {
            Self::Integer(integer) => Some(BigDecimal::from_bigint(integer.clone(), 0)),
            Self::Decimal(decimal) => Some(decimal.clone()),
            Self::Floating(floating) => super::text::floating(*floating, 17).parse().ok(),
        }
    }

    /// The sum; of different kinds, as floating numbers.
    pub(crate) fn add(&self, other: &Self) -> Self {
        match (&*self.counted(), &*other.counted()) {
            (Self::Integer(a), Self::Integer(b)) => Self::Integer(a + b),
            (Self::Decimal(a), Self::Decimal(b)) => Self::Decimal(a + b),
            (a, b) => Self::Floating(a.to_f64() + b.to_f64()),
        }
    }

    /// The number divided by how many made it, in the same kind; none of none.
    pub(crate) fn divided_by(&self, count: i64) -> Self {
        if count == 0 {
            return Self::Integer(BigInt::zero());
        }
        match &*self.counted() {
            Self::Integer(integer) => Self::Integer(integer / count),
            Self::Decimal(decimal) => {
                let scale = decimal.fractional_digit_count();
                let quotient = decimal / BigDecimal::from(count);
                Self::Decimal(quotient.with_scale_round(scale, RoundingMode::HalfEven))
            }
            #[expect(clippy::cast_precision_loss, reason = "no table has that many rows")]
            Self::Floating(floating) => Self::Floating(floating / count as f64),
        }
    }

    /// The number as values of a type are counted with.
    pub(crate) fn into_kind_of(self, ty: &CqlType) -> Self {
        match ty {
            CqlType::Float | CqlType::Double => Self::Floating(self.to_f64()),
            CqlType::Decimal => self.to_decimal().map_or(self, Self::Decimal),
            _ => self,
        }
    }

    pub(crate) fn multiplied(&self, other: &Self) -> Self {
        match (&*self.counted(), &*other.counted()) {
            (Self::Integer(a), Self::Integer(b)) => Self::Integer(a * b),
            (Self::Decimal(a), Self::Decimal(b)) => Self::Decimal(a * b),
            (a, b) => Self::Floating(a.to_f64() * b.to_f64()),
        }
    }

    /// The quotient; `None` where nothing can be divided by the other.
    pub(crate) fn divided(&self, other: &Self) -> Option<Self> {
        Some(match (&*self.counted(), &*other.counted()) {
            (Self::Integer(a), Self::Integer(b)) => Self::Integer(a.checked_div(b)?),
            (Self::Decimal(_), Self::Decimal(b)) if b.is_zero() => return None,
            (Self::Decimal(a), Self::Decimal(b)) => {
                let scales = a.fractional_digit_count().max(b.fractional_digit_count());
                let scale = scales.clamp(LEAST_QUOTIENT_SCALE, MOST_QUOTIENT_SCALE);
                let quotient = (a / b).with_scale_round(scale, RoundingMode::HalfUp);
                Self::Decimal(quotient.normalized())
            }
            (a, b) => Self::Floating(a.to_f64() / b.to_f64()),
        })
    }

    /// What is left of a division, with the sign of what was divided; `None` where nothing can be divided by the other.
    pub(crate) fn remainder(&self, other: &Self) -> Option<Self> {
        Some(match (&*self.counted(), &*other.counted()) {
            (Self::Integer(_), Self::Integer(b)) if b.is_zero() => return None,
            (Self::Integer(a), Self::Integer(b)) => Self::Integer(a % b),
            (Self::Decimal(_), Self::Decimal(b)) if b.is_zero() => return None,
            (Self::Decimal(a), Self::Decimal(b)) => Self::Decimal(a % b),
            (a, b) => Self::Floating(a.to_f64() % b.to_f64()),
        })
    }

    pub(crate) fn is_negative(&self) -> bool {
        match self {
            Self::Integer(integer) => integer.sign() == bigdecimal::num_bigint::Sign::Minus,
            Self::Decimal(decimal) => decimal.sign() == bigdecimal::num_bigint::Sign::Minus,
            Self::Floating(floating) => floating.is_sign_negative(),
        }
    }

    pub(crate) fn negated(&self) -> Self {
        match self {
            Self::Integer(integer) => Self::Integer(-integer),
            Self::Decimal(decimal) => Self::Decimal(-decimal),
            Self::Floating(floating) => Self::Floating(-floating),
        }
    }

    /// The nearest whole number, halves away from zero.
    pub(crate) fn rounded(&self) -> Self {
        match &*self.counted() {
            Self::Integer(_) => self.clone(),
            Self::Decimal(decimal) => {
                Self::Decimal(decimal.with_scale_round(0, RoundingMode::HalfUp))
            }
            Self::Floating(floating) => Self::Floating((floating + 0.5).floor()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_low_bits_and_their_scale() {
        let big = Number::decode(&CqlType::BigInt, &300i64.to_be_bytes()).unwrap();
        assert_eq!(big.encode(&CqlType::TinyInt), Some(vec![44]));
        assert_eq!(big.negated().encode(&CqlType::SmallInt), Some(vec![0xFE, 0xD4]));
        let decimal = Number::decode(&CqlType::Decimal, &[0, 0, 0, 2, 0x01, 0x2C]).unwrap();
        assert_eq!(decimal.encode(&CqlType::Int), Some(3i32.to_be_bytes().to_vec()));
        assert_eq!(decimal.encode(&CqlType::Decimal), Some(vec![0, 0, 0, 2, 0x01, 0x2C]));
        assert_eq!(Number::decode(&CqlType::Int, &[]), None);
    }

    #[test]
    fn numbers_of_any_scale_are_counted_with_at_once() {
        let one = Number::decode(&CqlType::Decimal, &[0, 0, 0, 0, 1]).unwrap();
        for scale in [i32::MIN, -1_000_000_000, 1_000_000_000, i32::MAX] {
            let value = [&scale.to_be_bytes()[..], &[1]].concat();
            let extreme = Number::decode(&CqlType::Decimal, &value).unwrap();
            let is_small = scale > 0;
            for sum in [one.add(&extreme), extreme.add(&one), extreme.divided_by(1)] {
                assert_eq!(sum.to_f64().is_infinite(), !is_small, "{scale}");
            }
            let whole = if is_small { 0 } else { i64::MAX };
            assert_eq!(extreme.encode(&CqlType::BigInt), Some(whole.to_be_bytes().to_vec()));
            assert_eq!(extreme.rounded().to_f64().is_infinite(), !is_small);
        }
    }
}
