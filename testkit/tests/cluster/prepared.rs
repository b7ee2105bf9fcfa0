//! What a node keeps of the statements that it has prepared.

use helenus_protocol::{ErrorKind, Response};
use helenus_testkit::EmbeddedCluster;

use crate::client::{Client, error};
use crate::one_node;

type Shown = (Vec<u8>, Option<String>, String);

async fn shown(client: &mut Client) -> Vec<Shown> {
    let all: Vec<Shown> = client
        .select("SELECT prepared_id, logged_keyspace, query_string FROM system.prepared_statements")
        .await;
    all
}

#[tokio::test]
async fn a_statement_that_names_its_keyspace_is_the_same_in_all_of_them() {
    let (cluster, mut client) = one_node().await;
    let mut other = Client::connect(cluster.addresses()[0]).await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    client.run("CREATE KEYSPACE b WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}").await;
    client.run("CREATE TABLE b.t (k int PRIMARY KEY)").await;
    for (cql, is_the_same) in [
        ("SELECT k FROM t WHERE k = ?", false),
        ("SELECT k FROM ks.t WHERE k = ?", true),
        (
            "BEGIN BATCH INSERT INTO ks.t (k) VALUES (?) INSERT INTO t (k) VALUES (?) APPLY BATCH",
            false,
        ),
        (
            "BEGIN BATCH INSERT INTO ks.t (k) VALUES (?) DELETE FROM ks.t WHERE k = 1 APPLY BATCH",
            true,
        ),
    ] {
        let here = client.prepare(cql).await;
        other.run("USE b").await;
        assert_eq!(other.prepare(cql).await.id == here.id, is_the_same, "{cql}");
        other.run("USE ks").await;
        assert_eq!(other.prepare(cql).await.id, here.id, "{cql}");
    }
}

#[tokio::test]
async fn what_is_prepared_is_shown_until_its_table_is_gone() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    let bare = "SELECT k FROM t WHERE k = ?";
    let full = "SELECT k FROM ks.t WHERE k = ?";
    let prepared = client.prepare(bare).await;
    client.prepare(full).await;
    let mut all = shown(&mut client).await;
    all.sort_by_key(|(.., cql)| cql.len());
    let named = |name: &str| Some(name.to_owned());
    assert_eq!((&all[0].0, &all[0].1), (&prepared.id.to_vec(), &named("ks")));
    assert_eq!((&*all[0].2, &all[1].1, &*all[1].2), (bare, &None, full));
    client.run("DROP TABLE t").await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    assert_eq!(shown(&mut client).await, []);
    let forgotten = error(client.execute(&prepared, &(1,)).await);
    assert!(matches!(forgotten.kind, ErrorKind::Unprepared { .. }));
    assert_eq!(client.prepare(bare).await.id, prepared.id);
    assert!(matches!(client.execute(&prepared, &(1,)).await, Response::Rows(_)));
}

#[tokio::test]
async fn the_list_of_what_is_prepared_can_be_emptied_and_nothing_is_forgotten() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let mut clients = Vec::new();
    for address in cluster.addresses() {
        let mut client = Client::connect(address).await;
        client.run("USE system").await;
        let prepared = client.prepare("SELECT key FROM local").await;
        clients.push((client, prepared));
    }
    let (first, prepared) = &mut clients[0];
    first.run("TRUNCATE system.prepared_statements").await;
    assert_eq!(first.prepare("SELECT key FROM local").await.id, prepared.id);
    for (client, prepared) in &mut clients {
        assert_eq!(shown(client).await, []);
        assert!(matches!(client.execute(prepared, &()).await, Response::Rows(_)));
    }
    let (first, _) = &mut clients[0];
    first.prepare("SELECT rack FROM local").await;
    assert_eq!(shown(first).await.len(), 1);
    let refused = first.error("TRUNCATE system.local").await;
    assert_eq!(refused.message, "system keyspace is not user-modifiable.");
}
