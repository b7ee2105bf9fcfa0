use helenus::{ErrorKind, RequestErrorKind, RowsError, Session};

use super::Outcome;

pub(crate) async fn simple_statements_take_values(session: &Session, ks: &str) -> Outcome {
    let table = format!("{ks}.simple");
    session.query(format!("CREATE TABLE {table} (k int PRIMARY KEY, v text)"), ()).await?;
    session.query(format!("INSERT INTO {table} (k, v) VALUES (?, ?)"), (1, "one")).await?;
    session.query(format!("UPDATE {table} SET v = ? WHERE k = ?"), ("uno", 1)).await?;
    let result = session.query(format!("SELECT k, v FROM {table} WHERE k = 1"), ()).await?;
    assert_eq!(result.one_row::<(i32, &str)>()?, (1, "uno"));
    session.query(format!("DELETE FROM {table} WHERE k = ?"), (1,)).await?;
    let result = session.query(format!("SELECT v FROM {table} WHERE k = ?"), (1,)).await?;
    assert_eq!(result.maybe_row::<(String,)>()?, None);
    assert_eq!(result.one_row::<(String,)>(), Err(RowsError::NoRow));
    Ok(())
}

pub(crate) async fn statements_are_prepared_once(session: &Session, ks: &str) -> Outcome {
    let table = format!("{ks}.prepared");
    session
        .query(format!("CREATE TABLE {table} (a int, b text, c blob, PRIMARY KEY ((b, a)))"), ())
        .await?;
    let before = session.metrics();
    let cql = format!("INSERT INTO {table} (a, b, c) VALUES (?, :b, ?)");
    let first = session.prepare(cql.as_str()).await?;
    let second = session.prepare(cql.as_str()).await?;
    let after = session.metrics();
    assert_eq!(after.requests - before.requests, 1);
    assert_eq!(after.cached_statements - before.cached_statements, 1);

    let markers: Vec<_> = first.markers().iter().map(|marker| marker.name.as_str()).collect();
    assert_eq!(markers, ["a", "b", "c"]);
    assert_eq!(second.keyspace(), Some(ks));
    assert!(second.columns().is_empty());
    // The partition key's order is its own, not the markers'.
    let token = first.token((1, "b", vec![0_u8]))?;
    assert_eq!(token, second.token((1, "b", vec![9_u8]))?);
    session.execute(&second, (1, "b", vec![1_u8])).await?;
    let server = session.query(format!("SELECT token(b, a) FROM {table}"), ()).await?;
    assert_eq!(token.map(|token| token.0), Some(server.one_row::<(i64,)>()?.0));
    Ok(())
}

pub(crate) async fn errors_say_what_where_and_why(session: &Session, ks: &str) -> Outcome {
    let error = session.query("SELEKT 1", ()).await.unwrap_err();
    assert_eq!(error.server_error().map(|error| &error.kind), Some(&ErrorKind::SyntaxError));
    assert!(error.to_string().contains("SELEKT 1"), "{error}");

    let error = session.query(format!("SELECT * FROM {ks}.no_such_table"), ()).await.unwrap_err();
    assert_eq!(error.server_error().map(|error| &error.kind), Some(&ErrorKind::Invalid));
    let node = match error.kind() {
        RequestErrorKind::Failed { node, .. } => node.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(error.to_string().contains(&node), "{error}");

    let table = format!("{ks}.errors");
    let create = format!("CREATE TABLE {table} (k int PRIMARY KEY, v text)");
    session.query(create.as_str(), ()).await?;
    let error = session.query(create.as_str(), ()).await.unwrap_err();
    assert!(matches!(
        error.server_error().map(|error| &error.kind),
        Some(ErrorKind::AlreadyExists { table, .. }) if table == "errors"
    ));

    let insert = session.prepare(format!("INSERT INTO {table} (k, v) VALUES (?, ?)")).await?;
    for error in [
        session.execute(&insert, (1,)).await.unwrap_err(),
        session.execute(&insert, ("one", "one")).await.unwrap_err(),
    ] {
        assert!(matches!(error.kind(), RequestErrorKind::Values(_)), "{error}");
    }
    session.execute(&insert, (1, "one")).await?;
    let result = session.query(format!("SELECT k, v FROM {table}"), ()).await?;
    assert!(result.rows::<(i32,)>().is_err());
    let mismatch = result.rows::<(i32, i64)>().err().map(|error| error.to_string());
    let mismatch = mismatch.unwrap_or_default();
    assert!(mismatch.contains("\"v\"") && mismatch.contains("i64"), "{mismatch}");
    Ok(())
}
