//! Statements without a server, for whatever text a client may come up with.

use helenus_protocol::Cell;

use super::{Engine, Execution, NoVirtualTables, PageRequest, Planned, StatementTime};
use crate::query_error::QueryError;
use crate::system;

const KEYSPACE: &str = "fed";
const DEFINITIONS: [&str; 10] = [
    "CREATE KEYSPACE fed WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    "CREATE TYPE fed.point (x int, y int)",
    "CREATE TYPE fed.person (name text, home frozen<point>)",
    "CREATE TABLE fed.plain (k int PRIMARY KEY, a int, b text, c double)",
    "CREATE TABLE fed.wide (k int, c int, d text, v int, w text, s int static, PRIMARY KEY (k, c, d)) WITH CLUSTERING ORDER BY (c DESC)",
    "CREATE TABLE fed.coll (k int PRIMARY KEY, l list<int>, st set<text>, m map<text, int>, fl frozen<list<int>>, t tuple<int, text>)",
    "CREATE TABLE fed.people (k int PRIMARY KEY, p frozen<person>, u point, v vector<float, 2>)",
    "CREATE TABLE fed.counts (k int, c int, n counter, PRIMARY KEY (k, c))",
    "CREATE INDEX ON fed.wide (v)",
    "CREATE MATERIALIZED VIEW fed.by_a AS SELECT k, a FROM fed.plain WHERE k IS NOT NULL AND a IS NOT NULL PRIMARY KEY (a, k)",
];

/// An engine with tables of every kind, to be fed.
pub(crate) struct Fed {
    engine: Engine,
}

impl Fed {
    pub(crate) fn new() -> Self {
        let fed = Self { engine: Engine::new() };
        fed.engine.set_datacenters(vec!["datacenter1".to_owned()]);
        let installed = system::install(&fed.engine);
        let defined = DEFINITIONS.iter().try_for_each(|cql| fed.run(cql));
        debug_assert_eq!((installed, defined), (Ok(()), Ok(())));
        fed
    }

    /// Plans and runs a statement; its markers get nulls, then what is no value of most types.
    pub(crate) fn run(&self, cql: &str) -> Result<(), QueryError> {
        let planned = self.engine.plan(cql, Some(KEYSPACE))?;
        let count = planned.markers().len();
        let first = self.execute(&planned, &vec![Cell::Null; count]);
        if count == 0 {
            return first;
        }
        self.execute(&planned, &vec![Cell::Value(&[0, 0, 0, 1]); count])
    }

    fn execute(&self, planned: &Planned, values: &[Cell<'_>]) -> Result<(), QueryError> {
        let execution = Execution {
            virtual_tables: &NoVirtualTables,
            values,
            page: PageRequest { size: Some(2), ..PageRequest::default() },
            time: StatementTime::default(),
            user: None,
        };
        self.engine.touched(planned, values)?;
        self.engine.execute(planned, execution).map(|_| ())
    }
}

/// What the crate's function `feed_cql` does.
#[cfg(feature = "fuzzing")]
pub(crate) fn feed_cql(text: &str) {
    let fed = Fed::new();
    for statement in text.split('\n') {
        // A refusal is as good as an answer.
        let _ = fed.run(statement);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STATEMENTS: [&str; 4] = [
        include_str!("../../tests/differential/cql/selects.cql"),
        include_str!("../../tests/differential/cql/modifications.cql"),
        include_str!("../../tests/differential/cql/ddl.cql"),
        include_str!("../../tests/differential/cql/prepared.cql"),
    ];
    const WORDS: [&str; 41] = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        ":",
        "?",
        "=",
        "<",
        "+",
        "-",
        ";",
        "*",
        "'",
        "\"",
        "$$",
        "0x",
        "1e",
        "..",
        "null",
        "NaN",
        "frozen<",
        "token(",
        "count(*)",
        "JSON",
        "IN",
        "CONTAINS",
        "AND",
        "\u{0}",
        "ü",
        "9999999999999999999",
        "1e2000000000",
        "-1",
        "1h",
        "/*",
        "--",
        "x.y.z",
        "CAST(",
    ];

    fn statement() -> impl Strategy<Value = String> {
        let all: Vec<_> = STATEMENTS.iter().flat_map(|file| file.lines()).collect();
        prop::sample::select(all).prop_map(str::to_owned)
    }

    /// A statement that was damaged in a few places.
    fn damaged() -> impl Strategy<Value = String> {
        let change = (any::<prop::sample::Index>(), 0..4usize, prop::sample::select(&WORDS[..]));
        (statement(), statement(), prop::collection::vec(change, 1..5)).prop_map(
            |(statement, other, changes)| {
                let mut words: Vec<_> = statement.split_inclusive(' ').collect();
                let others: Vec<_> = other.split_inclusive(' ').collect();
                for (at, kind, word) in changes {
                    let index = at.index(words.len());
                    match kind {
                        0 => words[index] = word,
                        1 => words.insert(index, word),
                        2 => words[index] = others[at.index(others.len())],
                        _ if words.len() > 1 => drop(words.remove(index)),
                        _ => {}
                    }
                }
                words.concat()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

        #[test]
        fn no_statement_panics(statements in prop::collection::vec(damaged(), 1..12)) {
            let fed = Fed::new();
            for statement in &statements {
                let _ = fed.run(statement);
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = Fed::new().run(&text);
        }
    }

    #[test]
    fn no_depth_overflows_the_stack() {
        let fed = Fed::new();
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("(int)", ""), ("abs(", ")")] {
            for (before, after) in [
                ("INSERT INTO plain (k) VALUES (", ")"),
                ("SELECT ", " FROM plain"),
                ("SELECT * FROM plain WHERE ", " = 1"),
                ("SELECT * FROM plain WHERE k = ", ""),
            ] {
                let cql =
                    format!("{before}{}1{}{after}", open.repeat(20_000), close.repeat(20_000));
                assert!(fed.run(&cql).is_err());
            }
        }
        let types = format!(
            "CREATE TABLE d (k {}int{} PRIMARY KEY)",
            "list<".repeat(20_000),
            ">".repeat(20_000)
        );
        assert!(fed.run(&types).is_err());
        let path = format!("SELECT k{} FROM people", ".a".repeat(20_000));
        assert!(fed.run(&path).is_err());
        let json = format!("INSERT INTO plain JSON '{}'", "[".repeat(20_000));
        assert!(fed.run(&json).is_err());
    }
}
