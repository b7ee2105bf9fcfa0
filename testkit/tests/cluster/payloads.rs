//! Custom payloads, which a node drops unless it is told to send them back.

use bytes::Bytes;
use helenus_protocol::{
    FrameCodec, FrameFlags, Payload, Prepare, Query, Request, RequestBody, Response, ResponseBody,
};
use helenus_testkit::EmbeddedCluster;
use tokio::io::AsyncWriteExt;

use crate::client::{Client, V4, parameters};

fn payload() -> Payload {
    vec![("a".to_owned(), Some(Bytes::from_static(&[1, 2]))), ("b".to_owned(), None)]
}

async fn call(client: &mut Client, request: Request<'_>) -> ResponseBody {
    let body = RequestBody { payload: payload(), request };
    let mut frame = Vec::new();
    FrameCodec::new(V4).encode_request_body(&body, 0, FrameFlags::NONE, &mut frame).unwrap();
    client.stream.write_all(&frame).await.unwrap();
    client.receive().await.1
}

fn query(cql: &str) -> Request<'_> {
    Request::Query(Query { cql, parameters: parameters() })
}

#[tokio::test]
async fn answers_mirror_the_payloads_of_their_requests_where_they_are_to() {
    let cluster = EmbeddedCluster::builder().mirror_payloads().start().await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    let rows = call(&mut client, query("SELECT key FROM system.local")).await;
    assert!(matches!(rows.response, Response::Rows(_)));
    assert_eq!(rows.payload, payload());
    let prepare = Prepare { cql: "SELECT key FROM system.local", keyspace: None };
    assert_eq!(call(&mut client, Request::Prepare(prepare)).await.payload, payload());
    let error = call(&mut client, query("SELECT key FROM system.nothing")).await;
    assert!(matches!(error.response, Response::Error(_)));
    assert_eq!(error.payload, Payload::new());
}

#[tokio::test]
async fn a_node_drops_payloads() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    let rows = call(&mut client, query("SELECT key FROM system.local")).await;
    assert_eq!(rows.payload, Payload::new());
}
