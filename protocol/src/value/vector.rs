//! The layout of a vector's elements, which depends on their type.

use super::vint::{decode_unsigned, encode_unsigned};
use super::{DecodeValueError, EncodeValue, EncodeValueError, Encoded};
use crate::wire::Reader;
use crate::{CqlType, WireError};

/// Elements of a fixed size stand bare in a vector, others behind their length as an unsigned vint.
pub(super) fn encode_vector_element<T: EncodeValue>(
    value: &T,
    element: &CqlType,
    vector: &CqlType,
    out: &mut Vec<u8>,
) -> Result<(), EncodeValueError> {
    let null = || EncodeValueError::NullElement { cql: vector.clone() };
    let start = out.len();
    if value.encode(element, out)? != Encoded::Value {
        return Err(null());
    }
    let length = out.len() - start;
    match element.fixed_size() {
        Some(size) if size == length => Ok(()),
        Some(_) => Err(EncodeValueError::OutOfRange {
            cql: element.clone(),
            reason: "it has another size than the vector's elements",
        }),
        None => {
            let end = out.len();
            encode_unsigned(length as u64, out);
            let prefix = out.len() - end;
            out[start..].rotate_right(prefix);
            Ok(())
        }
    }
}

/// Whether `bytes` can be a vector of so many elements.
pub(super) fn check_vector(
    element: &CqlType,
    dimension: usize,
    bytes: &[u8],
) -> Result<(), DecodeValueError> {
    let fits = match element.fixed_size() {
        Some(0) => dimension == 0,
        Some(size) => Some(bytes.len()) == dimension.checked_mul(size),
        // Each element takes at least the byte that its length is written in.
        None => dimension <= bytes.len(),
    };
    if fits {
        Ok(())
    } else {
        Err(DecodeValueError::Length { what: "vector", length: bytes.len() })
    }
}

/// Takes an element of a vector whose elements vary in size.
pub(super) fn take_with_vint<'frame>(
    reader: &mut Reader<'frame>,
) -> Result<&'frame [u8], WireError> {
    let mut left = reader.remaining();
    let before = left.len();
    let what = "a vector's element";
    let length = decode_unsigned(&mut left).and_then(|length| usize::try_from(length).ok());
    let Some(length) = length else {
        return Err(WireError::Truncated { what, needed: before + 1, left: before });
    };
    reader.take(what, before - left.len())?;
    reader.take(what, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DecodeValue;

    #[test]
    fn a_vector_of_texts_is_written_as_a_real_node_writes_it() {
        let ty = CqlType::Vector(Box::new(CqlType::Text), 2);
        let mut out = Vec::new();
        ["a", "bcd"].encode(&ty, &mut out).unwrap();
        assert_eq!(out, [1, b'a', 3, b'b', b'c', b'd']);
        assert_eq!(Vec::<&str>::decode(&ty, Some(&out)), Ok(vec!["a", "bcd"]));
    }

    #[test]
    fn a_vector_of_floats_stands_bare() {
        let ty = CqlType::Vector(Box::new(CqlType::Float), 3);
        let mut out = Vec::new();
        [1.0_f32, 2.0, 3.0].encode(&ty, &mut out).unwrap();
        assert_eq!(out.len(), 12);
        assert_eq!(Vec::<f32>::decode(&ty, Some(&out)), Ok(vec![1.0, 2.0, 3.0]));
        assert!([1.0_f32].encode(&ty, &mut out).is_err());
    }

    #[test]
    fn a_vector_of_another_size_than_its_type_is_refused() {
        let floats = CqlType::Vector(Box::new(CqlType::Float), 2);
        assert!(Vec::<f32>::decode(&floats, Some(&[0; 4])).is_err());
        assert!(Vec::<f32>::decode(&floats, Some(&[0; 12])).is_err());
        let texts = CqlType::Vector(Box::new(CqlType::Text), 2);
        assert!(Vec::<&str>::decode(&texts, Some(&[1, b'a', 0, 0])).is_err());
    }

    #[test]
    fn elements_that_take_no_bytes_cannot_be_many() {
        let nothing = CqlType::Vector(Box::new(CqlType::Float), 0);
        let much = CqlType::Vector(Box::new(nothing), u16::MAX);
        assert!(Vec::<Vec<f32>>::decode(&much, Some(&[])).is_err());
    }
}
