use helenus_protocol::{ErrorKind, Response, SchemaChange, SchemaChangeKind, SchemaTarget};
use helenus_testkit::EmbeddedCluster;

use crate::client::Client;
use crate::one_node;

const KEYSPACE: &str =
    "CREATE KEYSPACE a WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}";

#[tokio::test]
async fn changes_say_what_changed_and_no_ops_say_nothing() {
    let (_cluster, mut client) = one_node().await;
    let change = |kind, target| {
        Response::SchemaChange(SchemaChange { kind, keyspace: "a".to_owned(), target })
    };
    let table = || SchemaTarget::Table("t".to_owned());
    assert_eq!(
        client.query(KEYSPACE).await,
        change(SchemaChangeKind::Created, SchemaTarget::Keyspace)
    );
    let again = KEYSPACE.replace("KEYSPACE", "KEYSPACE IF NOT EXISTS");
    assert_eq!(client.query(&again).await, Response::Void);
    let create = "CREATE TABLE a.t (k int PRIMARY KEY)";
    assert_eq!(client.query(create).await, change(SchemaChangeKind::Created, table()));
    assert_eq!(
        client.query("CREATE TABLE IF NOT EXISTS a.t (k int PRIMARY KEY)").await,
        Response::Void
    );
    let refused = client.error(create).await;
    assert_eq!(refused.kind, ErrorKind::AlreadyExists { keyspace: "a".into(), table: "t".into() });
    assert_eq!(refused.message, "Cannot add already existing table \"t\" to keyspace \"a\"");
    assert_eq!(client.query("DROP TABLE a.t").await, change(SchemaChangeKind::Dropped, table()));
    assert_eq!(client.query("DROP TABLE IF EXISTS a.t").await, Response::Void);
    assert_eq!(
        client.query("DROP KEYSPACE a").await,
        change(SchemaChangeKind::Dropped, SchemaTarget::Keyspace)
    );
    assert_eq!(client.error("USE a").await.message, "Keyspace 'a' does not exist");
    assert_eq!(client.error("SELECT * FROM a.t").await.message, "keyspace a does not exist");
}

#[tokio::test]
async fn impossible_schemas_are_refused() {
    let (_cluster, mut client) = one_node().await;
    for (cql, kind, message) in [
        (
            "CREATE TABLE t (k int)",
            ErrorKind::Invalid,
            "No PRIMARY KEY specifed for table 't' (exactly one required)",
        ),
        (
            "CREATE TABLE t (k int PRIMARY KEY, k text)",
            ErrorKind::Invalid,
            "Duplicate column 'k' declaration for table 't'",
        ),
        (
            "CREATE TABLE t (k list<int> PRIMARY KEY)",
            ErrorKind::Invalid,
            "Invalid non-frozen collection type list<int> for PRIMARY KEY column 'k'",
        ),
        (
            "CREATE TABLE t (k int PRIMARY KEY, v nothing)",
            ErrorKind::Invalid,
            "Unknown type ks.nothing",
        ),
        (
            "CREATE TABLE t (k int PRIMARY KEY, v int) WITH colour = 'red'",
            ErrorKind::SyntaxError,
            "Unknown property 'colour'",
        ),
        (
            "CREATE TABLE t (k int PRIMARY KEY, v int, n counter)",
            ErrorKind::Invalid,
            "Cannot mix counter and non counter columns in the same table",
        ),
        (
            "CREATE TABLE system.t (k int PRIMARY KEY)",
            ErrorKind::Unauthorized,
            "system keyspace is not user-modifiable.",
        ),
        (
            "CREATE TABLE none.t (k int PRIMARY KEY)",
            ErrorKind::Invalid,
            "Keyspace 'none' doesn't exist",
        ),
        (
            "CREATE KEYSPACE b WITH replication = {'class': 'NetworkTopologyStrategy', 'mars': 1}",
            ErrorKind::ConfigError,
            "Unrecognized strategy option {mars} passed to NetworkTopologyStrategy for keyspace b",
        ),
        (
            "SELEC",
            ErrorKind::SyntaxError,
            "line 1:0 no viable alternative at input 'SELEC' ([SELEC])",
        ),
        (
            "SELECT x FROM system.local",
            ErrorKind::Invalid,
            "Undefined column name x in table system.local",
        ),
        (
            "INSERT INTO system.peer_events (peer) VALUES ('127.0.0.1')",
            ErrorKind::Unauthorized,
            "system keyspace is not user-modifiable.",
        ),
    ] {
        let refused = client.error(cql).await;
        assert_eq!((refused.kind, refused.message.as_str()), (kind, message), "{cql}");
    }
}

#[tokio::test]
async fn truncated_tables_are_empty_and_dropped_ones_unprepare_their_statements() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    client.run("INSERT INTO t (k) VALUES (1)").await;
    client.run("TRUNCATE t").await;
    assert_eq!(client.rows("SELECT * FROM t").await.count, 0);
    let insert = client.prepare("INSERT INTO t (k) VALUES (?)").await;
    client.run("DROP TABLE t").await;
    let Response::Error(refused) = client.execute(&insert, &(1,)).await else { panic!() };
    assert_eq!(refused.kind, ErrorKind::Unprepared { id: insert.id.clone() });
}

