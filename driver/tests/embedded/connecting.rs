use std::net::SocketAddr;
use std::time::{Duration, Instant};

use helenus::{BuildError, Compression, ProtocolVersion, Session, SessionBuilder};
use helenus_testkit::{EmbeddedCluster, Node};

use crate::behaviours::{Outcome, keyspace};
use crate::builder;

#[tokio::test]
async fn requests_go_to_replicas_of_their_data_center() -> Outcome {
    let cluster =
        EmbeddedCluster::builder().datacenter("east", 3).datacenter("west", 2).start().await?;
    let session = builder(&cluster).local_datacenter("east").build().await?;
    session
        .query(
            "CREATE KEYSPACE ks WITH replication = \
             {'class': 'NetworkTopologyStrategy', 'east': 2, 'west': 1}",
            (),
        )
        .await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?;
    let mut by_node = std::collections::HashMap::<SocketAddr, u32>::new();
    for k in 0..300 {
        let replicas = session.replicas("ks", insert.token((k,))?.unwrap());
        assert_eq!(replicas.len(), 3);
        let coordinator = session.execute(&insert, (k,)).await?.coordinator();
        assert!(replicas.contains(&coordinator));
        *by_node.entry(coordinator).or_default() += 1;
    }
    let east: Vec<_> = cluster.nodes().iter().take(3).map(Node::address).collect();
    assert!(by_node.keys().all(|node| east.contains(node)), "{by_node:?}");
    assert_eq!(by_node.len(), 3, "{by_node:?}");
    Ok(())
}

#[tokio::test]
async fn compressed_connections_carry_everything() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).compression(Compression::Lz4).build().await?;
    keyspace(&session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v text)", ()).await?;
    let long = "all work and no play ".repeat(5000);
    session.query("INSERT INTO ks.t (k, v) VALUES (?, ?)", (1, long.as_str())).await?;
    let result = session.query("SELECT v FROM ks.t WHERE k = ?", (1,)).await?;
    assert_eq!(result.one_row::<(&str,)>()?.0, long);
    Ok(())
}

#[tokio::test]
async fn a_login_is_accepted_or_refused_with_what_to_do() -> Outcome {
    let cluster = EmbeddedCluster::builder().authentication("ann", "s3cret").start().await?;
    let session = builder(&cluster).credentials("ann", "s3cret").build().await?;
    session.query("SELECT key FROM system.local", ()).await?;

    for builder in [builder(&cluster), builder(&cluster).credentials("ann", "guess")] {
        assert!(!format!("{builder:?}").contains("guess"));
        let error = builder.build().await.unwrap_err();
        assert!(matches!(error, BuildError::Authentication { .. }), "{error}");
        assert!(error.to_string().contains("Check the user name"), "{error}");
    }
    Ok(())
}

/// Talks to one kind of server only.
#[derive(Debug)]
struct OnlyKerberos;

impl helenus::Authenticator for OnlyKerberos {
    fn initial_response(&self, authenticator: &str) -> Option<Vec<u8>> {
        authenticator.contains("Kerberos").then(|| b"a ticket".to_vec())
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_mechanism_nobody_knows_is_named() -> Outcome {
    let cluster = EmbeddedCluster::builder().authentication("ann", "s3cret").start().await?;
    let builder = builder(&cluster).authenticator(std::sync::Arc::new(OnlyKerberos));
    let error = builder.build().await.unwrap_err();
    assert!(matches!(error, BuildError::Authentication { .. }), "{error}");
    assert!(error.to_string().contains("PasswordAuthenticator"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_session_that_cannot_be_built_says_why() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let error = builder(&cluster).local_datacenter("DC1").build().await.unwrap_err();
    assert!(error.to_string().contains("datacenter1"), "{error}");

    let error = Session::builder().build().await.unwrap_err();
    assert!(matches!(error, BuildError::NoContactPoints), "{error}");

    let error = builder(&cluster).page_size(0).build().await.unwrap_err();
    assert!(matches!(error, BuildError::Setting { setting: "page_size", .. }), "{error}");

    let error = builder(&cluster).keyspace("nowhere").build().await.unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");

    // A port that is bound and never accepted on: it takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
    let started = Instant::now();
    let error = Session::builder()
        .contact_point(silent.local_addr()?)
        .connect_timeout(Duration::from_millis(50))
        .build()
        .await
        .unwrap_err();
    assert!(matches!(error, BuildError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("within 50 ms"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
    Ok(())
}

#[tokio::test]
async fn one_contact_point_that_answers_is_enough() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    cluster.stop(0).await?;
    let session = builder(&cluster).contact_point("no-such-host.invalid").build().await?;
    session.query("SELECT key FROM system.local", ()).await?;
    Ok(())
}

#[tokio::test]
async fn a_default_keyspace_is_used_on_every_connection() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster).build().await?;
    keyspace(&session, "\"Mixed\"", 1).await?;
    session.query("CREATE TABLE \"Mixed\".t (k int PRIMARY KEY)", ()).await?;
    let session = builder(&cluster).keyspace("Mixed").build().await?;
    for k in 0..20 {
        session.query("INSERT INTO t (k) VALUES (?)", (k,)).await?;
        session.query(format!("SELECT k FROM t WHERE k = {k}"), ()).await?.one_row::<(i32,)>()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_node_that_does_not_know_v5_is_spoken_to_in_v4() -> Outcome {
    let old = EmbeddedCluster::builder().max_protocol_version(ProtocolVersion::V4).start().await?;
    let new = EmbeddedCluster::start(1).await?;
    for cluster in [&old, &new] {
        for compression in [None, Some(Compression::Lz4)] {
            let session =
                compression.into_iter().fold(builder(cluster), SessionBuilder::compression);
            let session = session.build().await?;
            keyspace(&session, "ks", 1).await?;
            session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v text)", ()).await?;
            // Longer than a segment.
            let long = "all work and no play ".repeat(10_000);
            session.query("INSERT INTO ks.t (k, v) VALUES (?, ?)", (1, long.as_str())).await?;
            let result = session.query("SELECT v FROM ks.t WHERE k = ?", (1,)).await?;
            assert_eq!(result.one_row::<(&str,)>()?.0, long);
        }
    }
    Ok(())
}
