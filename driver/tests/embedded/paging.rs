use std::time::Duration;

use futures::{FutureExt, TryStreamExt};
use helenus::{ErrorKind, PreparedStatement, ProtocolVersion, Session};
use helenus_testkit::{EmbeddedCluster, Fault};

use super::behaviours::{self, Outcome, keyspace};
use super::{builder, until};

const ROWS: i32 = 35;

/// A cluster with a table of 35 rows, and the statement that reads them ten at a time.
async fn some_rows()
-> Result<(EmbeddedCluster, Session, PreparedStatement), Box<dyn std::error::Error + Send + Sync>> {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).build().await?;
    keyspace(&session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int, c int, PRIMARY KEY (k, c))", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k, c) VALUES (0, ?)").await?;
    for c in 0..ROWS {
        session.execute(&insert, (c,)).await?;
    }
    let select = session.prepare("SELECT c FROM ks.t WHERE k = 0").await?.with_page_size(10);
    Ok((cluster, session, select))
}

fn pages_asked_for(cluster: &EmbeddedCluster) -> usize {
    cluster.requests().executing("SELECT c FROM").count()
}

#[tokio::test]
async fn the_next_page_is_on_its_way_while_one_is_read_and_no_other() -> Outcome {
    let (cluster, session, select) = some_rows().await?;
    let mut pages = session.pages(&select, ())?;
    assert_eq!(pages_asked_for(&cluster), 0, "nothing is asked for before it is wanted");
    for given in 1..=4 {
        assert!(pages.next_page().await?.is_some());
        let asked = (given + 1).min(4);
        until("the next page is asked for", || pages_asked_for(&cluster) == asked).await;
        // Whatever was sent before this has arrived by now.
        session.query("SELECT release_version FROM system.local", ()).await?;
        assert_eq!(pages_asked_for(&cluster), asked);
    }
    assert!(pages.next_page().await?.is_none());
    Ok(())
}

#[tokio::test]
async fn without_prefetch_a_page_is_asked_for_when_it_is_wanted() -> Outcome {
    let (cluster, session, select) = some_rows().await?;
    let mut pages = session.pages(&select, ())?.with_prefetch(false);
    for given in 1..=4 {
        assert!(pages.next_page().await?.is_some());
        session.query("SELECT release_version FROM system.local", ()).await?;
        assert_eq!(pages_asked_for(&cluster), given);
    }
    assert!(pages.next_page().await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_wait_for_a_page_can_be_broken_off_and_taken_up_again() -> Outcome {
    let (cluster, session, select) = some_rows().await?;
    let mut pages = session.pages(&select, ())?.with_prefetch(false);
    let mut read = Vec::new();
    while read.len() < 35 {
        assert!(pages.next_page().now_or_never().is_none(), "a page takes its time");
        let page = pages.next_page().await?.ok_or("a page is missing")?;
        read.extend(page.rows::<(i32,)>()?.collect::<Result<Vec<_>, _>>()?);
    }
    assert_eq!(read, (0..ROWS).map(|c| (c,)).collect::<Vec<_>>());
    assert_eq!(pages_asked_for(&cluster), 4, "each page was asked for once");
    Ok(())
}

#[tokio::test]
async fn a_page_that_failed_can_be_asked_for_again() -> Outcome {
    let (cluster, session, select) = some_rows().await?;
    let mut pages = session.pages(&select, ())?;
    for given in 1..=2 {
        assert!(pages.next_page().await?.is_some());
        until("the next page is asked for", || pages_asked_for(&cluster) == given + 1).await;
    }
    let broken = cluster.inject(Fault::error(ErrorKind::Invalid).matching("SELECT c FROM"));
    assert!(pages.next_page().await?.is_some(), "it was asked for before there was a fault");
    assert!(pages.next_page().await.is_err());
    drop(broken);
    let rest: Vec<(i32,)> = pages.into_rows::<(i32,)>().try_collect().await?;
    assert_eq!(rest, (30..ROWS).map(|c| (c,)).collect::<Vec<_>>());
    session.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

#[tokio::test]
async fn pages_of_a_table_that_is_altered_meanwhile_are_never_misread() -> Outcome {
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let cluster = EmbeddedCluster::start(2).await?;
        let speaks = |connection: &mut helenus::ConnectionConfig| connection.max_version = version;
        let session = builder(&cluster).connection(speaks).build().await?;
        keyspace(&session, "ks", 1).await?;
        behaviours::pages_of_altered_tables_are_never_misread(&session, "ks").await?;
    }
    Ok(())
}
