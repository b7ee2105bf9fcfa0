use helenus_protocol::{ErrorKind, Response};
use helenus_testkit::EmbeddedCluster;

use crate::client::{Client, error};
use crate::one_node;

#[tokio::test]
async fn roles_are_made_granted_listed_and_log_in() {
    let cluster =
        EmbeddedCluster::builder().authentication("ada", "lovelace").start().await.unwrap();
    let mut client = Client::open(cluster.addresses()[0]).await;
    client.log_in("ada", "lovelace").await;
    client.use_keyspace().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    for cql in [
        "CREATE ROLE team",
        "CREATE ROLE bob WITH PASSWORD = 'builder' AND LOGIN = true",
        "GRANT team TO bob",
        "GRANT SELECT ON t TO team",
        "GRANT MODIFY ON KEYSPACE ks TO bob",
        "REVOKE MODIFY ON KEYSPACE ks FROM bob",
    ] {
        client.run(cql).await;
    }
    type Listed = (String, bool, bool);
    let listed: Vec<(String, bool, bool, std::collections::BTreeMap<String, String>, String)> =
        client.select("LIST ROLES").await;
    let listed: Vec<Listed> = listed.into_iter().map(|row| (row.0, row.1, row.2)).collect();
    let expected = [("ada", true, true), ("bob", false, true), ("team", false, false)];
    assert_eq!(listed, expected.map(|(name, is_super, login)| (name.to_owned(), is_super, login)));
    let held: Vec<(String, String, String, String)> =
        client.select("LIST ALL PERMISSIONS OF bob").await;
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].0.as_str(), held[0].2.as_str()), ("team", "<table ks.t>"));
    for (cql, message) in [
        ("CREATE ROLE bob", "bob already exists"),
        ("GRANT bob TO team", "bob is a member of team"),
        ("DROP ROLE ada", "Cannot DROP primary role for current login"),
        ("LIST ROLES OF eve", "<role eve> doesn't exist"),
    ] {
        assert_eq!(client.error(cql).await.message, message, "{cql}");
    }
    let mut bob = Client::open(cluster.addresses()[0]).await;
    assert_eq!(bob.log_in("bob", "builder").await, Response::AuthSuccess(None));
    client.run("DROP ROLE bob").await;
    let mut gone = Client::open(cluster.addresses()[0]).await;
    assert_eq!(error(gone.log_in("bob", "builder").await).kind, ErrorKind::BadCredentials);
}

#[tokio::test]
async fn nobody_has_roles_where_nobody_logs_in() {
    let (_cluster, mut client) = one_node().await;
    assert_eq!(client.error("CREATE ROLE r").await.kind, ErrorKind::Unauthorized);
}
