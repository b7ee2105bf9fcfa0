use helenus_protocol::CqlType;
use proptest::prelude::*;

use super::parse;
use crate::cql::DataType;
use crate::cql::ast::*;

fn statement(query: &str) -> Statement {
    parse(query).unwrap().statement
}

fn select(query: &str) -> Select {
    match statement(query) {
        Statement::Select(select) => select,
        other => panic!("{other:?}"),
    }
}

fn modification(query: &str) -> Modification {
    match statement(query) {
        Statement::Modification(modification) => modification,
        other => panic!("{other:?}"),
    }
}

fn error(query: &str) -> String {
    parse(query).unwrap_err().to_string()
}

fn integer(text: &str) -> Term {
    Term::Literal(Literal::Integer(text.to_owned()))
}

#[test]
fn a_select_says_what_from_where_and_how_many() {
    let select = select(
        "select a, count(*) AS n, token(\"K\") FROM ks.t WHERE k = ? AND c >= :low AND c < 10 \
         ORDER BY c DESC PER PARTITION LIMIT 2 LIMIT ? ALLOW FILTERING;",
    );
    assert_eq!(select.table, TableName { keyspace: Some("ks".into()), table: "t".into() });
    let Selection::Selectors(items) = select.selection else { panic!() };
    assert_eq!(items[0].selector, Selector::Column("a".into()));
    assert_eq!(items[1], SelectedItem { selector: Selector::CountRows, alias: Some("n".into()) });
    assert_eq!(
        items[2].selector,
        Selector::Function { name: "token".into(), arguments: vec![Selector::Column("K".into())] }
    );
    assert_eq!(select.relations[1].operator, Operator::GreaterOrEqual);
    assert_eq!(select.relations[1].value, RelationValue::One(Term::Marker(1)));
    assert_eq!(select.order_by, [Ordering { column: "c".into(), descending: true, near: None }]);
    assert_eq!(select.per_partition_limit, Some(integer("2")));
    assert_eq!(select.limit, Some(Term::Marker(2)));
    assert!(select.allow_filtering);
}

#[test]
fn markers_are_numbered_in_order_and_keep_their_names() {
    let parsed =
        parse("UPDATE t USING TTL :ttl SET a = ?, b = :b WHERE k IN ? AND token(k) > token(:x)")
            .unwrap();
    let names: Vec<_> = parsed.markers.iter().map(Option::as_deref).collect();
    assert_eq!(names, [Some("ttl"), None, Some("b"), None, Some("x")]);
}

#[test]
fn every_kind_of_constant_is_read() {
    let insert = modification(
        "INSERT INTO t (a) VALUES (-1, 1.5, -Infinity, NaN, true, 'it''s', 0xCAFE, null, 1h30m, \
         123e4567-e89b-12d3-a456-426614174000, [1, 2], {1, 2}, {'a': 1}, {}, (1, 'x'), (int) 5, now())",
    );
    let ModificationKind::Insert { values, .. } = insert.kind else { panic!() };
    let text = |text: &str| text.to_owned();
    assert_eq!(
        values,
        [
            integer("-1"),
            Term::Literal(Literal::Float(text("1.5"))),
            Term::Literal(Literal::Float(text("-Infinity"))),
            Term::Literal(Literal::Float(text("NaN"))),
            Term::Literal(Literal::Boolean(true)),
            Term::Literal(Literal::String(text("it's"))),
            Term::Literal(Literal::Blob(text("CAFE"))),
            Term::Literal(Literal::Null),
            Term::Literal(Literal::Duration(text("1h30m"))),
            Term::Literal(Literal::Uuid(text("123e4567-e89b-12d3-a456-426614174000"))),
            Term::List(vec![integer("1"), integer("2")]),
            Term::Set(vec![integer("1"), integer("2")]),
            Term::Map(vec![(Term::Literal(Literal::String(text("a"))), integer("1"))]),
            Term::Map(Vec::new()),
            Term::Tuple(vec![integer("1"), Term::Literal(Literal::String(text("x")))]),
            Term::Cast { data_type: DataType::Native(CqlType::Int), term: Box::new(integer("5")) },
            Term::Function { name: text("now"), arguments: Vec::new() },
        ]
    );
}

#[test]
fn a_table_knows_its_key_order_and_statics() {
    let Statement::CreateTable(table) = statement(
        "CREATE TABLE IF NOT EXISTS ks.t (a int, b text, c timeuuid, s text static, m map<text, int>, \
         PRIMARY KEY ((a, b), c)) WITH CLUSTERING ORDER BY (c DESC) AND comment = 'x' \
         AND compaction = {'class': 'LCS', 'size': 160} AND gc_grace_seconds = 10",
    ) else {
        panic!()
    };
    assert!(table.if_not_exists);
    assert_eq!(
        (table.partition_key, table.clustering),
        (vec!["a".into(), "b".into()], vec!["c".into()])
    );
    assert_eq!(
        table.clustering_order,
        [Ordering { column: "c".into(), descending: true, near: None }]
    );
    assert!(table.columns[3].is_static);
    assert_eq!(table.columns[4].data_type.to_string(), "map<text, int>");
    assert_eq!(
        table.properties[1].value,
        PropertyValue::Map(vec![("class".into(), "LCS".into()), ("size".into(), "160".into())])
    );
}

