//! Random values of any CQL type.
//!
//! Left out, for want of a place for them in Cassandra:
//! - null in collections and vectors, and counters that are null or empty;
//! - empty values as the elements of a list that is not frozen: 5.0 fails with a NullPointerException;
//! - IPv6 addresses that stand for IPv4 ones, except as a column's own value: in collections that are not frozen,
//!   Cassandra writes them anew as IPv4;
//! - two decimals in a set that differ only in trailing zeros: to Cassandra they are one;
//! - tuples and user-defined types without a single field: that is their empty value.
//!
//! Left out, as the Python driver (3.30) cannot tell or write them:
//! - decimals with the scale −2³¹: it negates the scale in 32 bits;
//! - empty values in vectors: it hands them to deserializers that want bytes;
//! - empty values, −0.0 and NaN in sets and in the keys of maps: its `SortedSet` compares with `==` and `<`;
//! - the bits of a NaN, which pass through Python's float.

use std::sync::Arc;

use fastrand::Rng;
use helenus_protocol::{CqlType, UdtType, Value};

use crate::form::describe;
use crate::scalar::{self, has_empty};

/// Values of each column beside null, the empty value and a scalar's extremes.
const RANDOM_VALUES: usize = 40;

/// Where a value stands, which decides what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Column,
    /// In a tuple or a user-defined type.
    Field,
    /// In a list, or the value in a map.
    Element,
    /// In a column's own list, or in a vector.
    Bare,
    /// In a set, or the key in a map, however deep.
    Key,
}

#[derive(Debug)]
pub(crate) struct Generator {
    rng: Rng,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed) }
    }

    /// Values for a column: all that are special, then random ones.
    pub(crate) fn column(&mut self, ty: &CqlType) -> Vec<Value> {
        let mut values = scalar::extremes(ty);
        values.extend(scalar::alone(ty));
        if !matches!(ty, CqlType::Counter) {
            values.push(Value::Null);
        }
        if has_empty(ty) {
            values.push(Value::Empty);
        }
        values.extend((0..RANDOM_VALUES).map(|_| self.value(ty, Place::Column)));
        values
    }

    fn value(&mut self, ty: &CqlType, place: Place) -> Value {
        if place == Place::Field && self.one_in(6) {
            return Value::Null;
        }
        let may_be_empty = matches!(place, Place::Field | Place::Element) && has_empty(ty);
        if may_be_empty && self.one_in(10) {
            return Value::Empty;
        }
        let inner = |wanted: Place| if place == Place::Key { Place::Key } else { wanted };
        match ty {
            CqlType::List(element) => {
                let length = self.rng.usize(..5);
                let wanted = if place == Place::Column { Place::Bare } else { Place::Element };
                Value::List(self.values(element, length, inner(wanted)))
            }
            CqlType::Vector(element, dimension) => {
                let place = inner(Place::Bare);
                Value::List(self.values(element, usize::from(*dimension), place))
            }
            CqlType::Set(element) => Value::List(self.keys(element)),
            CqlType::Map(key, value) => {
                let keys = self.keys(key).into_iter();
                let place = inner(Place::Element);
                Value::Map(keys.map(|key| (key, self.value(value, place))).collect())
            }
            CqlType::Tuple(types) => {
                let types = &types[..self.fields(types.len())];
                let place = inner(Place::Field);
                Value::Tuple(types.iter().map(|ty| self.value(ty, place)).collect())
            }
            CqlType::Udt(udt) => self.user_type(udt, inner(Place::Field)),
            scalar => self.scalar(scalar, place),
        }
    }

    fn values(&mut self, ty: &CqlType, count: usize, place: Place) -> Vec<Value> {
        (0..count).map(|_| self.value(ty, place)).collect()
    }

    fn user_type(&mut self, udt: &UdtType, place: Place) -> Value {
        let fields = &udt.fields[..self.fields(udt.fields.len())];
        let mut field =
            |(name, ty): &(Arc<str>, CqlType)| (Arc::clone(name), self.value(ty, place));
        Value::Udt(fields.iter().map(&mut field).collect())
    }

    /// How many of a type's fields a value has: it may end early.
    fn fields(&mut self, all: usize) -> usize {
        if self.one_in(4) { self.rng.usize(1..=all) } else { all }
    }

    /// Values that the node takes for different ones.
    fn keys(&mut self, ty: &CqlType) -> Vec<Value> {
        let count = self.rng.usize(..5);
        let mut keys = self.values(ty, count, Place::Key);
        let mut seen = Vec::new();
        keys.retain(|key| {
            let form = describe(key, ty).ok();
            let is_new = !seen.contains(&form);
            seen.push(form);
            is_new
        });
        keys
    }

    fn scalar(&mut self, ty: &CqlType, place: Place) -> Value {
        let extremes = scalar::extremes(ty);
        let is_extreme = self.one_in(4);
        let value = match self.rng.choice(extremes) {
            Some(extreme) if is_extreme => extreme,
            _ => scalar::random(ty, &mut self.rng),
        };
        if place == Place::Key { scalar::as_key(value) } else { value }
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.rng.u32(..count) == 0
    }
}
