use crate::one_node;

#[tokio::test]
async fn what_is_described_can_be_made_again() {
    let (_cluster, mut client) = one_node().await;
    for cql in [
        "CREATE TYPE point (x int, y int)",
        "CREATE TABLE t (k int, c int, \"P\" frozen<point>, l list<int>, s int static, PRIMARY KEY (k, c)) \
         WITH CLUSTERING ORDER BY (c DESC) AND comment = 'it''s'",
        "CREATE INDEX by_p ON t (\"P\")",
        "CREATE TABLE base (k int PRIMARY KEY, v int)",
        "CREATE MATERIALIZED VIEW by_v AS SELECT * FROM base WHERE k IS NOT NULL AND v IS NOT NULL PRIMARY KEY (v, k)",
        "CREATE FUNCTION plus (a int, b int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java AS 'return a + b;'",
        "CREATE AGGREGATE total (int) SFUNC plus STYPE int INITCOND 0",
    ] {
        client.run(cql).await;
    }
    let cql = "DESCRIBE KEYSPACE ks";
    let described: Vec<(String, String, String, String)> = client.select(cql).await;
    let kinds: Vec<_> = described.iter().map(|(_, kind, name, _)| (&**kind, &**name)).collect();
    assert_eq!(
        kinds,
        [
            ("keyspace", "ks"),
            ("type", "point"),
            ("function", "plus(int, int)"),
            ("aggregate", "total(int)"),
            ("table", "base"),
            ("materialized_view", "by_v"),
            ("table", "t"),
            ("index", "by_p"),
        ]
    );
    client.run("DROP KEYSPACE ks").await;
    for (_, _, _, statement) in &described {
        client.run(statement).await;
    }
    let again: Vec<(String, String, String, String)> = client.select(cql).await;
    assert_eq!(again, described);
    assert_eq!(client.rows("DESCRIBE CLUSTER").await.count, 1);
    let refused = client.error("DESCRIBE TABLE ks.nothing").await;
    assert_eq!(refused.message, "Table 'nothing' not found in keyspace 'ks'");
}

#[tokio::test]
async fn the_first_state_of_an_aggregate_is_shown_as_cassandra_writes_it() {
    let (_cluster, mut client) = one_node().await;
    for cql in [
        "CREATE FUNCTION next (s tuple<int,text>, v int) CALLED ON NULL INPUT RETURNS tuple<int,text> LANGUAGE java \
         AS 'return s;'",
        "CREATE AGGREGATE last (int) SFUNC next STYPE tuple<int,text> INITCOND (0,'it''s')",
    ] {
        client.run(cql).await;
    }
    let shown: Vec<(String,)> = client
        .select("SELECT initcond FROM system_schema.aggregates WHERE keyspace_name = 'ks'")
        .await;
    assert_eq!(shown, [("(0, 'it''s')".to_owned(),)]);
}
