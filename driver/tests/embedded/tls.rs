use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use helenus::{
    BuildError, Compression, ConnectError, Destination, PoolConfig, ProtocolVersion, Session,
    TlsConfig, TlsConfigBuilder, TlsError,
};
use helenus_testkit::{EmbeddedCluster, NodeCertificate, Tls};

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, soon, until};

async fn cluster(tls: Tls) -> EmbeddedCluster {
    EmbeddedCluster::builder().tls(tls).start().await.unwrap()
}

fn trusting(cluster: &EmbeddedCluster) -> TlsConfigBuilder {
    TlsConfig::builder().trust_pem(cluster.authority_pem().unwrap())
}

async fn connect(cluster: &EmbeddedCluster, tls: TlsConfigBuilder) -> Result<Session, BuildError> {
    builder(cluster).tls(tls.build().unwrap()).reconnection(soon()).build().await
}

/// Why a session could not be built, which is expected.
async fn failure(cluster: &EmbeddedCluster, tls: TlsConfigBuilder) -> TlsError {
    match reason(connect(cluster, tls).await.unwrap_err()) {
        ConnectError::Tls(error) => error,
        other => panic!("{other}"),
    }
}

fn reason(error: BuildError) -> ConnectError {
    match error {
        BuildError::Unreachable { mut failures } => failures.remove(0).1,
        other => panic!("{other}"),
    }
}

