use helenus::Session;

use super::Outcome;

pub(crate) async fn altered_tables_are_never_misread(session: &Session, ks: &str) -> Outcome {
    let table = format!("{ks}.altered");
    session.query(format!("CREATE TABLE {table} (k int PRIMARY KEY, v text)"), ()).await?;
    let insert = session.prepare(format!("INSERT INTO {table} (k, v) VALUES (?, ?)")).await?;
    for k in 0..30 {
        session.execute(&insert, (k, "v")).await?;
    }
    let select = session.prepare(format!("SELECT * FROM {table} WHERE k = ?")).await?;
    for k in 0..30 {
        assert_eq!(session.execute(&select, (k,)).await?.one_row::<(i32, &str)>()?, (k, "v"));
    }
    // The new column stands before the old one, so rows read by the old columns would be misread.
    session.query(format!("ALTER TABLE {table} ADD a bigint"), ()).await?;
    for k in 0..30 {
        let result = session.execute(&select, (k,)).await?;
        let row = result.one_row::<(i32, Option<i64>, &str)>()?;
        assert_eq!(row, (k, None, "v"));
    }
    assert_eq!(select.columns().len(), 3, "the statement has learnt the new columns");
    Ok(())
}
