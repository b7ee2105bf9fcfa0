//! What a session reads of the metadata, and when.

use std::time::Duration;

use helenus::{PoolConfig, Session, Token};
use helenus_testkit::EmbeddedCluster;

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, until};

const NODES: &str = "tokens FROM system.peers";
const ALL_KEYSPACES: &str = "replication FROM system_schema.keyspaces";
const ONE_KEYSPACE: &str = "system_schema.keyspaces WHERE keyspace_name";

/// How often each part of the metadata was read: nodes, all keyspaces, one keyspace.
fn reads(cluster: &EmbeddedCluster) -> [usize; 3] {
    let count = |part: &str| {
        let requests = cluster.requests();
        requests
            .iter()
            .filter(|request| {
                request.statements.iter().any(|statement| statement.cql().contains(part))
            })
            .count()
    };
    let one = count(ONE_KEYSPACE);
    [count(NODES), count(ALL_KEYSPACES) - one, one]
}

async fn start() -> Result<(EmbeddedCluster, Session), Box<dyn std::error::Error + Send + Sync>> {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = builder(&cluster).event_debounce(Duration::from_millis(1)).build().await?;
    Ok((cluster, session))
}

#[tokio::test]
async fn a_changed_table_has_nothing_read_and_a_keyspace_itself_alone() -> Outcome {
    let (cluster, session) = start().await?;
    let other = builder(&cluster).build().await?;
    assert_eq!(reads(&cluster), [2, 2, 0]);
    keyspace(&other, "ks", 1).await?;
    until("the keyspace is known", || session.replicas("ks", Token(0)).len() == 1).await;
    // One for the session that made it, one for that which heard of it.
    until("the keyspace was read", || reads(&cluster)[2] >= 2).await;
    for table in 0..20 {
        other.query(format!("CREATE TABLE ks.t{table} (k int PRIMARY KEY)"), ()).await?;
    }
    // Events come in order, so those of the tables were heard before this one.
    keyspace(&other, "last", 2).await?;
    until("the last keyspace is known", || session.replicas("last", Token(0)).len() == 2).await;
    let [nodes, all, _] = reads(&cluster);
    assert_eq!((nodes, all), (2, 2));
    other.query("DROP KEYSPACE ks", ()).await?;
    until("the keyspace is forgotten", || session.replicas("ks", Token(0)).is_empty()).await;
    assert_eq!(session.replicas("last", Token(0)).len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_limit_of_one_request_does_not_hold_up_the_session_itself() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let mut pool = PoolConfig::fixed(1);
    pool.sizes.max_requests_per_connection = 1;
    let session = builder(&cluster).pool(pool).build().await?;
    keyspace(&session, "ks", 1).await?;
    let created = session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    assert_eq!(created.info().has_schema_agreed(), Some(true));
    Ok(())
}
