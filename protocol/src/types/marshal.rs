//! Cassandra's Java class names, which stand for types that v4 and v5 have no code for.

use super::{CqlType, UdtType};
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

/// What a class name stands for; `None` where it does not follow the notation.
type Parsed = Result<Option<CqlType>, WireError>;

struct Parser<'a> {
    left: &'a str,
}

impl<'a> Parser<'a> {
    fn class(&mut self, depth: usize) -> Parsed {
        if depth > CqlType::MAX_DEPTH {
            return Err(WireError::TooDeep { limit: CqlType::MAX_DEPTH });
        }
        let start = self.left.trim_start();
        let word = self.word();
        let class = word.strip_prefix(PACKAGE).unwrap_or(word);
        if let Some((_, ty)) = SIMPLE.iter().find(|(name, _)| *name == class) {
            return Ok(Some(ty.clone()));
        }
        if !self.eat('(') {
            return Ok((!word.is_empty()).then(|| CqlType::Custom(word.to_owned())));
        }
        let parsed = match class {
            "ListType" => self.class(depth + 1)?.map(|element| CqlType::List(Box::new(element))),
            "SetType" => self.class(depth + 1)?.map(|element| CqlType::Set(Box::new(element))),
            "FrozenType" | "ReversedType" => self.class(depth + 1)?,
            "MapType" => self.map(depth)?,
            "VectorType" => self.vector(depth)?,
            "TupleType" => self.tuple(depth)?,
            "UserType" => self.user_type(depth)?,
            _ => return Ok(self.custom(start)),
        };
        Ok(parsed.filter(|_| self.eat(')')))
    }

    fn map(&mut self, depth: usize) -> Parsed {
        let Some(key) = self.class(depth + 1)? else { return Ok(None) };
        if !self.eat(',') {
            return Ok(None);
        }
        let value = self.class(depth + 1)?;
        Ok(value.map(|value| CqlType::Map(Box::new(key), Box::new(value))))
    }

    fn vector(&mut self, depth: usize) -> Parsed {
        let Some(element) = self.class(depth + 1)? else { return Ok(None) };
        if !self.eat(',') {
            return Ok(None);
        }
        let dimension = self.word().parse().ok().filter(|dimension| *dimension > 0);
        Ok(dimension.map(|dimension| CqlType::Vector(Box::new(element), dimension)))
    }

    fn tuple(&mut self, depth: usize) -> Parsed {
        let mut elements = Vec::new();
        while !self.left.starts_with(')') {
            match self.class(depth + 1)? {
                Some(element) => elements.push(element),
                None => return Ok(None),
            }
            if !self.eat(',') {
                break;
            }
        }
        Ok(Some(CqlType::Tuple(elements)))
    }

    fn user_type(&mut self, depth: usize) -> Parsed {
        let keyspace = self.word().to_owned();
        if !self.eat(',') {
            return Ok(None);
        }
        let Some(name) = unhex(self.word()) else { return Ok(None) };
        let mut fields = Vec::new();
        while self.eat(',') {
            let Some((field, left)) = self.left.split_once(':') else { return Ok(None) };
            self.left = left;
            match (unhex(field.trim()), self.class(depth + 1)?) {
                (Some(field), Some(ty)) => fields.push((field.into(), ty)),
                _ => return Ok(None),
            }
        }
        Ok(Some(CqlType::Udt(Box::new(UdtType { keyspace, name, fields }))))
    }

    /// A class that CQL has no name for, behind its opening parenthesis: everything from `start` to the closing one.
    fn custom(&mut self, start: &'a str) -> Option<CqlType> {
        let mut open = 1_usize;
        let end = self.left.find(|c| {
            match c {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            open == 0
        })?;
        self.left = &self.left[end + 1..];
        Some(CqlType::Custom(start[..start.len() - self.left.len()].to_owned()))
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

fn unhex(digits: &str) -> Option<String> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |&[high, low]: &[u8; 2]| u8::try_from(digit(high)? << 4 | digit(low)?).ok();
    String::from_utf8(pairs.iter().map(byte).collect::<Option<_>>()?).ok()
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
    fn a_user_type_in_a_vector_is_read() {
        let udt = UdtType {
            keyspace: "ks".into(),
            name: "Straße".into(),
            fields: vec![
                ("no".into(), CqlType::Int),
                ("tags".into(), CqlType::List(Box::new(CqlType::Text))),
            ],
        };
        let vector = CqlType::Vector(Box::new(CqlType::Udt(Box::new(udt))), 2);
        assert_eq!(parse(&name(&vector), 0), Ok(vector));
    }

    #[test]
    fn an_unknown_class_is_kept_where_it_stands() {
        let class = "TupleType(com.example.Mine(a(b),c) , Int32Type)";
        let mine = CqlType::Custom("com.example.Mine(a(b),c)".into());
        assert_eq!(parse(class, 0), Ok(CqlType::Tuple(vec![mine, CqlType::Int])));
    }

    #[test]
    fn a_vector_of_nothing_is_no_vector() {
        let class = "VectorType(FloatType , 0)";
        assert_eq!(parse(class, 0), Ok(CqlType::Custom(class.to_owned())));
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