#[test]
fn nothing_need_stand_behind_a_comma_of_a_definition() {
    let columns = |query: &str| match statement(query) {
        Statement::CreateTable(create) => create.columns.len(),
        Statement::CreateType(create) => create.fields.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(columns("CREATE TABLE t (a int PRIMARY KEY, b int,)"), 2);
    assert_eq!(columns("CREATE TABLE t (a int,, b int, PRIMARY KEY (a),,)"), 2);
    assert_eq!(columns("CREATE TYPE t (a int,)"), 1);
    assert!(error("CREATE TABLE t (, a int PRIMARY KEY)").contains("no viable alternative"));
    assert!(error("CREATE TABLE t (a int, PRIMARY KEY (a,))").contains("no viable alternative"));
}

#[test]
fn updates_set_add_and_subtract() {
    let update = modification(
        "UPDATE t SET a = 1, n = n + ?, m = m -2, l = [1] + l, x += 3 WHERE k = 1 IF a = 2 AND b != 3",
    );
    let ModificationKind::Update { assignments, .. } = update.kind else { panic!() };
    let operations: Vec<_> =
        assignments.into_iter().map(|assignment| assignment.operation).collect();
    assert_eq!(
        operations,
        [
            Operation::Set(integer("1")),
            Operation::Add(Term::Marker(0)),
            Operation::Subtract(integer("2")),
            Operation::Prepend(Term::List(vec![integer("1")])),
            Operation::Add(integer("3")),
        ]
    );
    let Condition::Columns(conditions) = update.condition else { panic!() };
    assert_eq!(conditions.len(), 2);
}

#[test]
fn deletes_of_rows_columns_and_with_conditions() {
    let row = modification("DELETE FROM t USING TIMESTAMP 5 WHERE k = 1 IF EXISTS");
    assert_eq!((row.timestamp, row.condition), (Some(integer("5")), Condition::Exists));
    let columns = modification("DELETE a, b FROM t WHERE k = 1");
    assert!(matches!(columns.kind, ModificationKind::Delete { deletions, .. }
            if deletions.iter().map(|deletion| deletion.column.as_str()).eq(["a", "b"])));
}

#[test]
fn a_batch_holds_its_statements_with_and_without_semicolons() {
    let Statement::Batch(batch) = statement(
        "BEGIN UNLOGGED BATCH USING TIMESTAMP ? INSERT INTO t (k) VALUES (1); DELETE FROM t WHERE k = 2 \
         UPDATE t SET v = 1 WHERE k = 3; APPLY BATCH;",
    ) else {
        panic!()
    };
    assert_eq!((batch.kind, batch.statements.len()), (BatchKind::Unlogged, 3));
    assert_eq!(batch.timestamp, Some(Term::Marker(0)));
}

#[test]
fn errors_say_where_and_what_as_cassandra_does() {
    assert_eq!(
        error("SELEC * FROM t"),
        "line 1:0 no viable alternative at input 'SELEC' ([SELEC]...)"
    );
    assert_eq!(
        error("SELECT * FORM t"),
        "line 1:9 mismatched input 'FORM' expecting K_FROM (SELECT * [FORM]...)"
    );
    assert_eq!(error("SELECT * FROM t\nWHERE"), "line 0:-1 no viable alternative at input '<EOF>'");
    assert_eq!(error("USE a b"), "line 1:6 mismatched input 'b' expecting EOF (USE a [b])");
    assert_eq!(
        error("SELECT * FROM table"),
        "line 1:14 no viable alternative at input 'table' (SELECT * FROM [table])"
    );
}

#[test]
fn nesting_is_bounded() {
    let tuples = format!(
        "CREATE TABLE t (k int PRIMARY KEY, v {}int{})",
        "frozen<tuple<".repeat(32),
        ">>".repeat(32)
    );
    assert!(matches!(statement(&tuples), Statement::CreateTable(_)));
    let deep =
        format!("INSERT INTO t (k) VALUES ({}1{})", "[".repeat(100_000), "]".repeat(100_000));
    assert!(error(&deep).contains("too many nested"));
    let deep = format!(
        "CREATE TABLE t (k {}int{} PRIMARY KEY)",
        "list<".repeat(100_000),
        ">".repeat(100_000)
    );
    assert!(error(&deep).contains("too many nested"));
    let deep = format!("SELECT {}k{} FROM t", "f(".repeat(100_000), ")".repeat(100_000));
    assert!(error(&deep).contains("too many nested"));
}

proptest! {
    #[test]
    fn no_text_panics(text in ".*") {
        let _ = parse(&text);
    }

    #[test]
    fn no_shuffled_cql_panics(words in proptest::collection::vec(prop_oneof![
        Just("SELECT"), Just("INSERT INTO"), Just("UPDATE"), Just("DELETE"), Just("FROM"), Just("WHERE"), Just("BEGIN BATCH"),
        Just("APPLY BATCH"), Just("CREATE TABLE"), Just("SET"), Just("VALUES"), Just("PRIMARY KEY"), Just("IF"), Just("("),
        Just(")"), Just("<"), Just(">"), Just("["), Just("{"), Just("}"), Just("]"), Just(","), Just("="), Just("?"), Just(":"),
        Just("t"), Just("k"), Just("'a'"), Just("1"), Just("1.5"), Just("-"), Just("token"), Just("IN"), Just("."), Just("0x"),
        Just("1h"), Just("$$x$$"), Just("\"Q\""), Just("count"), Just("*"), Just("µ"), Just("'"), Just("P1Y"),
    ], 0..40)) {
        let _ = parse(&words.join(" "));
        let _ = parse(&words.concat());
    }
}
