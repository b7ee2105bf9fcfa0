//! The values that came with a statement.

use std::fmt;
use std::sync::Arc;

use helenus_protocol::{Cell, ColumnSpec, CqlType, DecodeValue, Value};

/// The value of a bind marker.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BoundValue {
    /// The marker's name: the column's, unless the statement gives another.
    pub name: String,
    /// The type that the node has for it.
    pub ty: CqlType,
    /// The value, which may be [`Value::Null`]; `None` where the client left it unset.
    pub value: Option<Value>,
}

impl fmt::Display for BoundValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = ", self.name)?;
        match &self.value {
            None => f.write_str("unset"),
            Some(value) => write!(f, "{value:?}"),
        }
    }
}

/// Values as they came, to be decoded by whoever looks.
#[derive(Debug, Clone)]
pub(crate) struct RawValues {
    markers: Arc<[ColumnSpec]>,
    /// One behind the other, each behind its length as in a request.
    bytes: Box<[u8]>,
}

const NULL: i32 = -1;
const UNSET: i32 = -2;

impl RawValues {
    /// `cells` are in the order of the markers.
    pub(crate) fn new(markers: &Arc<[ColumnSpec]>, cells: &[Cell<'_>]) -> Self {
        let length = cells.iter().map(|cell| 4 + content(cell).len()).sum();
        let mut bytes = Vec::with_capacity(length);
        for cell in cells {
            let length = match cell {
                // A frame, and so a value, has at most 256 MiB.
                Cell::Value(value) => i32::try_from(value.len()).unwrap_or(NULL),
                Cell::Null => NULL,
                Cell::Unset => UNSET,
            };
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(content(cell));
        }
        Self { markers: markers.clone(), bytes: bytes.into() }
    }

    pub(crate) fn decode(&self) -> Vec<BoundValue> {
        let mut rest = &*self.bytes;
        let mut values = Vec::with_capacity(self.markers.len());
        for marker in &*self.markers {
            let Some((length, behind)) = rest.split_first_chunk() else { break };
            rest = behind;
            let value = match usize::try_from(i32::from_be_bytes(*length)) {
                Ok(length) => {
                    let Some((content, behind)) = rest.split_at_checked(length) else { break };
                    rest = behind;
                    let decoded = Value::decode(&marker.ty, Some(content));
                    Some(decoded.unwrap_or_else(|_| Value::Blob(content.to_vec())))
                }
                Err(_) if i32::from_be_bytes(*length) == NULL => Some(Value::Null),
                Err(_) => None,
            };
            values.push(BoundValue { name: marker.name.clone(), ty: marker.ty.clone(), value });
        }
        values
    }
}

fn content<'a>(cell: &Cell<'a>) -> &'a [u8] {
    match cell {
        Cell::Value(value) => value,
        Cell::Null | Cell::Unset => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_with_their_types() {
        let marker = |name: &str, ty| ColumnSpec::new("ks", "t", name, ty);
        let markers: Arc<[_]> = [
            marker("i", CqlType::Int),
            marker("t", CqlType::Text),
            marker("n", CqlType::Int),
            marker("u", CqlType::Int),
            marker("wrong", CqlType::Int),
        ]
        .into();
        let cells = [
            Cell::Value(&[0, 0, 0, 7]),
            Cell::Value(b"x"),
            Cell::Null,
            Cell::Unset,
            Cell::Value(b"xyz"),
        ];
        let values: Vec<_> = RawValues::new(&markers, &cells)
            .decode()
            .into_iter()
            .map(|value| value.value)
            .collect();
        let expected = [
            Some(Value::Int(7)),
            Some(Value::Text("x".into())),
            Some(Value::Null),
            None,
            Some(Value::Blob(b"xyz".to_vec())),
        ];
        assert_eq!(values, expected);
    }
}