#[tokio::test]
async fn the_schema_shows_in_the_schema_tables_of_every_node_under_one_version() {
    let cluster =
        EmbeddedCluster::builder().datacenter("dc1", 1).datacenter("dc2", 1).start().await.unwrap();
    let mut first = Client::connect(cluster.addresses()[0]).await;
    let mut second = Client::connect(cluster.addresses()[1]).await;
    let version = "SELECT schema_version FROM system.local WHERE key = 'local'";
    let before: Vec<(uuid::Uuid,)> = first.select(version).await;
    first.run("CREATE KEYSPACE n WITH replication = {'class': 'NetworkTopologyStrategy', 'replication_factor': 3}").await;
    first.run("CREATE TABLE n.t (a int, b text, c timeuuid, s text static, v frozen<map<text, int>>, PRIMARY KEY ((a, b), c)) WITH CLUSTERING ORDER BY (c DESC) AND comment = 'hello'").await;
    let after: Vec<(uuid::Uuid,)> = second.select(version).await;
    assert_ne!(before, after);
    assert_eq!(first.select::<(uuid::Uuid,)>(version).await, after);
    let peers: Vec<(uuid::Uuid,)> = first.select("SELECT schema_version FROM system.peers").await;
    assert_eq!(peers, after);

    let replication: Vec<(std::collections::BTreeMap<String, String>,)> = second
        .select("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = 'n'")
        .await;
    let replication: Vec<_> =
        replication[0].0.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let class = ("class", "org.apache.cassandra.locator.NetworkTopologyStrategy");
    assert_eq!(replication, [class, ("dc1", "3"), ("dc2", "3")]);
    let columns: Vec<(String, String, String, i32, String)> = second
        .select("SELECT column_name, clustering_order, kind, position, type FROM system_schema.columns WHERE keyspace_name = 'n' AND table_name = 't'")
        .await;
    let columns: Vec<_> = columns
        .iter()
        .map(|(a, b, c, d, e)| (a.as_str(), b.as_str(), c.as_str(), *d, e.as_str()))
        .collect();
    assert_eq!(
        columns,
        [
            ("a", "none", "partition_key", 0, "int"),
            ("b", "none", "partition_key", 1, "text"),
            ("c", "desc", "clustering", 0, "timeuuid"),
            ("s", "none", "static", -1, "text"),
            ("v", "none", "regular", -1, "frozen<map<text, int>>"),
        ]
    );
    let tables: Vec<(String, Vec<String>, i32)> = second
        .select("SELECT comment, flags, gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = 'n'")
        .await;
    assert_eq!(tables, [("hello".to_owned(), vec!["compound".to_owned()], 864_000)]);
}

#[tokio::test]
async fn types_may_be_named_by_cassandras_classes() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TYPE \"a \"\"type\" (c 'DynamicCompositeType(s => UTF8Type)')").await;
    client.run("CREATE TABLE t (k 'Int32Type' PRIMARY KEY, v 'ListType(UTF8Type)')").await;
    client.run("INSERT INTO t (k, v) VALUES (1, ['a'])").await;
    let found: Vec<(i32, Vec<String>)> = client.select("SELECT k, v FROM t").await;
    assert_eq!(found, [(1, vec!["a".to_owned()])]);
    let shown: Vec<(String, Vec<String>)> =
        client.select("SELECT type_name, field_types FROM system_schema.types").await;
    let class = "'org.apache.cassandra.db.marshal.DynamicCompositeType(s=>org.apache.cassandra.db.marshal.UTF8Type)'";
    assert_eq!(shown, [("a \"type".to_owned(), vec![class.to_owned()])]);
    let refused = client.error("CREATE TABLE u (k 'Foo' PRIMARY KEY)").await;
    assert_eq!(
        (refused.kind, &*refused.message),
        (
            ErrorKind::SyntaxError,
            "Error setting type Foo: Unable to find abstract-type class 'org.apache.cassandra.db.marshal.Foo'"
        )
    );
}

#[tokio::test]
async fn tables_may_have_longer_names_than_keyspaces_and_types_any() {
    let (_cluster, mut client) = one_node().await;
    let keyspace = |name: &str| {
        format!(
            "CREATE KEYSPACE {name} \
             WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}"
        )
    };
    let table = |length| format!("CREATE TABLE {} (k int PRIMARY KEY)", "t".repeat(length));
    client.run(&keyspace(&"k".repeat(48))).await;
    let refused = client.error(&keyspace(&"k".repeat(49))).await;
    assert_eq!(refused.kind, ErrorKind::Invalid);
    client.run(&table(222)).await;
    assert_eq!(client.error(&table(223)).await.kind, ErrorKind::ConfigError);
    let refused = client.error("CREATE TABLE \"a-b\" (k int PRIMARY KEY)").await;
    assert_eq!(refused.kind, ErrorKind::ConfigError);
    client.run("CREATE TYPE \"a.b@#$%!\" (\"c.d\" int)").await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v frozen<\"a.b@#$%!\">)").await;
    client.run("INSERT INTO t (k, v) VALUES (1, {\"c.d\": 2})").await;
    assert_eq!(client.select::<(i32,)>("SELECT v.\"c.d\" FROM t").await, [(2,)]);
}
