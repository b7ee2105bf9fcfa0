use std::sync::Arc;

use tokio::task::JoinSet;

use super::Options;
use super::helenus::{self, Helenus};
use super::load::Done;
use super::peer::Peer;
use crate::Error;
use crate::items::{KEYSPACE, TABLE, payload};

/// Makes keyspace and table anew, with up to three copies of each row, and writes every row once.
pub(super) async fn fill(options: &Options) -> Result<Done, Error> {
    create(options).await?;
    let peer = Arc::new(Helenus::connect(options).await?);
    let mut tasks = JoinSet::new();
    for task in 0..u64::from(options.in_flight) {
        let (peer, ids) =
            (Arc::clone(&peer), (task..options.keys).step_by(options.in_flight as usize));
        tasks.spawn(async move {
            for id in ids {
                let id = id.cast_signed();
                peer.write(id, &payload(id)).await?;
            }
            Ok::<_, Error>(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(Done { requests: options.keys, rows: options.keys })
}

async fn create(options: &Options) -> Result<(), Error> {
    let session = helenus::session(options).await?;
    let copies = session.metrics().nodes.len().min(3);
    session.query(format!("DROP KEYSPACE IF EXISTS {KEYSPACE}"), ()).await?;
    let replication =
        format!("{{'class': 'NetworkTopologyStrategy', 'replication_factor': {copies}}}");
    session
        .query(format!("CREATE KEYSPACE {KEYSPACE} WITH replication = {replication}"), ())
        .await?;
    let columns = "id bigint PRIMARY KEY, payload blob";
    session.query(format!("CREATE TABLE {KEYSPACE}.{TABLE} ({columns})"), ()).await?;
    Ok(())
}
