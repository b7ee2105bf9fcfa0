use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use super::decode::not_null;
use super::encode::{encode_count, encode_element, mismatch};
use super::vint::{decode_unsigned, encode_unsigned};
use super::{DecodeValue, DecodeValueError, EncodeValue, EncodeValueError, Encoded, TypeMismatch};
use crate::wire::Reader;
use crate::{CqlType, WireError};

/// Appends the elements of a list, a set or a vector.
pub(super) fn encode_sequence<'v, T: EncodeValue + 'v>(
    elements: impl ExactSizeIterator<Item = &'v T>,
    ty: &CqlType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeValueError> {
    match ty {
        CqlType::List(element) | CqlType::Set(element) => {
            encode_count(elements.len(), out)?;
            for value in elements {
                encode_element(value, element, ty, out)?;
            }
        }
        CqlType::Vector(element, dimension) => {
            if elements.len() != usize::from(*dimension) {
                return Err(EncodeValueError::OutOfRange {
                    cql: ty.clone(),
                    reason: "it has another number of elements than the vector",
                });
            }
            for value in elements {
                encode_vector_element(value, element, ty, out)?;
            }
        }
        _ => return Err(mismatch::<T>(ty)),
    }
    Ok(Encoded::Value)
}

/// Elements of a fixed size stand bare in a vector, others behind their length as an unsigned vint.
fn encode_vector_element<T: EncodeValue>(
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

/// Appends the entries of a map.
pub(super) fn encode_map<'v, K: EncodeValue + 'v, V: EncodeValue + 'v>(
    entries: impl ExactSizeIterator<Item = (&'v K, &'v V)>,
    ty: &CqlType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeValueError> {
    let CqlType::Map(key_type, value_type) = ty else {
        return Err(mismatch::<BTreeMap<K, V>>(ty));
    };
    encode_count(entries.len(), out)?;
    for (key, value) in entries {
        encode_element(key, key_type, ty, out)?;
        encode_element(value, value_type, ty, out)?;
    }
    Ok(Encoded::Value)
}

impl<T: EncodeValue> EncodeValue for [T] {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        encode_sequence(self.iter(), ty, out)
    }
}

impl<T: EncodeValue, const N: usize> EncodeValue for [T; N] {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        encode_sequence(self.iter(), ty, out)
    }
}

impl<T: EncodeValue> EncodeValue for Vec<T> {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        encode_sequence(self.iter(), ty, out)
    }
}

impl<T: EncodeValue, S> EncodeValue for HashSet<T, S> {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        encode_sequence(self.iter(), ty, out)
    }
}

impl<T: EncodeValue> EncodeValue for BTreeSet<T> {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        encode_sequence(self.iter(), ty, out)
    }
}

impl<K: EncodeValue, V: EncodeValue, S> EncodeValue for HashMap<K, V, S> {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        encode_map(self.iter(), ty, out)
    }
}

impl<K: EncodeValue, V: EncodeValue> EncodeValue for BTreeMap<K, V> {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        encode_map(self.iter(), ty, out)
    }
}

/// The elements of a list, a set or a vector, read one by one, without collecting them.
#[derive(Debug, Clone)]
pub struct ListIter<'frame, T> {
    element: &'frame CqlType,
    in_vector: bool,
    left: usize,
    reader: Reader<'frame>,
    of: PhantomData<fn() -> T>,
}

impl<'frame, T: DecodeValue<'frame>> ListIter<'frame, T> {
    fn next_element(&mut self) -> Result<T, DecodeValueError> {
        let bytes = match (self.in_vector, self.element.fixed_size()) {
            (false, _) => self.reader.bytes("an element")?,
            (true, Some(size)) => Some(self.reader.take("a vector's element", size)?),
            (true, None) => Some(take_with_vint(&mut self.reader)?),
        };
        if self.left == 0 {
            self.reader.finish("a collection")?;
        }
        T::decode(self.element, bytes)
    }
}

fn take_with_vint<'frame>(reader: &mut Reader<'frame>) -> Result<&'frame [u8], WireError> {
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

/// Whether `bytes` can be a vector of so many elements.
fn check_vector(element: &CqlType, dimension: usize, bytes: &[u8]) -> Result<(), DecodeValueError> {
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

impl<'frame, T> ListIter<'frame, T> {
    /// How many elements to make room for: those that are left, but no more memory than bytes have arrived.
    fn capacity(&self) -> usize {
        self.left.min(self.reader.remaining().len() / size_of::<T>().max(1))
    }
}

impl<'frame, T: DecodeValue<'frame>> DecodeValue<'frame> for ListIter<'frame, T> {
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        match ty {
            CqlType::List(element) | CqlType::Set(element) | CqlType::Vector(element, _) => {
                T::check(element)
            }
            _ => Err(TypeMismatch::of::<Vec<T>>(ty)),
        }
    }

    /// Null is an empty list: Cassandra does not tell the two apart.
    fn decode(ty: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        let (element, dimension) = match ty {
            CqlType::List(element) | CqlType::Set(element) => (element, None),
            CqlType::Vector(element, dimension) => (element, Some(usize::from(*dimension))),
            _ => return Err(TypeMismatch::of::<Vec<T>>(ty).into()),
        };
        let mut reader = Reader::new(bytes.unwrap_or_default());
        let left = match dimension {
            Some(dimension) => {
                check_vector(element, dimension, not_null::<Vec<T>>(bytes)?)?;
                dimension
            }
            None if reader.is_empty() => 0,
            None => reader.count("a collection's size", 4)?,
        };
        Ok(Self { element, in_vector: dimension.is_some(), left, reader, of: PhantomData })
    }
}

