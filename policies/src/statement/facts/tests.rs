use proptest::prelude::*;

use super::*;

fn is_idempotent(cql: &str) -> bool {
    StatementFacts::of(cql).is_idempotent
}

const PLAIN: [&str; 18] = [
    "SELECT * FROM ks.t",
    "SELECT count(*), token(k), a - b FROM t WHERE k IN (?, ?) AND (c, d) > (1, 2) LIMIT 10;",
    "select json a, l[0], m['k'] from t",
    "INSERT INTO t (a, b) VALUES (1, -2)",
    "INSERT INTO \"Ks\".\"T\" (a) VALUES (toJson(?)) USING TTL 10 AND TIMESTAMP 5",
    "INSERT INTO now (uuid) VALUES ('if now() c = c + 1')",
    "INSERT INTO t JSON '{\"a\": \"now()\"}'",
    "INSERT INTO t (a) VALUES (cafebabe-0000-1000-8000-00805f9b34fb)",
    "INSERT INTO t (a, b, c, d) VALUES ([1, 2], {1: 2}, 2e-3, 0xcafe)",
    "UPDATE t SET a = 1, b = -1, l = [1] WHERE k = ? -- c = c + 1",
    "UPDATE t USING TTL ? SET m['x'] = 'y' WHERE k = :k /* IF EXISTS */",
    "DELETE FROM t WHERE k = ? AND c >= -5",
    "DELETE a, b FROM t USING TIMESTAMP 5 WHERE k = 1",
    "DELETE m['x'] FROM t WHERE k = 1",
    "BEGIN BATCH INSERT INTO t (a) VALUES (1); DELETE FROM t WHERE a = 2; APPLY BATCH;",
    "BEGIN UNLOGGED BATCH USING TIMESTAMP 5 UPDATE t SET a = 1 WHERE k = 1 APPLY BATCH",
    "INSERT INTO t (a) VALUES ($$it's now()$$)",
    "INSERT INTO t (\"if\") VALUES (blobAsInt(0x01))",
];

/// Fragments of which each one makes a statement not idempotent, with the statement around it.
const CHANGING: [(&str, &str, &str); 24] = [
    ("UPDATE t SET ", "c = c + 1", " WHERE k = 1"),
    ("UPDATE t SET ", "c = c-1", " WHERE k = 1"),
    ("UPDATE t SET ", "c=c -?", " WHERE k = 1"),
    ("UPDATE t SET ", "c += ?", " WHERE k = 1"),
    ("UPDATE t SET ", "\"C\" -= 1", " WHERE k = 1"),
    ("UPDATE t SET ", "cafebabe = cafebabe-1", " WHERE k = 1"),
    ("UPDATE t SET ", "l = l + [1]", " WHERE k = 1"),
    ("UPDATE t SET ", "l = ['a'] + l", " WHERE k = 1"),
    ("UPDATE t SET a = 1, ", "l = :l + l", " WHERE k = 1"),
    ("UPDATE t SET ", "l[0] = 1", " WHERE k = 1"),
    ("UPDATE t SET a = 1 WHERE k = 1 ", "IF a = 2", ""),
    ("UPDATE t SET a = ", "now()", " WHERE k = 1"),
    ("DELETE ", "l[?]", " FROM t WHERE k = 1"),
    ("DELETE FROM t WHERE k = 1 ", "IF EXISTS", ""),
    ("INSERT INTO t (a) VALUES (1) ", "IF NOT EXISTS", ""),
    ("INSERT INTO t (a) VALUES (", "uuid()", ")"),
    ("INSERT INTO t (a) VALUES (", "ks.token(1)", ")"),
    ("INSERT INTO t (a) VALUES (", "\"token\"(1)", ")"),
    ("INSERT INTO t (a) VALUES (", "values(1)", ")"),
    ("INSERT INTO t (a) VALUES (totimestamp(", "current_timestamp()", "))"),
    ("SELECT ", "now()", " FROM t"),
    ("SELECT * FROM t WHERE k < ", "currentTimeUUID()", ""),
    ("BEGIN ", "COUNTER", " BATCH UPDATE t SET c = 1 WHERE k = 1 APPLY BATCH"),
    (
        "BEGIN BATCH UPDATE t SET a = 1 WHERE k = 1; UPDATE t SET ",
        "c = c + 1",
        " WHERE k = 1; APPLY BATCH",
    ),
];

