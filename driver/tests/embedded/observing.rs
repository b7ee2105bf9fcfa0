//! What a session tells of what happens to it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use helenus::{CloseReason, EventListener, EventStream, PoolSize, SessionEvent};
use helenus_testkit::EmbeddedCluster;

use crate::behaviours::Outcome;
use crate::{builder, soon, until};

/// Waits for an event that is so.
async fn wait_for(
    events: &mut EventStream,
    what: &str,
    mut is_it: impl FnMut(&SessionEvent) -> bool,
) {
    let found = async {
        while let Some(event) = events.next().await {
            if is_it(&event) {
                return;
            }
        }
        panic!("the events ended before {what}");
    };
    let found = tokio::time::timeout(Duration::from_secs(20), found).await;
    assert!(found.is_ok(), "no event told of {what}");
}

#[tokio::test]
async fn the_loss_and_the_return_of_a_node_are_told() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let lost = cluster.nodes()[1].address();
    let session = builder(&cluster).reconnection(soon()).build().await?;
    let mut events = session.events();
    cluster.stop(1).await?;
    wait_for(&mut events, "the connection's end", |event| {
        let SessionEvent::Closed { node, reason } = event else { return false };
        *node == lost && matches!(reason, CloseReason::ByPeer | CloseReason::Io(_))
    })
    .await;
    let of_lost = |event: &SessionEvent| matches!(event, SessionEvent::ConnectFailed { node, .. } if *node == lost);
    wait_for(&mut events, "a failed attempt", of_lost).await;
    cluster.restart(1).await?;
    let is_up =
        |event: &SessionEvent| matches!(event, SessionEvent::NodeUp { node } if *node == lost);
    wait_for(&mut events, "the node's return", is_up).await;
    session.shutdown(Duration::from_secs(5)).await;
    while events.next().await.is_some() {}
    Ok(())
}

#[tokio::test]
async fn nodes_that_join_and_leave_are_told_and_where_the_control_connection_goes() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let soon_read = Duration::from_millis(5);
    let session = builder(&cluster).reconnection(soon()).event_debounce(soon_read).build().await?;
    let mut events = session.events();
    let joined = cluster.add_node("datacenter1", "rack1").await?.address();
    wait_for(
        &mut events,
        "the new node",
        |event| matches!(event, SessionEvent::NodeAdded { node } if *node == joined),
    )
    .await;
    let control = || cluster.connections().into_iter().find(|client| client.hears_events);
    let left = control().ok_or("no connection hears of changes")?.node;
    let index = cluster.addresses().iter().position(|node| *node == left);
    cluster.decommission(index.ok_or("it is one of the cluster's")?).await?;
    let mut told = Vec::new();
    wait_for(&mut events, "both", |event| {
        match event {
            SessionEvent::NodeRemoved { node } => {
                assert_eq!(*node, left);
                told.push("removed");
            }
            SessionEvent::ControlMoved { node } => {
                assert_ne!(*node, left);
                told.push("moved");
            }
            _ => {}
        }
        told.len() == 2
    })
    .await;
    assert_eq!(told, ["moved", "removed"], "those who stay tell of it");
    Ok(())
}

#[derive(Debug, Default)]
struct Kept(Mutex<Vec<SessionEvent>>);

impl EventListener for Kept {
    fn on_event(&self, event: &SessionEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

#[tokio::test]
async fn a_listener_hears_of_all_from_the_start() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let kept = Arc::new(Kept::default());
    let listener: Arc<dyn EventListener> = Arc::clone(&kept) as _;
    let session = builder(&cluster).event_listener(listener).build().await?;
    let count = |is_it: fn(&SessionEvent) -> bool| {
        kept.0.lock().unwrap().iter().filter(|event| is_it(event)).count()
    };
    assert_eq!(count(|event| matches!(event, SessionEvent::NodeAdded { .. })), 2);
    assert_eq!(count(|event| matches!(event, SessionEvent::NodeUp { .. })), 2);
    let connections = session.metrics().nodes.iter().map(|node| node.connections).sum::<usize>();
    assert_eq!(count(|event| matches!(event, SessionEvent::Connected { .. })), connections);
    session.resize_pools(session.pool_sizes().with_local(PoolSize::fixed(1)))?;
    let surplus = |event: &SessionEvent| {
        matches!(event, SessionEvent::Closed { reason: CloseReason::Surplus, .. })
    };
    until("those that are too many are closed", || count(surplus) == connections - 2).await;
    session.shutdown(Duration::from_secs(5)).await;
    assert_eq!(count(|event| matches!(event, SessionEvent::NodeDown { .. })), 2);
    Ok(())
}

#[tokio::test]
async fn pagers_that_are_forgotten_are_told_of_with_where_they_were_begun() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let limit = Duration::from_millis(50);
    let session = builder(&cluster).leak_threshold(limit).build().await?;
    let mut events = session.events();
    let select = session.prepare("SELECT key FROM system.local").await?;
    drop(session.pages(&select, ())?);
    let line = line!() + 1;
    let mut forgotten = session.pages(&select, ())?;
    for _ in 0..2 {
        wait_for(&mut events, "the forgotten pager", |event| {
            let SessionEvent::HeldUnused { begun_at, unused } = event else { return false };
            assert!(begun_at.file().ends_with("observing.rs") && begun_at.line() == line);
            *unused >= limit
        })
        .await;
        // Used again, it may be forgotten again.
        forgotten.next_page().await?;
    }
    Ok(())
}

#[tokio::test]
async fn requests_that_find_no_node_are_told_of_once_a_second() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).build().await?;
    let mut events = session.events();
    cluster.stop(0).await?;
    until("the node is down", || !session.metrics().nodes[0].is_up).await;
    for _ in 0..5 {
        assert!(session.query("SELECT key FROM system.local", ()).await.is_err());
    }
    session.shutdown(Duration::from_secs(5)).await;
    let mut told = 0;
    while let Some(event) = events.next().await {
        told += u32::from(matches!(event, SessionEvent::Exhausted));
    }
    assert_eq!(told, 1);
    Ok(())
}
