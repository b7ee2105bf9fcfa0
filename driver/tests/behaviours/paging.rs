use futures::TryStreamExt;
use helenus::{PreparedStatement, Session};

use super::Outcome;

/// A table of 100 rows in one partition, and the statement that reads them.
async fn hundred_rows(
    session: &Session,
    table: &str,
) -> Result<PreparedStatement, Box<dyn std::error::Error + Send + Sync>> {
    session.query(format!("CREATE TABLE {table} (k int, c int, PRIMARY KEY (k, c))"), ()).await?;
    let insert = session.prepare(format!("INSERT INTO {table} (k, c) VALUES (0, ?)")).await?;
    for c in 0..100 {
        session.execute(&insert, (c,)).await?;
    }
    Ok(session.prepare(format!("SELECT c FROM {table} WHERE k = ?")).await?)
}

pub(crate) async fn pages_hold_every_row_once(session: &Session, ks: &str) -> Outcome {
    let select = hundred_rows(session, &format!("{ks}.pages")).await?;
    for page_size in [1, 7, 50, 100, 5000] {
        let select = select.clone().with_page_size(page_size);
        let mut pages = session.pages(&select, (0,))?;
        let mut read = Vec::new();
        while let Some(page) = pages.next_page().await? {
            assert!(page.row_count() <= usize::try_from(page_size)?);
            for row in page.rows::<(i32,)>()? {
                read.push(row?.0);
            }
        }
        assert_eq!(read, (0..100).collect::<Vec<_>>(), "pages of {page_size}");
        assert!(pages.next_page().await?.is_none(), "nothing is behind the last page");

        let whole = session.execute(&select, (0,)).await?;
        assert_eq!(whole.row_count(), 100);
        assert_eq!(whole.rows::<(i32,)>()?.last().transpose()?, Some((99,)));
    }
    Ok(())
}

pub(crate) async fn rows_stream_across_pages(session: &Session, ks: &str) -> Outcome {
    let select = hundred_rows(session, &format!("{ks}.streamed")).await?.with_page_size(9);
    let rows: Vec<(i32,)> =
        session.pages(&select, (0,))?.into_rows::<(i32,)>().try_collect().await?;
    assert_eq!(rows.len(), 100);
    assert_eq!(rows.last(), Some(&(99,)));
    Ok(())
}
