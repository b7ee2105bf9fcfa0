//! The `[option]` notation: a type's code and what belongs to it.

use super::{CqlType, UdtType, marshal};
use crate::wire::{Reader, Writer};
use crate::{EncodeError, ProtocolVersion, WireError};

const CUSTOM: u16 = 0x00;
const LIST: u16 = 0x20;
const MAP: u16 = 0x21;
const SET: u16 = 0x22;
const UDT: u16 = 0x30;
const TUPLE: u16 = 0x31;

impl CqlType {
    /// Reads an `[option]`.
    ///
    /// # Errors
    /// Bytes that are no type, or one nested deeper than [`MAX_DEPTH`](Self::MAX_DEPTH).
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Self::decode_nested(reader, 0)
    }

    fn decode_nested(reader: &mut Reader<'_>, depth: usize) -> Result<Self, WireError> {
        if depth > Self::MAX_DEPTH {
            return Err(WireError::TooDeep { limit: Self::MAX_DEPTH });
        }
        let nested = |reader: &mut Reader<'_>| Self::decode_nested(reader, depth + 1);
        Ok(match reader.short("a type's code")? {
            CUSTOM => marshal::parse(reader.string("a custom type's class")?, depth)?,
            0x01 => Self::Ascii,
            0x02 => Self::BigInt,
            0x03 => Self::Blob,
            0x04 => Self::Boolean,
            0x05 => Self::Counter,
            0x06 => Self::Decimal,
            0x07 => Self::Double,
            0x08 => Self::Float,
            0x09 => Self::Int,
            0x0B => Self::Timestamp,
            0x0C => Self::Uuid,
            0x0D => Self::Text,
            0x0E => Self::VarInt,
            0x0F => Self::TimeUuid,
            0x10 => Self::Inet,
            0x11 => Self::Date,
            0x12 => Self::Time,
            0x13 => Self::SmallInt,
            0x14 => Self::TinyInt,
            0x15 => Self::Duration,
            LIST => Self::List(Box::new(nested(reader)?)),
            SET => Self::Set(Box::new(nested(reader)?)),
            MAP => Self::Map(Box::new(nested(reader)?), Box::new(nested(reader)?)),
            TUPLE => {
                let count = reader.short_count("a tuple's size", 2)?;
                Self::Tuple((0..count).map(|_| nested(reader)).collect::<Result<_, _>>()?)
            }
            UDT => {
                let keyspace = reader.string("a user type's keyspace")?.to_owned();
                let name = reader.string("a user type's name")?.to_owned();
                let count = reader.short_count("a user type's size", 4)?;
                let field = |_| Ok((reader.string("a field's name")?.into(), nested(reader)?));
                let fields = (0..count).map(field).collect::<Result<_, WireError>>()?;
                Self::Udt(Box::new(UdtType { keyspace, name, fields }))
            }
            code => {
                return Err(WireError::Unknown {
                    what: "a type's code",
                    value: format!("{code:#06x}"),
                });
            }
        })
    }

    /// Appends the type as an `[option]`; v4 knows `duration`, and both know `vector`, by class name only.
    ///
    /// # Errors
    /// A name or a size that its length prefix cannot say.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Vector(..) | Self::Custom(_) => encode_custom(self, out)?,
            Self::Duration if version == ProtocolVersion::V4 => encode_custom(self, out)?,
            Self::List(element) => {
                out.put_short(LIST);
                element.encode(version, out)?;
            }
            Self::Set(element) => {
                out.put_short(SET);
                element.encode(version, out)?;
            }
            Self::Map(key, value) => {
                out.put_short(MAP);
                key.encode(version, out)?;
                value.encode(version, out)?;
            }
            Self::Tuple(elements) => {
                out.put_short(TUPLE);
                out.put_short_length("a tuple's size", elements.len())?;
                elements.iter().try_for_each(|element| element.encode(version, out))?;
            }
            Self::Udt(udt) => {
                out.put_short(UDT);
                out.put_string("a user type's keyspace", &udt.keyspace)?;
                out.put_string("a user type's name", &udt.name)?;
                out.put_short_length("a user type's size", udt.fields.len())?;
                for (name, ty) in &udt.fields {
                    out.put_string("a field's name", name)?;
                    ty.encode(version, out)?;
                }
            }
            Self::Ascii => out.put_short(0x01),
            Self::BigInt => out.put_short(0x02),
            Self::Blob => out.put_short(0x03),
            Self::Boolean => out.put_short(0x04),
            Self::Counter => out.put_short(0x05),
            Self::Decimal => out.put_short(0x06),
            Self::Double => out.put_short(0x07),
            Self::Float => out.put_short(0x08),
            Self::Int => out.put_short(0x09),
            Self::Timestamp => out.put_short(0x0B),
            Self::Uuid => out.put_short(0x0C),
            Self::Text => out.put_short(0x0D),
            Self::VarInt => out.put_short(0x0E),
            Self::TimeUuid => out.put_short(0x0F),
            Self::Inet => out.put_short(0x10),
            Self::Date => out.put_short(0x11),
            Self::Time => out.put_short(0x12),
            Self::SmallInt => out.put_short(0x13),
            Self::TinyInt => out.put_short(0x14),
            Self::Duration => out.put_short(0x15),
        }
        Ok(())
    }
}

fn encode_custom(ty: &CqlType, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    out.put_short(CUSTOM);
    out.put_string("a custom type's class", &marshal::name(ty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_back_as_they_were_written() {
        let udt = CqlType::Udt(Box::new(UdtType {
            keyspace: "ks".into(),
            name: "address".into(),
            fields: vec![("street".into(), CqlType::Text), ("no".into(), CqlType::Int)],
        }));
        let types = [
            CqlType::Duration,
            CqlType::Counter,
            CqlType::List(Box::new(CqlType::Set(Box::new(CqlType::Inet)))),
            CqlType::Map(Box::new(CqlType::Text), Box::new(udt)),
            CqlType::Tuple(vec![CqlType::Boolean, CqlType::Vector(Box::new(CqlType::Text), 2)]),
            CqlType::Custom("com.example.Mine".into()),
        ];
        for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
            for ty in &types {
                let mut bytes = Vec::new();
                ty.encode(version, &mut bytes).unwrap();
                let mut reader = Reader::new(&bytes);
                assert_eq!(CqlType::decode(&mut reader).as_ref(), Ok(ty));
                assert!(reader.is_empty());
            }
        }
    }

    #[test]
    fn endless_nesting_is_refused() {
        let bytes = [0x00, 0x20].repeat(100_000);
        assert!(matches!(
            CqlType::decode(&mut Reader::new(&bytes)),
            Err(WireError::TooDeep { .. })
        ));
    }
}
