//! Cassandra's Java class names, which stand for types that v4 and v5 have no code for.

use super::CqlType;
use crate::WireError;

const PACKAGE: &str = "org.apache.cassandra.db.marshal.";

const SIMPLE: &[(&str, CqlType)] = &[
    ("AsciiType", CqlType::Ascii),
    ("LongType", CqlType::BigInt),
    ("BytesType", CqlType::Blob),
    ("BooleanType", CqlType::Boolean),
    ("CounterColumnType", CqlType::Counter),
    ("SimpleDateType", CqlType::Date),
    ("DecimalType", CqlType::Decimal),
    ("DoubleType", CqlType::Double),
    ("DurationType", CqlType::Duration),
    ("FloatType", CqlType::Float),
    ("InetAddressType", CqlType::Inet),
    ("Int32Type", CqlType::Int),
    ("ShortType", CqlType::SmallInt),
    ("UTF8Type", CqlType::Text),
    ("TimeType", CqlType::Time),
    ("TimestampType", CqlType::Timestamp),
    ("TimeUUIDType", CqlType::TimeUuid),
    ("ByteType", CqlType::TinyInt),
    ("UUIDType", CqlType::Uuid),
    ("IntegerType", CqlType::VarInt),
];

/// The type that a class name stands for; [`CqlType::Custom`] where CQL has no name for it.
pub(super) fn parse(class: &str, depth: usize) -> Result<CqlType, WireError> {
    let mut parser = Parser { left: class };
    match parser.class(depth)? {
        Some(parsed) if parser.left.trim().is_empty() => Ok(parsed),
        _ => Ok(CqlType::Custom(class.to_owned())),
    }
}

/// The class name of a type that has no code on the wire.
pub(super) fn name(ty: &CqlType) -> String {
    match ty {
        CqlType::List(element) => format!("{PACKAGE}ListType({})", name(element)),
        CqlType::Set(element) => format!("{PACKAGE}SetType({})", name(element)),
        CqlType::Map(key, value) => format!("{PACKAGE}MapType({},{})", name(key), name(value)),
        CqlType::Tuple(elements) => {
            let elements: Vec<_> = elements.iter().map(name).collect();
            format!("{PACKAGE}TupleType({})", elements.join(","))
        }
        CqlType::Vector(element, dimension) => {
            format!("{PACKAGE}VectorType({} , {dimension})", name(element))
        }
        CqlType::Udt(udt) => {
            let mut text = format!("{PACKAGE}UserType({},{}", udt.keyspace, hex(&udt.name));
            for (field, ty) in &udt.fields {
                text.push_str(&format!(",{}:{}", hex(field), name(ty)));
            }
            text.push(')');
            text
        }
        CqlType::Custom(class) => class.clone(),
        simple => {
            let class = SIMPLE.iter().find(|(_, ty)| ty == simple).map_or("BytesType", |(n, _)| n);
            format!("{PACKAGE}{class}")
        }
    }
}

struct Parser<'a> {
    left: &'a str,
}

impl<'a> Parser<'a> {
    fn class(&mut self, depth: usize) -> Result<Option<CqlType>, WireError> {
        if depth > CqlType::MAX_DEPTH {
            return Err(WireError::TooDeep { limit: CqlType::MAX_DEPTH });
        }
        let word = self.word();
        let class = word.strip_prefix(PACKAGE).unwrap_or(word);
        if let Some((_, ty)) = SIMPLE.iter().find(|(name, _)| *name == class) {
            return Ok(Some(ty.clone()));
        }
        if !self.eat('(') {
            return Ok(None);
        }
        let parsed = match class {
            "ListType" => self.class(depth + 1)?.map(|e| CqlType::List(Box::new(e))),
            "SetType" => self.class(depth + 1)?.map(|e| CqlType::Set(Box::new(e))),
            "FrozenType" => self.class(depth + 1)?,
            "MapType" => match (self.class(depth + 1)?, self.eat(',')) {
                (Some(key), true) => {
                    self.class(depth + 1)?.map(|value| CqlType::Map(Box::new(key), Box::new(value)))
                }
                _ => None,
            },
            "VectorType" => match (self.class(depth + 1)?, self.eat(',')) {
                (Some(element), true) => {
                    self.word().parse().ok().map(|n| CqlType::Vector(Box::new(element), n))
                }
                _ => None,
            },
            "TupleType" => self.tuple(depth)?,
            _ => None,
        };
        Ok(parsed.filter(|_| self.eat(')')))
    }

    fn tuple(&mut self, depth: usize) -> Result<Option<CqlType>, WireError> {
        let mut elements = Vec::new();
        loop {
            match self.class(depth + 1)? {
                Some(element) => elements.push(element),
                None => return Ok(None),
            }
            if !self.eat(',') {
                return Ok(Some(CqlType::Tuple(elements)));
            }
        }
    }

    fn word(&mut self) -> &'a str {
        let text = self.left.trim_start();
        let end = text.find(['(', ')', ',', ' ']).unwrap_or(text.len());
        let (word, left) = text.split_at(end);
        self.left = left;
        word
    }

    fn eat(&mut self, wanted: char) -> bool {
        match self.left.trim_start().strip_prefix(wanted) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_read_as_cassandra_writes_it() {
        let class = "org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType , 3)";
        let vector = CqlType::Vector(Box::new(CqlType::Float), 3);
        assert_eq!(parse(class, 0), Ok(vector.clone()));
        assert_eq!(name(&vector), class);
    }

    #[test]
    fn a_nested_class_is_read() {
        let class = name(&CqlType::Vector(
            Box::new(CqlType::Map(
                Box::new(CqlType::Text),
                Box::new(CqlType::Tuple(vec![CqlType::Int, CqlType::Duration])),
            )),
            2,
        ));
        assert!(matches!(parse(&class, 0), Ok(CqlType::Vector(_, 2))));
    }

    #[test]
    fn an_unknown_or_damaged_class_stays_a_name() {
        for class in ["com.example.Mine", "VectorType(", "ListType(Int32Type", "Int32Type)", ""] {
            assert_eq!(parse(class, 0), Ok(CqlType::Custom(class.to_owned())));
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let class = "ListType(".repeat(1000);
        assert!(matches!(parse(&class, 0), Err(WireError::TooDeep { .. })));
    }
}