#[test]
fn plain_statements_are_idempotent() {
    for cql in PLAIN {
        assert!(is_idempotent(cql), "{cql}");
    }
}

#[test]
fn what_is_not_certain_is_not_idempotent() {
    let uncertain = [
        "",
        "TRUNCATE t",
        "CREATE TABLE IF NOT EXISTS t (a int PRIMARY KEY)",
        "USE ks",
        "SELECT * FROM t; UPDATE t SET a = 1 WHERE k = 1",
        "INSERT INTO t (a) VALUES ('open",
        "INSERT INTO t (a) VALUES (ｎow())",
        "INSERT INTO t (a) VALUES (1) /* open",
        "INSERT INTO t (a) VALUES (mine(1))",
    ];
    for cql in uncertain {
        assert!(!is_idempotent(cql), "{cql}");
    }
}

#[test]
fn kind_and_condition_are_told_too() {
    let facts = |cql| {
        let facts = StatementFacts::of(cql);
        (facts.kind, facts.is_conditional)
    };
    assert_eq!(facts(" /* a */ Select * FROM t"), (StatementKind::Read, false));
    assert_eq!(facts("INSERT INTO t (a) VALUES (1) if not exists"), (StatementKind::Write, true));
    assert_eq!(facts("begin batch apply batch"), (StatementKind::Write, false));
    assert_eq!(facts("CREATE TABLE IF NOT EXISTS t"), (StatementKind::Other, false));
}

/// The same text in another case, with other blanks.
fn disguised(cql: &str, blank: &str, upper: bool) -> String {
    let cql = cql.replace(' ', blank);
    if upper { cql.to_ascii_uppercase() } else { cql.to_ascii_lowercase() }
}

proptest! {
    #[test]
    fn no_disguise_makes_a_changing_statement_idempotent(
        which in 0..CHANGING.len(),
        blank in prop::sample::select(vec![" ", "\n", "\t ", " /* ' */ ", " -- \"\n", "//\r"]),
        upper: bool,
        call in prop::sample::select(vec!["", " ", "/**/", "\n"]),
    ) {
        let (before, changing, after) = CHANGING[which];
        let changing = changing.replace('(', &format!("{call}("));
        let cql = disguised(&format!("{before}{changing}{after}"), blank, upper);
        prop_assert!(!is_idempotent(&cql), "{}", cql);
    }

    #[test]
    fn a_changing_function_anywhere_among_the_values_is_found(
        values in prop::collection::vec(
            prop::sample::select(vec!["?", ":v", "1", "-1", "'it''s'", "[1, 2]", "{'a': 1}", "token(1)", "$$a$$", "0xff"]),
            0..6,
        ),
        at in any::<prop::sample::Index>(),
        call in prop::sample::select(vec!["now()", "UUID ()", "[uuid()]", "{'a': now()}", "(1, now())", "totimestamp(now())", "mine(?)"]),
    ) {
        let statement = |values: &[&str]| format!("INSERT INTO t (a) VALUES ({})", values.join(", "));
        prop_assert!(is_idempotent(&statement(&values)));
        let mut changing = values.clone();
        changing.insert(at.index(values.len() + 1), call);
        prop_assert!(!is_idempotent(&statement(&changing)));
        let batch = format!("BEGIN BATCH {}; {}; APPLY BATCH", statement(&values), statement(&changing));
        prop_assert!(!is_idempotent(&batch));
    }

    #[test]
    fn any_text_is_taken(text in ".{0,80}", tail in "[-+'\"$/*;(\\[a-f0-9 ]{0,60}") {
        StatementFacts::of(&text);
        StatementFacts::of(&format!("UPDATE {tail}"));
    }
}
