use std::collections::BTreeSet;

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

pub(crate) async fn pages_of_altered_tables_are_never_misread(
    session: &Session,
    ks: &str,
) -> Outcome {
    let table = format!("{ks}.paged");
    session.query(format!("CREATE TABLE {table} (k int PRIMARY KEY, v text)"), ()).await?;
    let insert = session.prepare(format!("INSERT INTO {table} (k, v) VALUES (?, ?)")).await?;
    for k in 0..100 {
        session.execute(&insert, (k, "v")).await?;
    }
    let select = session.prepare(format!("SELECT * FROM {table}")).await?.with_page_size(10);
    let mut pages = session.pages(&select, ())?;
    let (mut seen, mut number) = (BTreeSet::new(), 0);
    while let Some(page) = pages.next_page().await? {
        number += 1;
        if number == 3 {
            // The new column stands before the old one.
            session.query(format!("ALTER TABLE {table} ADD a bigint"), ()).await?;
        }
        if page.columns().len() == 2 {
            for row in page.rows::<(i32, &str)>()? {
                let (k, v) = row?;
                assert!(v == "v" && seen.insert(k));
            }
        } else {
            for row in page.rows::<(i32, Option<i64>, &str)>()? {
                let (k, a, v) = row?;
                assert!(a.is_none() && v == "v" && seen.insert(k));
            }
        }
    }
    assert_eq!(seen.len(), 100);
    // A node may finish the pages that it began with the columns that it began with.
    session.execute(&select, ()).await?;
    assert_eq!(select.columns().len(), 3, "the statement has learnt the new columns");
    Ok(())
}
