use helenus_protocol::{FrameFlags, Query, Request};
use uuid::Uuid;

use crate::client::parameters;
use crate::one_node;

#[tokio::test]
async fn a_traced_request_is_written_down() {
    let (cluster, mut client) = one_node().await;
    let request =
        Request::Query(Query { cql: "SELECT * FROM system.local", parameters: parameters() });
    assert_eq!(client.call_with(&request, FrameFlags::NONE).await.tracing_id, None);
    let id: Uuid = client.call_with(&request, FrameFlags::TRACING).await.tracing_id.unwrap();
    let sessions: Vec<(std::net::IpAddr, i32, std::collections::BTreeMap<String, String>)> = client
        .select(&format!("SELECT coordinator, duration, parameters FROM system_traces.sessions WHERE session_id = {id}"))
        .await;
    let (coordinator, duration, details) = &sessions[0];
    assert_eq!(*coordinator, cluster.addresses()[0].ip());
    assert!(*duration > 0);
    assert_eq!(details["query"], "SELECT * FROM system.local");
    assert_eq!(details["consistency_level"], "LOCAL_ONE");
    let events: Vec<(String, i32)> = client
        .select(&format!(
            "SELECT activity, source_elapsed FROM system_traces.events WHERE session_id = {id}"
        ))
        .await;
    let activities: Vec<_> = events.iter().map(|(activity, _)| activity.as_str()).collect();
    assert_eq!(activities.first(), Some(&"Parsing SELECT * FROM system.local"));
    assert_eq!(activities.last(), Some(&"Read 1 live rows and 0 tombstone cells"));
    assert!(events.iter().all(|(_, elapsed)| (1..=*duration).contains(elapsed)));
}
