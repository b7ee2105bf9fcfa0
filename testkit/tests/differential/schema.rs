//! The types that values are exchanged of, and the tables that hold them.

use crate::column::Column;

pub(crate) const SCALARS: [&str; 19] = [
    "ascii",
    "bigint",
    "blob",
    "boolean",
    "date",
    "decimal",
    "double",
    "duration",
    "float",
    "inet",
    "int",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timeuuid",
    "tinyint",
    "uuid",
    "varint",
];

/// Beside these, `everything` has a field of each scalar.
///
/// Only `point` stands in a vector. There Cassandra gives a user-defined type by its class's name, with the type's and
/// the fields' names in hexadecimal digits; the Python driver takes `address` for a number, as its digits are all
/// decimal, and fails on names that are not ASCII.
const USER_TYPES: [(&str, &str); 3] = [
    ("address", "street text, \"Nr ß\" int, tags frozen<set<text>>"),
    (
        "person",
        "name text, home frozen<differential.address>, lived frozen<list<frozen<differential.address>>>,
        seen frozen<map<timestamp, inet>>, place frozen<tuple<double, double>>, face vector<float, 4>",
    ),
    ("point", "label text, x double, y double"),
];

const NESTED: [&str; 44] = [
    "frozen<list<text>>",
    "frozen<set<int>>",
    "frozen<map<text, bigint>>",
    "list<frozen<list<int>>>",
    "list<frozen<set<text>>>",
    "list<frozen<map<int, text>>>",
    "list<frozen<tuple<int, text>>>",
    "list<vector<date, 2>>",
    "set<frozen<list<int>>>",
    "set<frozen<set<text>>>",
    "set<frozen<map<int, text>>>",
    "set<frozen<tuple<uuid, decimal, double>>>",
    "set<vector<float, 2>>",
    "map<frozen<list<int>>, frozen<map<text, double>>>",
    "map<frozen<set<smallint>>, frozen<set<varint>>>",
    "map<frozen<tuple<text, int>>, frozen<list<frozen<list<time>>>>>",
    "map<text, vector<text, 2>>",
    "map<vector<smallint, 2>, duration>",
    "tuple<int>",
    "tuple<int, text, double>",
    "frozen<tuple<tinyint, tuple<blob, inet>, date>>",
    "tuple<frozen<list<int>>, frozen<set<text>>, frozen<map<int, text>>>",
    "tuple<vector<time, 2>, vector<float, 2>>",
    "differential.address",
    "differential.everything",
    "differential.person",
    "frozen<differential.address>",
    "frozen<differential.everything>",
    "frozen<differential.person>",
    "list<frozen<differential.address>>",
    "set<frozen<differential.address>>",
    "map<frozen<differential.address>, frozen<differential.person>>",
    "tuple<frozen<differential.address>, int>",
    "vector<float, 1>",
    "vector<float, 1536>",
    "vector<text, 300>",
    "vector<vector<float, 2>, 3>",
    "vector<vector<smallint, 2>, 2>",
    "vector<frozen<list<int>>, 2>",
    "vector<frozen<set<text>>, 2>",
    "vector<frozen<map<int, text>>, 2>",
    "vector<tuple<int, text>, 2>",
    "vector<frozen<differential.point>, 2>",
    "vector<frozen<list<vector<date, 2>>>, 2>",
];

/// The columns of all tables.
pub(crate) fn columns() -> Vec<Column> {
    let mut types: Vec<String> = SCALARS.map(str::to_owned).into();
    types.extend(SCALARS.map(|element| format!("list<{element}>")));
    types.extend(SCALARS.map(|element| format!("vector<{element}, 3>")));
    // Cassandra knows no order of durations.
    let keys = SCALARS.iter().filter(|key| **key != "duration");
    types.extend(keys.clone().map(|element| format!("set<{element}>")));
    types.extend(keys.zip(SCALARS.iter().rev()).map(|(key, value)| format!("map<{key}, {value}>")));
    types.push(format!("tuple<{}>", SCALARS.join(", ")));
    types.extend(NESTED.map(str::to_owned));
    let columns = types.into_iter().enumerate();
    columns.map(|(number, ty)| Column::new(number, ty)).chain([Column::counter()]).collect()
}

/// Makes the keyspace anew.
pub(crate) fn statements() -> Vec<String> {
    let mut statements = vec![
        "DROP KEYSPACE IF EXISTS differential".into(),
        "CREATE KEYSPACE differential WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}".into(),
    ];
    let everything = SCALARS.map(|ty| format!("of_{ty} {ty}")).join(", ");
    let user_types = USER_TYPES.into_iter().chain([("everything", everything.as_str())]);
    statements.extend(
        user_types.map(|(name, fields)| format!("CREATE TYPE differential.{name} ({fields})")),
    );
    let (counters, values): (Vec<_>, Vec<_>) = columns().into_iter().partition(Column::is_counter);
    statements.extend([table("exchanged", &values), table("counters", &counters)]);
    statements
}

fn table(name: &str, columns: &[Column]) -> String {
    let columns: Vec<_> = columns.iter().map(Column::definition).collect();
    let key = "writer text, id int, PRIMARY KEY (writer, id)";
    format!("CREATE TABLE differential.{name} ({}, {key})", columns.join(", "))
}
