//! Functions of one collection.

use helenus_protocol::CqlType;

use super::overload::NUMBERS;
use crate::value::{
    Collection, Number, collection_elements, write_byte_comparable, write_collection,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum CollectionFunction {
    Keys,
    Values,
    Count,
    Min,
    Max,
    Sum,
    Average,
}

impl CollectionFunction {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "map_keys" => Self::Keys,
            "map_values" => Self::Values,
            "collection_count" => Self::Count,
            "collection_min" => Self::Min,
            "collection_max" => Self::Max,
            "collection_sum" => Self::Sum,
            "collection_avg" => Self::Average,
            _ => return None,
        })
    }

    /// What it gives for a collection of this type; `None` if it takes no such type.
    pub(super) fn returns(self, ty: &CqlType) -> Option<CqlType> {
        match (self, ty) {
            (Self::Keys, CqlType::Map(key, _)) => Some(CqlType::Set(key.clone())),
            (Self::Values, CqlType::Map(_, value)) => Some(CqlType::List(value.clone())),
            (Self::Count, CqlType::Map(..) | CqlType::List(_) | CqlType::Set(_)) => {
                Some(CqlType::Int)
            }
            (Self::Min | Self::Max, CqlType::List(element) | CqlType::Set(element)) => {
                Some((**element).clone())
            }
            (Self::Sum | Self::Average, CqlType::List(element) | CqlType::Set(element)) => {
                NUMBERS.contains(element).then(|| (**element).clone())
            }
            _ => None,
        }
    }

    pub(super) fn evaluate(self, ty: &CqlType, value: &[u8]) -> Option<Vec<u8>> {
        let (layout, element) = match ty {
            CqlType::Map(key, _) => (Collection::Pairs, key),
            CqlType::List(element) | CqlType::Set(element) => (Collection::Elements, element),
            _ => return None,
        };
        let items: Vec<_> = collection_elements(layout, value).flatten().collect();
        let order = |item: &&[u8]| {
            let mut out = Vec::new();
            write_byte_comparable(element, item, false, &mut out);
            out
        };
        let every_other = |from: usize| {
            let chosen: Vec<_> = items.iter().skip(from).step_by(2).copied().collect();
            write_collection(chosen.len(), chosen.iter().copied())
        };
        match self {
            Self::Keys => Some(every_other(0)),
            Self::Values => Some(every_other(1)),
            Self::Count => {
                let count = if layout == Collection::Pairs { items.len() / 2 } else { items.len() };
                Some(i32::try_from(count).ok()?.to_be_bytes().to_vec())
            }
            Self::Min => items.iter().copied().min_by_key(order).map(<[u8]>::to_vec),
            Self::Max => items.iter().copied().max_by_key(order).map(<[u8]>::to_vec),
            Self::Sum | Self::Average => {
                let numbers = items.iter().filter_map(|item| Number::decode(element, item));
                let sum = numbers.reduce(|sum, number| sum.add(&number));
                let Some(sum) = sum else {
                    return Number::Integer(0.into()).encode(element);
                };
                if self == Self::Sum {
                    return sum.encode(element);
                }
                sum.divided_by(i64::try_from(items.len()).ok()?).encode(element)
            }
        }
    }
}