/// Writes and reads rows, all at once, and looks at each answer.
async fn rows_come_back(session: &Session, rows: i32) -> Outcome {
    keyspace(session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v text)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
    let select = session.prepare("SELECT v FROM ks.t WHERE k = ?").await?;
    let tasks: Vec<_> = (0..100)
        .map(|task| {
            let (session, insert, select) = (session.clone(), insert.clone(), select.clone());
            tokio::spawn(async move {
                for k in (task..rows).step_by(100) {
                    let v = format!("{k} ").repeat(1 + k.unsigned_abs() as usize % 50);
                    session.execute(&insert, (k, v.as_str())).await?;
                    let result = session.execute(&select, (k,)).await?;
                    assert_eq!(result.one_row::<(&str,)>()?.0, v);
                }
                Outcome::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let count = session.query("SELECT count(*) FROM ks.t", ()).await?;
    assert_eq!(count.one_row::<(i64,)>()?.0, i64::from(rows));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_rows_come_back_in_every_version() -> Outcome {
    let cluster = cluster(Tls::new()).await;
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        for compression in [None, Some(Compression::Lz4)] {
            let tls = trusting(&cluster).build()?;
            let session = builder(&cluster).tls(tls.clone()).connection(|connection| {
                connection.max_version = version;
                connection.compression = compression;
            });
            let session = session.build().await?;
            rows_come_back(&session, 10_000).await?;
            assert_eq!(session.metrics().nodes[0].connections, 2);
            // The pool's connections resume what the first connection began.
            assert!(tls.handshakes().full >= 1 && tls.handshakes().resumed >= 1, "{tls:?}");
            session.shutdown(Duration::from_secs(5)).await;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_values_travel_both_ways() -> Outcome {
    let cluster = cluster(Tls::new()).await;
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let session = builder(&cluster)
            .tls(trusting(&cluster).build()?)
            .connection(|connection| connection.max_version = version)
            .build()
            .await?;
        keyspace(&session, "ks", 1).await?;
        session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v blob)", ()).await?;
        for k in 0..4_u8 {
            let value: Vec<u8> = (0..1 << 20).map(|i: u32| (i % 251) as u8 ^ k).collect();
            session
                .query("INSERT INTO ks.t (k, v) VALUES (?, ?)", (i32::from(k), &value[..]))
                .await?;
            let result = session.query("SELECT v FROM ks.t WHERE k = ?", (i32::from(k),)).await?;
            assert!(result.one_row::<(&[u8],)>()?.0 == value);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_back_up_behind_a_frozen_node_arrive_when_it_thaws() -> Outcome {
    const WRITES: i32 = 128;
    const SIZE: usize = 256 * 1024;
    let cluster = cluster(Tls::new()).await;
    let session = builder(&cluster)
        .tls(trusting(&cluster).build()?)
        .pool(PoolConfig::fixed(1))
        .build()
        .await?;
    keyspace(&session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v blob)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
    let select = session.prepare("SELECT v FROM ks.t WHERE k = ?").await?;

    // More than the sockets take, so that some of it waits in the driver.
    cluster.freeze(0)?;
    let writes: Vec<_> = (0..WRITES)
        .map(|k| {
            let (session, insert) = (session.clone(), insert.clone());
            let value = vec![k.to_le_bytes()[0]; SIZE];
            tokio::spawn(async move { session.execute(&insert, (k, &value[..])).await })
        })
        .collect();
    let in_flight = || session.metrics().nodes[0].in_flight;
    until("all writes are under way", || in_flight() == WRITES.unsigned_abs() as usize).await;
    cluster.thaw(0)?;
    for write in writes {
        write.await??;
    }
    for k in 0..WRITES {
        let result = session.execute(&select, (k,)).await?;
        let (value,) = result.one_row::<(&[u8],)>()?;
        assert!(value.len() == SIZE && value.iter().all(|&byte| byte == k.to_le_bytes()[0]));
    }
    Ok(())
}

#[tokio::test]
async fn nodes_that_are_not_trusted_are_refused() -> Outcome {
    let (cluster, other) = (cluster(Tls::new()).await, cluster(Tls::new()).await);
    let error = failure(&cluster, trusting(&other)).await;
    assert!(matches!(error, TlsError::Untrusted), "{error}");
    assert!(error.to_string().contains("trust_pem_file"), "{error}");

    connect(&cluster, trusting(&other).trust_pem(cluster.authority_pem()?)).await?;
    connect(&cluster, TlsConfig::builder().dangerous_without_verification()).await?;
    let error = failure(&cluster, trusting(&other).dangerous_without_name_check()).await;
    assert!(matches!(error, TlsError::Untrusted), "{error}");
    Ok(())
}

#[tokio::test]
async fn nodes_must_have_the_name_that_is_expected() -> Outcome {
    let cluster = cluster(Tls::new().node_certificate(NodeCertificate::OtherName)).await;
    let error = failure(&cluster, trusting(&cluster)).await;
    assert!(
        matches!(&error, TlsError::WrongName { expected, presented }
        if *expected == cluster.addresses()[0].ip().to_string()
            && *presented == ["elsewhere.invalid"]),
        "{error:?}"
    );
    assert!(error.to_string().contains("server_name"), "{error}");

    connect(&cluster, trusting(&cluster).server_name("elsewhere.invalid")).await?;
    let node = &cluster.nodes()[0];
    let (address, host_id) = (node.address(), node.host_id());
    let asked = Arc::<Mutex<Vec<_>>>::default();
    let name_of = {
        let asked = Arc::clone(&asked);
        move |to: Destination| {
            asked.lock().unwrap().push((to.address, to.host_id));
            "elsewhere.invalid".to_owned()
        }
    };
    connect(&cluster, trusting(&cluster).server_name_by(name_of)).await?;
    // The contact point, then the pool of the node that it was found to be.
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked, [(address, None), (address, Some(host_id)), (address, Some(host_id))]);
    connect(&cluster, trusting(&cluster).dangerous_without_name_check()).await?;
    let error = failure(&cluster, trusting(&cluster).server_name_by(|_| "no name".into())).await;
    assert!(matches!(&error, TlsError::ServerName { name } if name == "no name"), "{error}");
    Ok(())
}

#[tokio::test]
async fn certificates_that_have_expired_are_refused() -> Outcome {
    let cluster = cluster(Tls::new().node_certificate(NodeCertificate::Expired)).await;
    let error = failure(&cluster, trusting(&cluster)).await;
    assert!(matches!(error, TlsError::OutOfDate(_)), "{error}");
    connect(&cluster, TlsConfig::builder().dangerous_without_verification()).await?;
    Ok(())
}

#[tokio::test]
async fn a_handshake_that_hangs_ends_in_time() -> Outcome {
    let cluster = cluster(Tls::new()).await;
    cluster.freeze(0)?;
    let started = Instant::now();
    let hasty = trusting(&cluster).handshake_timeout(Duration::from_millis(50));
    let error = failure(&cluster, hasty).await;
    assert!(matches!(error, TlsError::HandshakeTimeout { .. }), "{error}");
    let error = builder(&cluster)
        .tls(trusting(&cluster).build()?)
        .connect_timeout(Duration::from_millis(50))
        .build()
        .await
        .unwrap_err();
    assert!(matches!(reason(error), ConnectError::Timeout { .. }));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    cluster.thaw(0)?;
    connect(&cluster, trusting(&cluster)).await?;
    Ok(())
}

#[tokio::test]
async fn tls_on_one_side_only_is_told() -> Outcome {
    let (plain, encrypted) = (EmbeddedCluster::start(1).await?, cluster(Tls::new()).await);
    let error = failure(&plain, trusting(&encrypted)).await;
    assert!(matches!(error, TlsError::NotSpoken), "{error}");
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let session = builder(&encrypted).connection(|connection| connection.max_version = version);
        let error = reason(session.build().await.unwrap_err());
        assert!(matches!(error, ConnectError::SpeaksTls), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn nodes_may_ask_for_a_client_certificate() -> Outcome {
    let asking = || cluster(Tls::new().require_client_certificate());
    let (cluster, other) = (asking().await, asking().await);
    let error = failure(&cluster, trusting(&cluster)).await;
    assert!(matches!(error, TlsError::ClientCertificateRequired), "{error}");

    let strange = other.issue_client_certificate()?;
    let shown = trusting(&cluster).client_certificate(strange.certificate(), strange.key());
    let error = failure(&cluster, shown).await;
    assert!(matches!(error, TlsError::ClientCertificateRefused(_)), "{error}");

    let own = cluster.issue_client_certificate()?;
    let shown = trusting(&cluster).client_certificate(own.certificate(), own.key());
    let session = connect(&cluster, shown).await?;
    rows_come_back(&session, 100).await
}

#[tokio::test]
async fn certificates_are_replaced_while_a_session_runs() -> Outcome {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("replaced_certificates");
    fs::create_dir_all(&directory)?;
    let file = |name: &str| directory.join(name);
    let cluster = cluster(Tls::new().require_client_certificate()).await;
    let write_files = || -> Outcome {
        let client = cluster.issue_client_certificate()?;
        fs::write(file("authority.pem"), cluster.authority_pem()?)?;
        fs::write(file("client.pem"), client.certificate())?;
        fs::write(file("client-key.pem"), client.key())?;
        Ok(())
    };
    write_files()?;
    let tls = TlsConfig::builder()
        .trust_pem_file(file("authority.pem"))
        .client_certificate_files(file("client.pem"), file("client-key.pem"))
        .build()?;
    let session = builder(&cluster).tls(tls.clone()).reconnection(soon()).build().await?;
    let query = || session.query("SELECT key FROM system.local", ());
    query().await?;

    // Connections that are open do not care; those that follow need the new certificates.
    cluster.replace_certificates()?;
    query().await?;
    cluster.stop(0).await?;
    until("the node is down", || !session.metrics().nodes[0].is_up).await;
    cluster.restart(0).await?;
    let error = builder(&cluster).tls(tls.clone()).build().await.unwrap_err();
    assert!(matches!(reason(error), ConnectError::Tls(TlsError::Untrusted)));
    assert!(!session.metrics().nodes[0].is_up);

    // A reload that fails leaves everything as it was.
    fs::write(file("client-key.pem"), "no key")?;
    assert!(tls.reload().unwrap_err().to_string().contains("client-key.pem"));
    write_files()?;
    tls.reload()?;
    until("the node is up", || session.metrics().nodes[0].is_up).await;
    query().await?;
    Ok(())
}
