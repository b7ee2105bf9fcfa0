use helenus_protocol::{Compression, ErrorKind, FrameHeader, Request, Response, Startup};
use helenus_testkit::EmbeddedCluster;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Client, V4, V5, error};

#[tokio::test]
async fn options_tell_what_is_spoken() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = Client::open(cluster.addresses()[0]).await;
    let Response::Supported(supported) = client.call(&Request::Options).await else { panic!() };
    assert_eq!(supported.values("PROTOCOL_VERSIONS"), ["4/v4", "5/v5"]);
    assert_eq!(supported.values("COMPRESSION"), ["snappy", "lz4"]);
    assert_eq!(supported.values("CQL_VERSION"), ["3.4.7"]);
}

#[tokio::test]
async fn a_version_that_is_not_spoken_is_refused_in_the_highest_that_is() {
    for (highest, refused, listed) in [(V4, [5, 66, 3], "4/v4"), (V5, [6, 66, 3], "4/v4, 5/v5")] {
        let cluster =
            EmbeddedCluster::builder().max_protocol_version(highest).start().await.unwrap();
        for version in refused {
            let mut client = Client::open(cluster.addresses()[0]).await;
            client.stream.write_all(&[version, 0, 0, 7, 5, 0, 0, 0, 0]).await.unwrap();
            let (header, body) = client.receive().await;
            assert_eq!((header.version, header.stream), (highest, 0));
            let error = error(body.response);
            assert_eq!(error.kind, ErrorKind::ProtocolError);
            assert_eq!(
                error.message,
                format!(
                    "Invalid or unsupported protocol version ({version}); supported versions are ({listed})"
                )
            );
            assert_eq!(client.stream.read(&mut [0; 16]).await.unwrap(), 0);
        }
    }
}

#[tokio::test]
async fn nothing_is_answered_before_startup() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = Client::open(cluster.addresses()[0]).await;
    let refused = client.error("SELECT * FROM system.local").await;
    assert_eq!(refused.kind, ErrorKind::ProtocolError);
    assert_eq!(refused.message, "Unexpected message QUERY, expecting STARTUP or OPTIONS");
}

#[tokio::test]
async fn unknown_compression_is_refused_and_what_is_known_compresses_both_ways() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = Client::open(cluster.addresses()[0]).await;
    let unknown = Startup::new(None).with("COMPRESSION", "zstd");
    let refused = error(client.call(&Request::Startup(unknown)).await);
    assert_eq!(refused.message, "Unknown compression algorithm: zstd");
    for compression in [Compression::Lz4, Compression::Snappy] {
        let mut client = Client::connect_with(cluster.addresses()[0], V4, Some(compression)).await;
        let names: Vec<(String,)> = client.select("SELECT cluster_name FROM system.local").await;
        assert_eq!(names, [("Embedded Cluster".to_owned(),)]);
    }
}

#[tokio::test]
async fn the_right_password_opens_and_a_wrong_one_does_not() {
    let cluster =
        EmbeddedCluster::builder().authentication("ada", "lovelace").start().await.unwrap();
    let mut client = Client::open(cluster.addresses()[0]).await;
    let refused = error(client.log_in("ada", "byron").await);
    assert_eq!(refused.kind, ErrorKind::BadCredentials);
    assert_eq!(refused.message, "Provided username ada and/or password are incorrect");
    let still_out = client.error("SELECT * FROM system.local").await;
    assert_eq!(
        still_out.message,
        "Unexpected message QUERY, needs authentication through AUTH_RESPONSE message"
    );

    let mut client = Client::open(cluster.addresses()[0]).await;
    assert_eq!(client.log_in("ada", "lovelace").await, Response::AuthSuccess(None));
    assert_eq!(client.rows("SELECT key FROM system.local").await.count, 1);
    assert!(!format!("{cluster:?}").contains("lovelace"));
}

#[tokio::test]
async fn garbage_takes_no_one_else_down() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut bystander = Client::connect(cluster.addresses()[0]).await;
    let garbage: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\n\r\n",
        &[0xFF; 64],
        &[4, 0, 0, 1, 0x77, 0, 0, 0, 0],
        &[0x84, 0, 0, 1, 7, 0, 0, 0, 0],
        &[4, 0, 0, 1, 7, 0xFF, 0xFF, 0xFF, 0xFF],
        &[4, 1, 0, 1, 7, 0, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF],
    ];
    for bytes in garbage {
        let mut client = Client::open(cluster.addresses()[0]).await;
        client.stream.write_all(bytes).await.unwrap();
        let (_, body) = client.receive().await;
        assert_eq!(error(body.response).kind, ErrorKind::ProtocolError);
    }
    assert_eq!(bystander.rows("SELECT key FROM system.local").await.count, 1);
}

#[tokio::test]
async fn a_malformed_body_is_an_answer_not_the_end() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    // QUERY, PREPARE, EXECUTE, BATCH and REGISTER, with bodies of all sorts.
    for opcode in [7, 9, 10, 13, 11] {
        for body in [&[][..], &[0; 3], &[0xFF; 40], &[0, 0, 0, 200, b'S'], &[0x7F; 100]] {
            let length = u8::try_from(body.len()).unwrap();
            let mut frame = vec![4, 0, 0, 9, opcode, 0, 0, 0, length];
            frame.extend(body);
            client.stream.write_all(&frame).await.unwrap();
            let (FrameHeader { stream, .. }, body) = client.receive().await;
            assert_eq!(stream, 9);
            assert!(matches!(body.response, Response::Error(_)), "{body:?}");
        }
    }
    assert_eq!(client.rows("SELECT key FROM system.local").await.count, 1);
}
