use std::future::poll_fn;
use std::io::Write as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, split};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::*;

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Small enough that every larger write stops half way.
const SOCKET_BUFFER: u32 = 4 * 1024;

/// A test that waits in vain fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client and a server that have shaken hands, with little room between them.
async fn pair(version: &'static SupportedProtocolVersion) -> (TlsTransport, TlsStream<TcpStream>) {
    pair_over(sockets(SOCKET_BUFFER).await, version).await
}

async fn pair_over(
    (server_end, stream): (TcpStream, TcpStream),
    version: &'static SupportedProtocolVersion,
) -> (TlsTransport, TlsStream<TcpStream>) {
    let (client, server) = configs(version);
    let address = stream.peer_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    tokio::join!(
        async {
            TlsTransport::connect(stream, Destination::new(address, None), &client).await.unwrap()
        },
        async { acceptor.accept(server_end).await.unwrap() }
    )
}

fn configs(version: &'static SupportedProtocolVersion) -> (TlsConfig, ServerConfig) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let client = TlsConfig::builder().trust_pem(cert.pem()).server_name("localhost");
    (client.build().unwrap(), server)
}

/// The two ends of a connection, the server's first.
async fn sockets(buffer: u32) -> (TcpStream, TcpStream) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(buffer).unwrap();
    socket.set_send_buffer_size(buffer).unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(buffer).unwrap();
    socket.set_send_buffer_size(buffer).unwrap();
    let (server, client) = tokio::join!(listener.accept(), socket.connect(address));
    (server.unwrap().0, client.unwrap())
}

fn echo(server: TlsStream<TcpStream>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let (mut reader, mut writer) = split(server);
        let _ = copy(&mut reader, &mut writer).await;
    })
}

/// Bytes that differ from place to place.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect()
}

async fn read_exactly(client: &TlsTransport, length: usize) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    let mut buffer = BytesMut::new();
    while read.len() < length {
        buffer.reserve(16 * 1024);
        if client.read(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        read.extend_from_slice(&buffer.split());
    }
    Ok(read)
}

