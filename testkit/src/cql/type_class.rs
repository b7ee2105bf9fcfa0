//! Types by the names of Cassandra's classes: `'DynamicCompositeType(s => UTF8Type)'`.

use super::DataType;

const PACKAGE: &str = "org.apache.cassandra.db.marshal.";
/// Types within each other.
const MAX_DEPTH: usize = 64;
/// Classes that CQL has no name for.
const NAMELESS: [&str; 4] =
    ["CompositeType", "DynamicCompositeType", "EmptyType", "LexicalUUIDType"];

impl DataType {
    /// The type of a class, or what is wrong with the name, in Cassandra's words.
    pub(crate) fn of_class(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text, depth: 0 };
        let found = reader.data_type()?;
        reader.skip_blanks();
        if reader.rest.is_empty() { Ok(found) } else { Err(reader.unexpected()) }
    }

    /// Whether a class turns the order of what stands in its parentheses round.
    pub(crate) fn is_reversed_class(text: &str) -> bool {
        let name = Reader { rest: text, depth: 0 }.name();
        name.strip_prefix(PACKAGE).unwrap_or(name) == "ReversedType"
    }

    /// How the type is written inside a class name.
    fn class(&self) -> String {
        let of = |class: &str, parts: &[&Self]| {
            let parts: Vec<_> = parts.iter().map(|part| part.class()).collect();
            format!("{PACKAGE}{class}({})", parts.join(","))
        };
        match self {
            Self::List(element) => of("ListType", &[element]),
            Self::Set(element) => of("SetType", &[element]),
            Self::Map(key, value) => of("MapType", &[key, value]),
            Self::Tuple(elements) => of("TupleType", &elements.iter().collect::<Vec<_>>()),
            Self::Frozen(inner) => of("FrozenType", &[inner]),
            Self::Vector(element, dimensions) => {
                format!("{PACKAGE}VectorType({} , {dimensions})", element.class())
            }
            Self::Custom(class) => class.clone(),
            Self::Native(_) | Self::Named(_) => {
                let name = self.to_string();
                let known = NATIVES.iter().find(|(_, native)| *native == name);
                known.map_or(name, |(class, _)| format!("{PACKAGE}{class}"))
            }
        }
    }
}

