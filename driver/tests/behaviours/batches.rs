use helenus::{Batch, BatchKind, Session};

use super::Outcome;

pub(crate) async fn batches_are_written_whole(session: &Session, ks: &str) -> Outcome {
    let table = format!("{ks}.batched");
    session.query(format!("CREATE TABLE {table} (k int PRIMARY KEY, v text)"), ()).await?;
    let insert = session.prepare(format!("INSERT INTO {table} (k, v) VALUES (?, ?)")).await?;
    let delete = session.prepare(format!("DELETE FROM {table} WHERE k = ?")).await?;

    for kind in [BatchKind::Logged, BatchKind::Unlogged] {
        let mut batch = Batch::new(kind);
        batch.push(&insert, (1, "one"))?.push(&insert, (2, "two"))?;
        batch.push_cql(format!("INSERT INTO {table} (k, v) VALUES (3, 'three')"));
        session.batch(&batch).await?;
        let result = session.query(format!("SELECT v FROM {table}"), ()).await?;
        let mut read: Vec<String> =
            result.rows::<(String,)>()?.map(|row| row.map(|(v,)| v)).collect::<Result<_, _>>()?;
        read.sort_unstable();
        assert_eq!(read, ["one", "three", "two"], "{kind:?}");

        let mut batch = Batch::new(kind);
        for k in 1..=3 {
            batch.push(&delete, (k,))?;
        }
        session.batch(&batch).await?;
        let left = session.query(format!("SELECT v FROM {table}"), ()).await?;
        assert_eq!(left.row_count(), 0);
    }

    let mut batch = Batch::new(BatchKind::Logged);
    assert!(batch.push(&insert, ("not an int", "x")).is_err());
    assert!(batch.is_empty(), "a value that does not fit leaves the batch as it was");
    Ok(())
}
