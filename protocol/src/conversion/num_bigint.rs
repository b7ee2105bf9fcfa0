//! `varint` as num-bigint's type.

use num_bigint::BigInt;

use super::by_way_of::by_way_of;
use crate::CqlVarint;

impl From<&BigInt> for CqlVarint {
    fn from(number: &BigInt) -> Self {
        Self::from_be_bytes(&number.to_signed_bytes_be())
    }
}

impl From<&CqlVarint> for BigInt {
    fn from(number: &CqlVarint) -> Self {
        Self::from_signed_bytes_be(number.to_be_bytes())
    }
}

by_way_of!(CqlVarint, BigInt, |number| Some(CqlVarint::from(number)), |number| Some(BigInt::from(
    number
)));

#[cfg(test)]
mod tests {
    use super::super::by_way_of::stands_for;
    use super::*;
    use crate::CqlType;

    #[test]
    fn integers_of_any_size() {
        for number in [0, 1, -1, 127, 128, -128, -129, i128::MIN, i128::MAX] {
            stands_for(&CqlType::VarInt, &BigInt::from(number), &CqlVarint::from(number));
        }
        let large = BigInt::from(7).pow(1000);
        stands_for(&CqlType::VarInt, &large, &CqlVarint::from(&large));
    }
}
