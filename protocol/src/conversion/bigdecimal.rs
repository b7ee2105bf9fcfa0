//! `decimal` as bigdecimal's type.

use bigdecimal::BigDecimal;
use num_bigint::BigInt;

use super::by_way_of::by_way_of;
use crate::{CqlDecimal, CqlVarint};

by_way_of!(
    CqlDecimal,
    BigDecimal,
    |number| {
        let (unscaled, scale) = number.as_bigint_and_exponent();
        Some(CqlDecimal { unscaled: CqlVarint::from(&unscaled), scale: scale.try_into().ok()? })
    },
    |number| Some(BigDecimal::new(BigInt::from(&number.unscaled), number.scale.into()))
);

#[cfg(test)]
mod tests {
    use super::super::by_way_of::stands_for;
    use super::*;
    use crate::{CqlType, EncodeValue, EncodeValueError};

    #[test]
    fn decimals_of_any_scale() {
        for (text, unscaled, scale) in [("-1.50", -150_i64, 2), ("0", 0, 0), ("7e5", 7, -5)] {
            let decimal = CqlDecimal { unscaled: CqlVarint::from(unscaled), scale };
            stands_for(&CqlType::Decimal, &text.parse::<BigDecimal>().unwrap(), &decimal);
        }
        for scale in [i32::MIN, i32::MAX] {
            let decimal = CqlDecimal { unscaled: CqlVarint::from(3_i64), scale };
            stands_for(&CqlType::Decimal, &BigDecimal::new(3.into(), scale.into()), &decimal);
        }
    }

    #[test]
    fn a_scale_beyond_32_bits_is_refused() {
        let tiny = BigDecimal::new(1.into(), i64::from(i32::MAX) + 1);
        let refused = tiny.encode(&CqlType::Decimal, &mut Vec::new());
        assert!(matches!(refused, Err(EncodeValueError::OutOfRange { .. })));
    }
}
