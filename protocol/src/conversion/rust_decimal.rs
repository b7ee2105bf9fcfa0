//! `decimal` as rust_decimal's type, which holds 96 bits and up to 28 places.

use rust_decimal::Decimal;

use super::by_way_of::by_way_of;
use crate::{CqlDecimal, CqlVarint};

const MAX_SCALE: i32 = 28;

by_way_of!(
    CqlDecimal,
    Decimal,
    |number| Some(CqlDecimal {
        unscaled: CqlVarint::from(number.mantissa()),
        scale: number.scale().try_into().ok()?,
    }),
    from_cql
);

/// Moves zeros between the digits and the scale, as far as it takes for the number to fit.
fn from_cql(number: &CqlDecimal) -> Option<Decimal> {
    let mut unscaled = number.unscaled.to_i128()?;
    let mut scale = number.scale;
    if unscaled == 0 {
        scale = scale.clamp(0, MAX_SCALE);
    }
    while scale > MAX_SCALE && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    while scale < 0 {
        unscaled = unscaled.checked_mul(10)?;
        scale += 1;
    }
    Decimal::try_from_i128_with_scale(unscaled, scale.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::by_way_of::stands_for;
    use super::*;
    use crate::CqlType;

    fn decimal(unscaled: i128, scale: i32) -> CqlDecimal {
        CqlDecimal { unscaled: CqlVarint::from(unscaled), scale }
    }

    #[test]
    fn decimals_keep_their_scale() {
        stands_for(&CqlType::Decimal, &Decimal::new(-150, 2), &decimal(-150, 2));
        stands_for(&CqlType::Decimal, &Decimal::MAX, &decimal((1 << 96) - 1, 0));
        stands_for(&CqlType::Decimal, &Decimal::new(1, 28), &decimal(1, 28));
    }

    #[test]
    fn zeros_move_where_the_scale_does_not_fit() {
        assert_eq!(from_cql(&decimal(7, -5)), Some(Decimal::from(700_000)));
        assert_eq!(from_cql(&decimal(1_000, 30)), Some(Decimal::new(10, 28)));
        assert_eq!(from_cql(&decimal(0, i32::MAX)), Some(Decimal::ZERO));
        assert_eq!(from_cql(&decimal(0, i32::MIN)), Some(Decimal::ZERO));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(from_cql(&decimal(1 << 96, 0)), None);
        assert_eq!(from_cql(&decimal(1, 29)), None);
        assert_eq!(from_cql(&decimal(1, i32::MIN)), None);
    }
}