#[tokio::test]
async fn what_is_written_in_any_way_comes_back() -> Outcome {
    for version in [&TLS12, &TLS13] {
        let (client, server) = pair(version).await;
        let echo = echo(server);
        let sent = noise(3 << 20);
        let write = async {
            let mut rest = &sent[..];
            for size in [1, 100, 16_384, 16_385, 70_000, 300_000].into_iter().cycle() {
                let (now, later) = rest.split_at(size.min(rest.len()));
                let written = client.try_write(now)?;
                client.write_all(&now[written..]).await?;
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            io::Result::Ok(())
        };
        let both = async { tokio::try_join!(write, read_exactly(&client, sent.len())) };
        let ((), read) = timeout(PATIENCE, both).await??;
        assert!(read == sent);
        drop(client);
        echo.await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_socket_that_is_full_bounds_what_is_taken() -> Outcome {
    let (client, _server) = pair(&TLS13).await;
    let mut taken = 0;
    while let count @ 1.. = client.try_write(&noise(1 << 20))? {
        taken += count;
    }
    assert!((CHUNK..2 * CHUNK).contains(&taken), "{taken}");
    assert_eq!(client.try_write(b"more")?, 0);
    Ok(())
}

#[tokio::test]
async fn what_a_write_left_behind_is_sent_by_the_reader() -> Outcome {
    let (client, mut server) = pair(&TLS13).await;
    let serve = async {
        let mut received = vec![0; CHUNK];
        server.read_exact(&mut received).await?;
        assert!(received == noise(CHUNK));
        server.write_all(b"thanks").await?;
        server.flush().await
    };
    let mut read = pin!(read_exactly(&client, 6));
    // The reader waits already when the write comes.
    assert!(poll_fn(|context| Poll::Ready(read.as_mut().poll(context).is_pending())).await);
    assert_eq!(client.try_write(&noise(CHUNK))?, CHUNK);
    assert!(!client.session().is_sent());
    let both = async { tokio::try_join!(serve, read) };
    assert_eq!(timeout(PATIENCE, both).await??.1, b"thanks");
    Ok(())
}

#[tokio::test]
async fn answers_are_read_while_a_write_is_stuck() -> Outcome {
    let (client, mut server) = pair(&TLS13).await;
    let bytes = noise(1 << 20);
    let mut write = pin!(client.write_all(&bytes));
    assert!(poll_fn(|context| Poll::Ready(write.as_mut().poll(context).is_pending())).await);
    // The server reads nothing at all.
    let serve = async {
        server.write_all(&noise(100_000)).await?;
        server.flush().await
    };
    let both = async { tokio::try_join!(serve, read_exactly(&client, 100_000)) };
    let ((), read) = tokio::select! {
        done = timeout(PATIENCE, both) => done??,
        written = &mut write => panic!("nobody reads what was written: {written:?}"),
    };
    assert!(read == noise(100_000));
    Ok(())
}

#[tokio::test]
async fn a_read_that_is_given_up_loses_nothing() -> Outcome {
    let (client, server) = pair(&TLS13).await;
    let echo = echo(server);
    let sent = noise(200_000);
    let read = async {
        let (mut read, mut given_up) = (BytesMut::new(), 0);
        while read.len() < sent.len() {
            read.reserve(16 * 1024);
            let mut future = pin!(client.read(&mut read));
            let first = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
            if first.is_pending() {
                given_up += 1;
                client.stream.readable().await?;
            }
        }
        io::Result::Ok((read, given_up))
    };
    let both = async { tokio::try_join!(client.write_all(&sent), read) };
    let ((), (read, given_up)) = timeout(PATIENCE, both).await??;
    assert!(read == sent);
    assert!(given_up > 0);
    drop(client);
    echo.await?;
    Ok(())
}

#[tokio::test]
async fn a_read_stays_in_the_room_that_it_is_given() -> Outcome {
    const ROOM: usize = 16 * 1024;
    let (client, mut server) = pair_over(sockets(1 << 20).await, &TLS13).await;
    let sent = noise(60_000);
    for part in sent.chunks(5000) {
        server.write_all(part).await?;
    }
    server.flush().await?;
    let mut buffer = BytesMut::with_capacity(ROOM);
    let (mut read, mut reads) = (Vec::new(), 0);
    while read.len() < sent.len() {
        timeout(PATIENCE, client.read(&mut buffer)).await??;
        assert_eq!(buffer.capacity(), ROOM);
        read.extend_from_slice(&buffer);
        buffer.clear();
        reads += 1;
    }
    assert!(read == sent);
    assert!(reads < 8, "as much as there is room for is read at once");
    Ok(())
}

#[tokio::test]
async fn keys_are_changed_on_the_way() -> Outcome {
    let (client, mut server) = pair(&TLS13).await;
    for round in 0..20 {
        server.get_mut().1.refresh_traffic_keys()?;
        let sent = noise(20_000 + round);
        let serve = async {
            server.write_all(&sent).await?;
            server.flush().await?;
            let mut back = vec![0; sent.len()];
            server.read_exact(&mut back).await?;
            io::Result::Ok(back)
        };
        let answer = async {
            let read = read_exactly(&client, sent.len()).await?;
            client.write_all(&read).await
        };
        let both = async { tokio::try_join!(serve, answer) };
        assert!(timeout(PATIENCE, both).await??.0 == sent);
    }
    Ok(())
}

#[tokio::test]
async fn each_side_hears_that_the_other_has_closed() -> Outcome {
    for version in [&TLS12, &TLS13] {
        let (client, mut server) = pair(version).await;
        server.write_all(b"bye").await?;
        server.shutdown().await?;
        assert_eq!(read_exactly(&client, 3).await?, b"bye");
        assert_eq!(client.read(&mut BytesMut::new()).await?, 0);
        assert_eq!(client.read(&mut BytesMut::new()).await?, 0);

        let (client, mut server) = pair(version).await;
        drop(client);
        // Without a farewell this is an error.
        assert_eq!(server.read(&mut [0; 16]).await?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn bytes_that_were_tampered_with_end_it_behind_what_was_sound() -> Outcome {
    let (client, mut server) = pair(&TLS13).await;
    server.write_all(b"sound").await?;
    server.flush().await?;
    let stream = server.get_mut().0;
    stream.write_all(&[0x17, 3, 3, 0, 20]).await?;
    stream.write_all(&[7; 200]).await?;
    let read = timeout(PATIENCE, read_exactly(&client, 5)).await??;
    assert_eq!(read, b"sound");
    for _ in 0..2 {
        let error = timeout(PATIENCE, read_exactly(&client, 1)).await?.unwrap_err();
        assert!(error.to_string().contains("cannot decrypt"), "{error}");
    }
    assert!(client.try_write(b"more").is_err());
    // The alert tells the server.
    let error = server.read(&mut [0; 16]).await.unwrap_err();
    assert!(error.to_string().contains("BadRecordMac"), "{error}");
    Ok(())
}

/// Whether `client` has nothing to read now.
async fn waits(client: &TlsTransport, buffer: &mut BytesMut) -> bool {
    let mut read = pin!(client.read(buffer));
    poll_fn(|context| Poll::Ready(read.as_mut().poll(context).is_pending())).await
}

/// The server's part of a handshake, and what it says before that is over.
async fn shake_hands_by_hand(
    server: &mut ServerConnection,
    end: &mut TcpStream,
    said: &[u8],
) -> io::Result<()> {
    let mut received = vec![0; 64 * 1024];
    while server.is_handshaking() {
        let count = end.read(&mut received).await?;
        server.read_tls(&mut &received[..count])?;
        server.process_new_packets().map_err(io::Error::other)?;
        if server.is_handshaking() {
            server.writer().write_all(said)?;
            let mut to_send = Vec::new();
            while server.write_tls(&mut to_send)? > 0 {}
            end.write_all(&to_send).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_comes_with_the_handshake_is_read_first() -> Outcome {
    let (config, mut server_config) = configs(&TLS13);
    server_config.send_half_rtt_data = true;
    let mut server = ServerConnection::new(Arc::new(server_config))?;
    let (mut end, stream) = sockets(1 << 20).await;
    let address = stream.peer_addr()?;
    let connect = async {
        TlsTransport::connect(stream, Destination::new(address, None), &config)
            .await
            .map_err(io::Error::other)
    };
    let serve = shake_hands_by_hand(&mut server, &mut end, b"early");
    let ((), client) = tokio::try_join!(serve, connect)?;
    server.writer().write_all(b"later")?;
    let mut to_send = Vec::new();
    while server.write_tls(&mut to_send)? > 0 {}
    end.write_all(&to_send).await?;
    assert_eq!(timeout(PATIENCE, read_exactly(&client, 10)).await??, b"earlylater");
    Ok(())
}

#[tokio::test]
async fn requests_leave_between_the_parts_of_a_message_of_tls_itself() -> Outcome {
    let (config, mut server_config) = configs(&TLS13);
    // Session tickets, which the server sends of its own accord, come in several records.
    server_config.max_fragment_size = Some(32);
    let mut server = ServerConnection::new(Arc::new(server_config))?;
    let (mut end, stream) = sockets(SOCKET_BUFFER).await;
    let address = stream.peer_addr()?;
    let connect = async {
        TlsTransport::connect(stream, Destination::new(address, None), &config)
            .await
            .map_err(io::Error::other)
    };
    let ((), client) = tokio::try_join!(shake_hands_by_hand(&mut server, &mut end, b""), connect)?;
    let (mut received, mut to_send) = (vec![0; 64 * 1024], Vec::new());
    while server.write_tls(&mut to_send)? > 0 {}
    assert!(to_send.len() > 100);
    let mut buffer = BytesMut::new();
    for (index, byte) in to_send.iter().enumerate() {
        end.write_all(&[*byte]).await?;
        client.stream.readable().await?;
        assert!(waits(&client, &mut buffer).await);
        assert_eq!(client.try_write(&[index.to_le_bytes()[0]])?, 1);
        let count = end.read(&mut received).await?;
        server.read_tls(&mut &received[..count])?;
        assert_eq!(server.process_new_packets()?.plaintext_bytes_to_read(), index + 1);
    }
    Ok(())
}
