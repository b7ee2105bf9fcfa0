//! A session on an embedded cluster.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "../behaviours/mod.rs"]
mod behaviours;
mod connecting;
mod contacting;
mod dropping;
mod endings;
mod execution_info;
mod explaining;
mod faults;
mod figures;
mod health;
mod in_order;
mod large;
mod measuring;
mod metadata;
mod observing;
mod outages;
mod oversized;
mod paging;
mod pool;
mod profiles;
mod race;
mod reaching;
mod retries;
mod retry_budget;
mod shards;
mod silence;
mod timestamps;
#[cfg(feature = "tls")]
mod tls;
mod topology;
mod trouble;

use std::sync::Arc;
use std::time::{Duration, Instant};

use behaviours::{Outcome, keyspace};
use helenus::policies::{ConstantReconnection, RoundRobin};
use helenus::{Session, SessionBuilder};
use helenus_testkit::EmbeddedCluster;

fn builder(cluster: &EmbeddedCluster) -> SessionBuilder {
    Session::builder().contact_points(cluster.contact_points())
}

/// Waits until something is so; a test that waits in vain fails.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waited = Instant::now();
    while !is_so() {
        assert!(waited.elapsed() < Duration::from_secs(20), "it never came about that {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Runs a behaviour in a keyspace of its own.
macro_rules! behaviours {
    ($($name:ident)*) => {
        $(#[tokio::test]
        async fn $name() -> Outcome {
            let cluster = EmbeddedCluster::start(3).await?;
            let session = builder(&cluster).build().await?;
            keyspace(&session, "ks", 2).await?;
            behaviours::$name(&session, "ks").await?;
            session.shutdown(Duration::from_secs(5)).await;
            Ok(())
        })*
    };
}

behaviours! {
    altered_tables_are_never_misread
    batches_are_written_whole
    errors_say_what_where_and_why
    pages_hold_every_row_once
    rows_stream_across_pages
    simple_statements_take_values
    statements_are_prepared_once
    values_of_every_native_type_come_back
}

/// Asks all nodes alike, however busy they are.
fn in_turn() -> Arc<RoundRobin> {
    Arc::new(RoundRobin)
}

/// Reconnects almost at once.
fn soon() -> Arc<ConstantReconnection> {
    Arc::new(ConstantReconnection(Duration::from_millis(10)))
}
