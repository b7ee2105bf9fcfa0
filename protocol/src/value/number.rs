use super::decode::not_null;
use super::encode::mismatch;
use super::primitive::fixed_value;
use super::{DecodeValue, DecodeValueError, EncodeValue, EncodeValueError, Encoded, TypeMismatch};
use crate::CqlType;
use crate::value::decode::fixed;

/// A `counter`'s value, or the amount by which an UPDATE changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Counter(pub i64);

fixed_value!(Counter, "counter", CqlType::Counter, |v: &Counter| v.0.to_be_bytes(), |bytes| {
    Counter(i64::from_be_bytes(bytes))
});

/// A `varint`: the big-endian two's complement of an integer of any size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CqlVarint(Vec<u8>);

impl CqlVarint {
    /// The integer whose big-endian two's complement this is, with as few bytes as it takes.
    pub fn from_be_bytes(bytes: &[u8]) -> Self {
        let mut left = bytes;
        while let [first, second, ..] = left {
            let is_padding =
                (*first == 0 && second & 0x80 == 0) || (*first == 0xFF && second & 0x80 != 0);
            if !is_padding {
                break;
            }
            left = &left[1..];
        }
        Self(if left.is_empty() { vec![0] } else { left.to_vec() })
    }

    /// The big-endian two's complement, with as few bytes as it takes.
    pub fn to_be_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The number itself, where it fits; `None` where it does not.
    pub fn to_i128(&self) -> Option<i128> {
        let padding = if self.0.first()? & 0x80 == 0 { 0x00 } else { 0xFF };
        let mut full = [padding; 16];
        let start = full.len().checked_sub(self.0.len())?;
        full[start..].copy_from_slice(&self.0);
        Some(i128::from_be_bytes(full))
    }
}

impl From<i64> for CqlVarint {
    fn from(value: i64) -> Self {
        Self::from_be_bytes(&value.to_be_bytes())
    }
}

impl From<i128> for CqlVarint {
    fn from(value: i128) -> Self {
        Self::from_be_bytes(&value.to_be_bytes())
    }
}

impl EncodeValue for CqlVarint {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        if !matches!(ty, CqlType::VarInt) {
            return Err(mismatch::<Self>(ty));
        }
        out.extend_from_slice(&self.0);
        Ok(Encoded::Value)
    }
}

impl<'frame> DecodeValue<'frame> for CqlVarint {
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        match ty {
            CqlType::VarInt => Ok(()),
            _ => Err(TypeMismatch::of::<Self>(ty)),
        }
    }

    fn decode(_: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        match not_null::<Self>(bytes)? {
            [] => Err(DecodeValueError::Length { what: "varint", length: 0 }),
            bytes => Ok(Self::from_be_bytes(bytes)),
        }
    }
}

/// A `decimal`: `unscaled` × 10^−`scale`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CqlDecimal {
    /// All digits, as an integer.
    pub unscaled: CqlVarint,
    /// How many of them stand behind the point; below zero, how many zeros follow.
    pub scale: i32,
}

impl EncodeValue for CqlDecimal {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        if !matches!(ty, CqlType::Decimal) {
            return Err(mismatch::<Self>(ty));
        }
        out.extend_from_slice(&self.scale.to_be_bytes());
        out.extend_from_slice(&self.unscaled.0);
        Ok(Encoded::Value)
    }
}

impl<'frame> DecodeValue<'frame> for CqlDecimal {
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        match ty {
            CqlType::Decimal => Ok(()),
            _ => Err(TypeMismatch::of::<Self>(ty)),
        }
    }

    fn decode(_: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        let bytes = not_null::<Self>(bytes)?;
        match bytes.split_first_chunk::<4>() {
            Some((scale, unscaled)) if !unscaled.is_empty() => Ok(Self {
                unscaled: CqlVarint::from_be_bytes(unscaled),
                scale: i32::from_be_bytes(*scale),
            }),
            _ => Err(DecodeValueError::Length { what: "decimal", length: bytes.len() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_a_real_node_writes_them() {
        let mut out = Vec::new();
        CqlVarint::from(-129_i64).encode(&CqlType::VarInt, &mut out).unwrap();
        assert_eq!(out, [0xFF, 0x7F]);

        out.clear();
        let decimal = CqlDecimal { unscaled: CqlVarint::from(-150_i64), scale: 2 };
        decimal.encode(&CqlType::Decimal, &mut out).unwrap();
        assert_eq!(out, [0, 0, 0, 2, 0xFF, 0x6A]);
    }

    #[test]
    fn a_varint_is_the_shortest_form_of_its_number() {
        assert_eq!(CqlVarint::from(0_i64).to_be_bytes(), [0]);
        assert_eq!(CqlVarint::from(127_i64).to_be_bytes(), [127]);
        assert_eq!(CqlVarint::from(128_i64).to_be_bytes(), [0, 128]);
        assert_eq!(CqlVarint::from(-1_i64).to_be_bytes(), [0xFF]);
        for number in [0, 1, -1, i128::MIN, i128::MAX, 1 << 100] {
            assert_eq!(CqlVarint::from(number).to_i128(), Some(number));
        }
    }
}