impl<'frame, T: DecodeValue<'frame>> Iterator for ListIter<'frame, T> {
    type Item = Result<T, DecodeValueError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let element = self.next_element();
        if element.is_err() {
            self.left = 0;
        }
        Some(element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

/// The entries of a map, read one by one, without collecting them.
#[derive(Debug, Clone)]
pub struct MapIter<'frame, K, V> {
    key: &'frame CqlType,
    value: &'frame CqlType,
    left: usize,
    reader: Reader<'frame>,
    of: PhantomData<fn() -> (K, V)>,
}

impl<'frame, K: DecodeValue<'frame>, V: DecodeValue<'frame>> MapIter<'frame, K, V> {
    fn next_entry(&mut self) -> Result<(K, V), DecodeValueError> {
        let (key, value) = (self.reader.bytes("a map's key")?, self.reader.bytes("a map's value")?);
        if self.left == 0 {
            self.reader.finish("a map")?;
        }
        Ok((K::decode(self.key, key)?, V::decode(self.value, value)?))
    }
}

impl<'frame, K: DecodeValue<'frame>, V: DecodeValue<'frame>> DecodeValue<'frame>
    for MapIter<'frame, K, V>
{
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        let CqlType::Map(key, value) = ty else {
            return Err(TypeMismatch::of::<BTreeMap<K, V>>(ty));
        };
        K::check(key)?;
        V::check(value)
    }

    /// Null is an empty map: Cassandra does not tell the two apart.
    fn decode(ty: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        let CqlType::Map(key, value) = ty else {
            return Err(TypeMismatch::of::<BTreeMap<K, V>>(ty).into());
        };
        let mut reader = Reader::new(bytes.unwrap_or_default());
        let left = if reader.is_empty() { 0 } else { reader.count("a map's size", 8)? };
        Ok(Self { key, value, left, reader, of: PhantomData })
    }
}

impl<'frame, K: DecodeValue<'frame>, V: DecodeValue<'frame>> Iterator for MapIter<'frame, K, V> {
    type Item = Result<(K, V), DecodeValueError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let entry = self.next_entry();
        if entry.is_err() {
            self.left = 0;
        }
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

/// Implements decoding into a collection that collects what an iterator reads.
macro_rules! collected {
    ($rust:ty, [$($generics:tt)*], $iter:ty) => {
        impl<'frame, $($generics)*> DecodeValue<'frame> for $rust {
            fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
                <$iter>::check(ty)
            }

            fn decode(
                ty: &'frame CqlType,
                bytes: Option<&'frame [u8]>,
            ) -> Result<Self, DecodeValueError> {
                <$iter>::decode(ty, bytes)?.collect()
            }
        }
    };
}

impl<'frame, T: DecodeValue<'frame>> DecodeValue<'frame> for Vec<T> {
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        ListIter::<T>::check(ty)
    }

    fn decode(ty: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        let elements = ListIter::decode(ty, bytes)?;
        let mut list = Self::with_capacity(elements.capacity());
        for element in elements {
            list.push(element?);
        }
        Ok(list)
    }
}

collected!(BTreeSet<T>, [T: DecodeValue<'frame> + Ord], ListIter<'frame, T>);
collected!(
    HashSet<T, S>,
    [T: DecodeValue<'frame> + Eq + Hash, S: BuildHasher + Default],
    ListIter<'frame, T>
);
collected!(
    BTreeMap<K, V>,
    [K: DecodeValue<'frame> + Ord, V: DecodeValue<'frame>],
    MapIter<'frame, K, V>
);
collected!(
    HashMap<K, V, S>,
    [K: DecodeValue<'frame> + Eq + Hash, V: DecodeValue<'frame>, S: BuildHasher + Default],
    MapIter<'frame, K, V>
);

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_null_element_is_refused_before_it_reaches_the_server() {
        let ty = CqlType::List(Box::new(CqlType::Int));
        let error = vec![Some(1), None].encode(&ty, &mut Vec::new());
        assert!(matches!(error, Err(EncodeValueError::NullElement { .. })));
    }

    #[test]
    fn a_count_that_the_bytes_cannot_hold_is_refused() {
        let ty = CqlType::List(Box::new(CqlType::Int));
        assert!(Vec::<i32>::decode(&ty, Some(&[0x7F, 0xFF, 0xFF, 0xFF])).is_err());
        assert!(Vec::<i32>::decode(&ty, Some(&[0xFF, 0xFF, 0xFF, 0xFF])).is_err());
    }

    #[test]
    fn null_is_an_empty_collection() {
        let ty = CqlType::Map(Box::new(CqlType::Int), Box::new(CqlType::Text));
        assert_eq!(HashMap::<i32, String>::decode(&ty, None), Ok(HashMap::new()));
    }
}