/// Classes with the types that they are; of several for a type the first is its own.
const NATIVES: [(&str, &str); 22] = [
    ("AsciiType", "ascii"),
    ("BooleanType", "boolean"),
    ("BytesType", "blob"),
    ("ByteType", "tinyint"),
    ("CounterColumnType", "counter"),
    ("DecimalType", "decimal"),
    ("DoubleType", "double"),
    ("DurationType", "duration"),
    ("FloatType", "float"),
    ("InetAddressType", "inet"),
    ("Int32Type", "int"),
    ("IntegerType", "varint"),
    ("LongType", "bigint"),
    ("ShortType", "smallint"),
    ("SimpleDateType", "date"),
    ("TimeType", "time"),
    ("TimestampType", "timestamp"),
    ("DateType", "timestamp"),
    ("TimeUUIDType", "timeuuid"),
    ("UTF8Type", "text"),
    ("UUIDType", "uuid"),
    ("", "blob"),
];

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn data_type(&mut self) -> Result<DataType, String> {
        if self.depth == MAX_DEPTH {
            return Err("too many nested types".to_owned());
        }
        self.depth += 1;
        let found = self.class();
        self.depth -= 1;
        found
    }

    fn class(&mut self) -> Result<DataType, String> {
        let name = self.name();
        let name = name.strip_prefix(PACKAGE).unwrap_or(name);
        if let Some((_, native)) = NATIVES.iter().find(|(class, _)| *class == name) {
            // What stands in parentheses behind it means nothing.
            self.skip_arguments();
            return Ok(DataType::named((*native).to_owned()));
        }
        Ok(match name {
            "ListType" => DataType::List(self.only(name)?),
            "SetType" => DataType::Set(self.only(name)?),
            "FrozenType" => self.only(name)?.freeze(),
            // Only of a whole column it says the order.
            "ReversedType" => *self.only(name)?,
            "MapType" => match <[DataType; 2]>::try_from(self.types(name)?) {
                Ok([key, value]) => DataType::Map(Box::new(key), Box::new(value)),
                Err(_) => return Err(invalid(name)),
            },
            "TupleType" => DataType::Tuple(self.types(name)?),
            "VectorType" => {
                self.expect("(", name)?;
                let element = self.data_type()?;
                self.expect(",", name)?;
                let dimensions = self.name().parse().map_err(|_| invalid(name))?;
                self.expect(")", name)?;
                DataType::Vector(Box::new(element), dimensions)
            }
            nameless if NAMELESS.contains(&nameless) => {
                let arguments = self.aliased(nameless)?;
                DataType::Custom(format!("{PACKAGE}{nameless}{arguments}"))
            }
            other => {
                let package = if other.contains('.') { "" } else { PACKAGE };
                return Err(format!("Unable to find abstract-type class '{package}{other}'"));
            }
        })
    }

    /// The one type in parentheses.
    fn only(&mut self, class: &str) -> Result<Box<DataType>, String> {
        match <[DataType; 1]>::try_from(self.types(class)?) {
            Ok([only]) => Ok(Box::new(only)),
            Err(_) => Err(invalid(class)),
        }
    }

    /// The types in parentheses: one at least.
    fn types(&mut self, class: &str) -> Result<Vec<DataType>, String> {
        self.expect("(", class)?;
        let mut types = vec![self.data_type()?];
        while self.accept(",") {
            types.push(self.data_type()?);
        }
        self.expect(")", class)?;
        Ok(types)
    }

    /// Types in parentheses, each perhaps with a letter that stands for it, as a node shows them.
    fn aliased(&mut self, class: &str) -> Result<String, String> {
        if !self.accept("(") {
            // A composite type has parts, if only none.
            return Ok(if class == "CompositeType" { "()" } else { "" }.to_owned());
        }
        let mut shown = Vec::new();
        while !self.accept(")") {
            if !shown.is_empty() {
                self.expect(",", class)?;
            }
            let before = self.rest;
            let alias = self.name();
            if self.accept("=>") {
                let aliased = self.data_type().map_err(|_| invalid(class))?;
                shown.push(format!("{alias}=>{}", aliased.class()));
            } else {
                self.rest = before;
                shown.push(self.data_type().map_err(|_| invalid(class))?.class());
            }
            if self.rest.is_empty() {
                return Err(invalid(class));
            }
        }
        Ok(format!("({})", shown.join(",")))
    }

    fn skip_arguments(&mut self) {
        if self.accept("(") {
            self.rest = self.rest.split_once(')').map_or("", |(_, after)| after);
        }
    }

    fn name(&mut self) -> &'a str {
        self.skip_blanks();
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-+._&".contains(letter);
        let end = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    fn accept(&mut self, symbol: &str) -> bool {
        self.skip_blanks();
        let after = self.rest.strip_prefix(symbol);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn expect(&mut self, symbol: &str, class: &str) -> Result<(), String> {
        if self.accept(symbol) { Ok(()) } else { Err(invalid(class)) }
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn unexpected(&self) -> String {
        format!("unexpected characters '{}'", self.rest)
    }
}

fn invalid(class: &str) -> String {
    format!("Invalid definition for comparator {PACKAGE}{class}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_shown_as_a_node_shows_them() {
        // As a node of Cassandra 5.0.6 has them.
        for (class, shown) in [
            ("Int32Type", "int"),
            ("org.apache.cassandra.db.marshal.UTF8Type", "text"),
            ("Int32Type(x)", "int"),
            ("", "blob"),
            ("DateType", "timestamp"),
            ("ListType(UTF8Type)", "list<text>"),
            ("FrozenType(MapType(Int32Type,UTF8Type))", "frozen<map<int, text>>"),
            ("TupleType(Int32Type,BytesType)", "frozen<tuple<int, blob>>"),
            ("VectorType(FloatType , 3)", "vector<float, 3>"),
            ("ReversedType(LongType)", "bigint"),
            ("CompositeType", "'org.apache.cassandra.db.marshal.CompositeType()'"),
            ("LexicalUUIDType", "'org.apache.cassandra.db.marshal.LexicalUUIDType'"),
            (
                "DynamicCompositeType(s => UTF8Type, i => Int32Type)",
                "'org.apache.cassandra.db.marshal.DynamicCompositeType(s=>org.apache.cassandra.db.marshal.UTF8Type,\
                 i=>org.apache.cassandra.db.marshal.Int32Type)'",
            ),
            (
                "ReversedType(CompositeType(UTF8Type, Int32Type))",
                "'org.apache.cassandra.db.marshal.CompositeType(org.apache.cassandra.db.marshal.UTF8Type,\
                 org.apache.cassandra.db.marshal.Int32Type)'",
            ),
        ] {
            assert_eq!(DataType::of_class(class).unwrap().to_string(), shown, "{class}");
        }
    }

    #[test]
    fn what_is_no_class_is_told_in_cassandras_words() {
        let composite =
            "Invalid definition for comparator org.apache.cassandra.db.marshal.CompositeType.";
        for (class, problem) in [
            ("Foo", "Unable to find abstract-type class 'org.apache.cassandra.db.marshal.Foo'"),
            ("foo.bar.Baz", "Unable to find abstract-type class 'foo.bar.Baz'"),
            ("CompositeType(", composite),
            ("CompositeType(Foo)", composite),
        ] {
            assert_eq!(DataType::of_class(class).unwrap_err(), problem);
        }
        for open in ["FrozenType(", "CompositeType(", "DynamicCompositeType(s=>", "VectorType("] {
            assert!(DataType::of_class(&open.repeat(100_000)).is_err(), "{open}");
        }
    }
}
