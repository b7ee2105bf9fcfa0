use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use super::decode::not_null;
use super::encode::{encode_count, encode_element, mismatch};
use super::vector::{check_vector, encode_vector_element, take_with_vint};
use super::{DecodeValue, DecodeValueError, EncodeValue, EncodeValueError, Encoded, TypeMismatch};
use crate::CqlType;
use crate::wire::Reader;

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

/// How elements stand behind each other.
#[derive(Debug, Clone, Copy)]
enum ElementLayout {
    /// Each behind its length as an `[int]`: in lists and sets.
    Bytes,
    /// So many bytes each: in vectors of a type of fixed size.
    Bare(usize),
    /// Each behind its length as an unsigned vint: in all other vectors.
    Vint,
}

/// The elements of a list, a set or a vector, read one by one, without collecting them.
#[derive(Debug, Clone)]
pub struct ListIter<'frame, T> {
    element: &'frame CqlType,
    layout: ElementLayout,
    left: usize,
    reader: Reader<'frame>,
    of: PhantomData<fn() -> T>,
}

impl<'frame, T: DecodeValue<'frame>> ListIter<'frame, T> {
    fn next_element(&mut self) -> Result<T, DecodeValueError> {
        let bytes = match self.layout {
            ElementLayout::Bytes => self.reader.bytes("an element")?,
            ElementLayout::Bare(size) => Some(self.reader.take("a vector's element", size)?),
            ElementLayout::Vint => Some(take_with_vint(&mut self.reader)?),
        };
        if self.left == 0 {
            self.reader.finish("a collection")?;
        }
        T::decode(self.element, bytes)
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
        let layout = match dimension {
            Some(_) => element.fixed_size().map_or(ElementLayout::Vint, ElementLayout::Bare),
            None => ElementLayout::Bytes,
        };
        let left = match dimension {
            Some(dimension) => {
                check_vector(element, dimension, not_null::<Vec<T>>(bytes)?)?;
                dimension
            }
            None if reader.is_empty() => 0,
            None => reader.count("a collection's size", 4)?,
        };
        Ok(Self { element, layout, left, reader, of: PhantomData })
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
