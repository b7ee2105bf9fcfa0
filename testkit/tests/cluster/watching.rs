use std::time::Duration;

use helenus_protocol::{BoundValues, Consistency, CqlType, Opcode, QueryParameters, Value};
use helenus_testkit::{EmbeddedCluster, StatementKind};

use crate::client::{Client, parameters};

const CQL: &str = "SELECT key FROM system.local";
const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn every_statement_is_seen_where_it_came_from_which_way_and_when() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let [first, second] = cluster.addresses()[..] else { panic!() };
    let mut on_second = Client::connect(second).await;
    let mut on_first = Client::connect(first).await;
    on_second.query(CQL).await;
    let quorum = QueryParameters { consistency: Consistency::Quorum, ..parameters() };
    on_first.query_with(CQL, quorum).await;
    on_second.query(CQL).await;
    let seen = cluster.statements();
    let nodes: Vec<_> = seen.iter().map(|statement| statement.node).collect();
    assert_eq!(nodes, [second, first, second]);
    assert!(seen.is_sorted_by_key(|statement| statement.at));
    assert_eq!(seen[1].client, on_first.stream.local_addr().unwrap());
    assert_eq!((&*seen[1].cql, seen[1].kind), (CQL, StatementKind::Simple));
    assert_eq!(seen[1].consistency, Consistency::Quorum);
    cluster.forget_statements();
    assert!(cluster.statements().is_empty());
}

#[tokio::test]
async fn a_condition_is_waited_for() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let address = cluster.addresses()[0];
    let asking = tokio::spawn(async move { Client::connect(address).await.query(CQL).await });
    cluster.wait_until(LONG, |cluster| cluster.statements().len() == 1).await.unwrap();
    asking.await.unwrap();
    cluster.wait_until(LONG, |cluster| cluster.nodes()[0].connections() == 0).await.unwrap();
}

#[tokio::test]
async fn a_condition_that_does_not_come_about_tells_what_was_seen_instead() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    for _ in 0..25 {
        client.query(CQL).await;
    }
    cluster.stop(1).await.unwrap();
    let waited = cluster.wait_until(Duration::from_millis(5), |_| false).await;
    let told = format!("{:?}", waited.unwrap_err());
    let [first, second] = cluster.addresses()[..] else { panic!() };
    let local = client.stream.local_addr().unwrap();
    for part in [
        format!("{first} in datacenter1 is up, connections: 1, requests: 25"),
        format!("{second} in datacenter1 is down, connections: 0, requests: 0"),
        "(5 earlier statements)".to_owned(),
        format!("{local} -> {first} LOCAL_ONE Simple: {CQL}"),
    ] {
        assert!(told.contains(&part), "{part}\nnot in\n{told}");
    }
}

#[tokio::test]
async fn requests_are_seen_with_their_typed_values_even_those_that_fail() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let nodes = cluster.nodes();
    let mut client = Client::connect(nodes[0].address()).await;
    client.use_keyspace().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v text, l list<int>)").await;
    let insert = client.prepare("INSERT INTO t (k, v, l) VALUES (?, ?, ?)").await;
    client.execute(&insert, &(7, "x", vec![1, 2])).await;
    client.execute(&insert, &(8, None::<&str>, None::<Vec<i32>>)).await;
    let bound = BoundValues::encode(&(9,), &insert.metadata.columns[..1]).unwrap();
    let values = bound.as_values();
    client
        .query_with("SELECT v FROM t WHERE k = ?", QueryParameters { values, ..parameters() })
        .await;
    client.error("SELECT nothing FROM t").await;
    client.error("no CQL").await;

    let inserts = cluster.requests().on(&nodes[0]).executing("INSERT");
    inserts.assert_count(2);
    let values: Vec<Vec<_>> = inserts
        .iter()
        .map(|request| {
            request.statements[0].values().into_iter().map(|v| v.value.unwrap()).collect()
        })
        .collect();
    let list = Value::List(vec![Value::Int(1), Value::Int(2)]);
    assert_eq!(values[0], [Value::Int(7), Value::Text("x".into()), list]);
    assert_eq!(values[1], [Value::Int(8), Value::Null, Value::Null]);
    let seen = inserts.iter().next().unwrap();
    let first = &seen.statements[0].values()[0];
    assert_eq!((first.name.as_str(), &first.ty), ("k", &CqlType::Int));
    assert!(seen.statements[0].is_prepared() && seen.opcode == Opcode::Execute);
    assert_eq!(seen.connection, nodes[0].clients()[0].id);

    let selects = cluster.requests().executing("SELECT").over(seen.connection);
    selects.assert_count(2);
    assert_eq!(selects.iter().next().unwrap().statements[0].values()[0].value, Some(Value::Int(9)));
    cluster.requests().preparing("INSERT").assert_count(1);
    cluster.requests().of(Opcode::Startup).assert_some();
    cluster.requests().at_consistency(Consistency::LocalOne).executing("no CQL").assert_some();
    cluster.requests().on(&nodes[1]).assert_none();
}

#[tokio::test]
async fn a_claim_that_fails_shows_what_was_seen() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    client.query(CQL).await;
    let node = cluster.nodes().remove(0);
    let requests = cluster.requests();
    let claim =
        std::panic::AssertUnwindSafe(|| requests.on(&node).executing("local").assert_count(3));
    let told = std::panic::catch_unwind(claim).unwrap_err();
    let told = told.downcast_ref::<String>().unwrap();
    let address = node.address();
    for part in [
        format!("expected 3 requests on {address} executing \"local\", saw 1"),
        format!("-> {address} STARTUP"),
        format!("#1 -> {address} QUERY LOCAL_ONE: {CQL}"),
    ] {
        assert!(told.contains(&part), "{part}\nnot in\n{told}");
    }
}
