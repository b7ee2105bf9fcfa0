use bytes::Bytes;
use helenus_protocol::{Cell, Response};
use proptest::prelude::*;

use super::{Engine, Execution, NoVirtualTables, Outcome, PageRequest, StatementTime};
use crate::query_error::QueryError;
use crate::system;

fn engine() -> Engine {
    let engine = Engine::new();
    engine.set_datacenters(vec!["dc1".to_owned()]);
    system::install(&engine).unwrap();
    for cql in [
        "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
        "CREATE TABLE ks.t (k int, c int, v int, s text static, m map<int, text>, PRIMARY KEY (k, c))",
        "CREATE TABLE ks.n (k int PRIMARY KEY, n counter)",
        "CREATE TABLE ks.o (k int PRIMARY KEY, ts timestamp, st set<text>, m map<text, int>, tu tuple<int, text>)",
    ] {
        run(&engine, cql).unwrap();
    }
    engine
}

fn run_bound(engine: &Engine, cql: &str, values: &[Cell<'_>]) -> Result<Outcome, QueryError> {
    let planned = engine.plan(cql, Some("ks"))?;
    let page = PageRequest::default();
    engine.execute(
        &planned,
        Execution {
            virtual_tables: &NoVirtualTables,
            values,
            page,
            time: StatementTime::default(),
            user: None,
        },
    )
}

fn run(engine: &Engine, cql: &str) -> Result<Outcome, QueryError> {
    run_bound(engine, cql, &[])
}

fn refusal(cql: &str) -> String {
    match run(&engine(), cql) {
        Err(error) => error.to_string(),
        Ok(outcome) => panic!("{cql}: {outcome:?}"),
    }
}

fn content(engine: &Engine, cql: &str) -> (usize, Bytes) {
    match run(engine, cql).unwrap().response {
        Response::Rows(rows) => (rows.count, rows.content),
        other => panic!("{cql}: {other:?}"),
    }
}

#[test]
fn statements_that_name_too_little_or_too_much_are_refused() {
    for (cql, message) in [
        ("INSERT INTO t (c) VALUES (1)", "Some partition key parts are missing: k"),
        ("INSERT INTO t (k, v) VALUES (1, 2)", "Some clustering keys are missing: c"),
        ("INSERT INTO t (k, c) VALUES (1)", "Unmatched column names/values"),
        ("INSERT INTO t (k, c, k) VALUES (1, 2, 3)", "The column names contains duplicates"),
        ("UPDATE t SET v = 1 WHERE c = 1", "Some partition key parts are missing: k"),
        ("UPDATE t SET v = 1 WHERE k = 1", "Some clustering keys are missing: c"),
        ("UPDATE t SET c = 1 WHERE k = 1", "PRIMARY KEY part c found in SET part"),
        (
            "DELETE k FROM t WHERE k = 1",
            "Invalid identifier k for deletion (should not be a PRIMARY KEY part)",
        ),
        (
            "DELETE FROM t WHERE k = 1 AND v = 1",
            "Non PRIMARY KEY columns found in where clause: v ",
        ),
        (
            "SELECT * FROM t WHERE k = 1 AND k = 2",
            "k cannot be restricted by more than one relation if it includes an Equal",
        ),
        ("SELECT * FROM t WHERE k = 1 LIMIT 0", "LIMIT must be strictly positive"),
        (
            "SELECT DISTINCT v FROM t",
            "SELECT DISTINCT queries must only request partition key columns and/or static columns (not v)",
        ),
        (
            "SELECT writetime(k) FROM t",
            "Cannot use selection function writetime on PRIMARY KEY part k",
        ),
        (
            "SELECT * FROM t ORDER BY c",
            "ORDER BY is only supported when the partition key is restricted by an EQ or an IN.",
        ),
        (
            "SELECT * FROM t WHERE token(c) > 1",
            "The token() function must be applied to all partition key components or none of them",
        ),
        ("SELECT nothing(k) FROM t", "Unknown function 'nothing'"),
        (
            "INSERT INTO t (k, c, v) VALUES (1, 1, now())",
            "Type error: cannot assign result of function system.now (type timeuuid) to v (type int)",
        ),
        (
            "INSERT INTO t (k, c, m) VALUES (1, 1, [1])",
            "Unexpected receiver type 'map<int, text>'; only list and vector are expected",
        ),
        (
            "INSERT INTO t (k, c, v) VALUES (1, 1, 3000000000)",
            "Unable to make int from '3000000000'",
        ),
        (
            "UPDATE t SET v = 1 WHERE k = 1 AND c = 1 IF k = 1",
            "PRIMARY KEY column 'k' cannot have IF conditions",
        ),
        (
            "SELECT * FROM t WHERE v < 1 AND v <= 2 ALLOW FILTERING",
            "More than one restriction was found for the end bound on v",
        ),
        (
            "SELECT * FROM t WHERE c > 1 AND v > 1 AND c >= 2 ALLOW FILTERING",
            "More than one restriction was found for the start bound on c",
        ),
        ("SELECT * FROM other.t", "keyspace other does not exist"),
        ("SELECT * FROM u", "table u does not exist"),
    ] {
        assert_eq!(refusal(cql), message, "{cql}");
    }
}

#[test]
fn an_empty_collection_is_no_value() {
    let engine = engine();
    run(&engine, "INSERT INTO t (k, c, m) VALUES (1, 1, {1: 'a'})").unwrap();
    run(&engine, "UPDATE t SET m = {} WHERE k = 1 AND c = 1").unwrap();
    assert_eq!(&content(&engine, "SELECT m FROM t").1[..], (-1i32).to_be_bytes());
}

#[test]
fn a_time_without_bytes_is_none_to_count_with() {
    let engine = engine();
    run_bound(&engine, "INSERT INTO o (k, ts) VALUES (1, ?)", &[Cell::Value(&[])]).unwrap();
    assert_eq!(&content(&engine, "SELECT ts + 1d FROM o").1[..], (-1i32).to_be_bytes());
    run_bound(&engine, "UPDATE o SET ts = ? + 1d WHERE k = 1", &[Cell::Value(&[])]).unwrap();
    assert_eq!(&content(&engine, "SELECT ts FROM o").1[..], (-1i32).to_be_bytes());
}

#[test]
fn an_element_of_a_set_that_is_not_set_is_the_one_without_bytes() {
    let engine = engine();
    run(&engine, "INSERT INTO o (k, st) VALUES (1, {'', 'a'})").unwrap();
    run_bound(&engine, "DELETE st[?] FROM o WHERE k = 1", &[Cell::Unset]).unwrap();
    run(&engine, "DELETE st['a'] FROM o WHERE k = 1").unwrap();
    assert_eq!(&content(&engine, "SELECT st FROM o").1[..], (-1i32).to_be_bytes());
}

#[test]
fn a_condition_compares_a_map_s_values_like_keys() {
    let engine = engine();
    run(&engine, "INSERT INTO o (k, m) VALUES (1, {'a': -1})").unwrap();
    // As text, the bytes of -1 come after those of 2.
    run(&engine, "UPDATE o SET ts = 0 WHERE k = 1 IF m['a'] < 2").unwrap();
    assert_eq!(&content(&engine, "SELECT ts FROM o").1[..], (-1i32).to_be_bytes());
    run(&engine, "UPDATE o SET ts = 0 WHERE k = 1 IF m['a'] > 2").unwrap();
    assert_eq!(&content(&engine, "SELECT ts FROM o").1[..4], 8i32.to_be_bytes());
}

#[test]
fn a_null_inside_a_value_is_written_in_one_way_where_its_type_is_user_defined() {
    let engine = engine();
    run(&engine, "CREATE TYPE p (x int, y text)").unwrap();
    run(&engine, "CREATE TABLE u (k int PRIMARY KEY, p frozen<p>)").unwrap();
    let odd = [0xC8, 0x61, 0x67, 0xE1];
    run_bound(&engine, "INSERT INTO u (k, p) VALUES (1, ?)", &[Cell::Value(&odd)]).unwrap();
    assert_eq!(&content(&engine, "SELECT p FROM u").1[4..], (-1i32).to_be_bytes());
    run_bound(&engine, "INSERT INTO o (k, tu) VALUES (1, ?)", &[Cell::Value(&odd)]).unwrap();
    assert_eq!(&content(&engine, "SELECT tu FROM o").1[4..], odd);
}

#[test]
fn a_key_without_bytes_is_refused_where_rows_are_asked_for() {
    let engine = engine();
    let table = "CREATE TABLE d (k int, c int, s int static, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)";
    run(&engine, table).unwrap();
    let selected = |columns: &str, relations: &str| {
        let cql = format!("SELECT {columns} FROM d WHERE k = ? AND {relations}");
        run_bound(&engine, &cql, &[Cell::Value(&[])]).is_ok()
    };
    assert!(!selected("*", "c > 1"));
    assert!(selected("*", "c > 1 AND c < 0"));
    assert!(selected("*", "c > null AND c <= 1"));
    assert!(selected("c", "c IN ()"));
    // The partition's static row is asked for all the same.
    assert!(!selected("*", "c IN ()"));
}

#[test]
fn an_empty_text_is_a_value_without_bytes_where_cassandra_takes_it() {
    let engine = engine();
    run(
        &engine,
        "CREATE TABLE e (k int PRIMARY KEY, i inet, ts timestamp, n int, b boolean, d date)",
    )
    .unwrap();
    run(&engine, "INSERT INTO e (k, i, ts) VALUES (1, '', '')").unwrap();
    assert_eq!(&content(&engine, "SELECT i, ts FROM e").1[..], [0; 8]);
    run(&engine, r#"INSERT INTO e JSON '{"k": 1, "n": "", "ts": "", "b": ""}'"#).unwrap();
    assert_eq!(
        &content(&engine, "SELECT n, ts, b FROM e").1[..],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    );
    assert!(run(&engine, r#"INSERT INTO e JSON '{"k": 1, "d": ""}'"#).is_err());
    assert!(run(&engine, "INSERT INTO e (k, d) VALUES (1, '')").is_err());
}

#[test]
fn triggers_cannot_be_loaded_and_are_not_there() {
    for (cql, message) in [
        (
            "CREATE TRIGGER IF NOT EXISTS a ON t USING 'x.Y'",
            "Trigger class 'x.Y' couldn't be loaded",
        ),
        ("CREATE TRIGGER a ON nothing USING 'x'", "Table 'nothing' doesn't exist"),
        ("CREATE TRIGGER a ON no.t USING 'x'", "Keyspace 'no' doesn't exist"),
        (
            "CREATE TRIGGER a ON system.local USING 'x'",
            "System keyspace 'system' is not user-modifiable",
        ),
        ("DROP TRIGGER a ON nothing", "Trigger 'a' on 'ks.nothing' doesn't exist"),
    ] {
        assert_eq!(refusal(cql), message, "{cql}");
    }
    assert!(run(&engine(), "DROP TRIGGER IF EXISTS a ON t").is_ok());
}

#[test]
fn the_server_s_own_keyspaces_are_not_a_client_s_to_change() {
    for (cql, message) in [
        ("DROP KEYSPACE system_traces", "Cannot DROP <keyspace system_traces>"),
        ("DROP KEYSPACE system", "system keyspace is not user-modifiable."),
        (
            "CREATE TABLE system_auth.x (k int PRIMARY KEY)",
            "Cannot CREATE <all tables in system_auth>",
        ),
        ("DROP TABLE system_traces.x", "Cannot DROP <table system_traces.x>"),
        ("CREATE INDEX ON system_traces.x (a)", "Cannot ALTER <table system_traces.x>"),
        ("DROP TYPE system_traces.x", "Cannot DROP <all tables in system_traces>"),
        ("DROP INDEX system.x", "System keyspace 'system' is not user-modifiable"),
        ("DROP KEYSPACE system_nothing", "Keyspace 'system_nothing' doesn't exist"),
        (
            "CREATE MATERIALIZED VIEW system.x AS SELECT * FROM ks.t WHERE k IS NOT NULL PRIMARY KEY (k)",
            "Cannot create a materialized view on a table in a different keyspace",
        ),
    ] {
        assert_eq!(refusal(cql), message, "{cql}");
    }
    assert!(run(&engine(), "ALTER KEYSPACE system_traces WITH durable_writes = true").is_ok());
}

#[test]
fn a_class_turns_the_order_of_a_clustering_column_round() {
    let engine = engine();
    run(
        &engine,
        "CREATE TABLE r (k int, c 'ReversedType(Int32Type)', v 'ReversedType(Int32Type)', PRIMARY KEY (k, c))",
    )
    .unwrap();
    for c in [1, 2] {
        run(&engine, &format!("INSERT INTO r (k, c) VALUES (1, {c})")).unwrap();
    }
    let (rows, content) = content(&engine, "SELECT c FROM r WHERE k = 1");
    assert_eq!((rows, content[7], content[15]), (2, 2, 1));
}

#[test]
fn deleted_ranges_hide_what_was_written_before_them() {
    let engine = engine();
    run(&engine, "DELETE FROM t USING TIMESTAMP 10 WHERE k = 1 AND c > 5").unwrap();
    for (c, timestamp) in [(5, 9), (6, 9), (7, 11)] {
        run(&engine, &format!("INSERT INTO t (k, c) VALUES (1, {c}) USING TIMESTAMP {timestamp}"))
            .unwrap();
    }
    assert_eq!(content(&engine, "SELECT c FROM t WHERE k = 1").0, 2);
    run(&engine, "DELETE FROM t USING TIMESTAMP 10 WHERE k = 1").unwrap();
    assert_eq!(content(&engine, "SELECT c FROM t WHERE k = 1").0, 1);
}

#[test]
fn token_ranges_may_be_empty_or_turned_round() {
    let engine = engine();
    run(&engine, "INSERT INTO t (k, c) VALUES (1, 1)").unwrap();
    for (relations, rows) in [
        ("token(k) > 9223372036854775807", 0),
        ("token(k) <= 9223372036854775807", 1),
        ("token(k) > 5 AND token(k) < -5", 0),
        ("token(k) >= token(1) AND token(k) <= token(1)", 1),
        ("token(k) > token(1) AND token(k) <= token(1)", 0),
        ("token(k) = token(1)", 1),
    ] {
        assert_eq!(
            content(&engine, &format!("SELECT k FROM t WHERE {relations}")).0,
            rows,
            "{relations}"
        );
    }
}

proptest! {
    #[test]
    fn no_statement_panics_whatever_it_binds(
        index in 0..STATEMENTS.len(),
        values in proptest::collection::vec(
            proptest::option::of(proptest::collection::vec(any::<u8>(), 0..12)), 0..6),
    ) {
        let engine = engine();
        let cells: Vec<_> =
            values.iter().map(|value| value.as_deref().map_or(Cell::Null, Cell::Value)).collect();
        let _ = run_bound(&engine, STATEMENTS[index], &cells);
        let _ = run(&engine, "SELECT * FROM t");
    }
}

const STATEMENTS: [&str; 14] = [
    "INSERT INTO t (k, c, v, s, m) VALUES (?, ?, ?, ?, ?)",
    "INSERT INTO t (k, c, m) VALUES (?, ?, {?: ?, 1: 'x'}) USING TTL ?",
    "INSERT INTO t (k, c) VALUES (?, ?) IF NOT EXISTS",
    "UPDATE t USING TIMESTAMP ? SET v = ?, s = ? WHERE k = ? AND c = ?",
    "UPDATE t SET v = ? WHERE k = ? AND c IN ? IF v = ?",
    "UPDATE t SET v = ? WHERE k = ? AND c = ? IF v IN ?",
    "UPDATE n SET n = n + ? WHERE k = ?",
    "DELETE FROM t WHERE k = ? AND c > ? AND c <= ?",
    "DELETE FROM t WHERE k IN ?",
    "SELECT * FROM t WHERE k = ? AND c >= ? AND c < ? LIMIT ?",
    "SELECT * FROM t WHERE k IN ? AND c IN ?",
    "SELECT * FROM t WHERE token(k) > ? AND token(k) <= token(?)",
    "SELECT * FROM t WHERE v = ? AND s > ? ALLOW FILTERING",
    "BEGIN BATCH USING TIMESTAMP ? UPDATE t SET v = ? WHERE k = ? AND c = ?; APPLY BATCH",
];
