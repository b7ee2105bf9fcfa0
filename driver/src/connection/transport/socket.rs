use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream};

use super::{ConnectError, ConnectionConfig, Destination};
use crate::connection::ShardGate;
use crate::pool::random;

/// Opens a TCP connection as the configuration has it.
pub(super) async fn connect(
    to: Destination,
    config: &ConnectionConfig,
) -> Result<TcpStream, ConnectError> {
    let stream = match to.gate {
        None => bound(to.address, 0, config)?.connect(to.address).await?,
        Some(gate) => connect_through(gate, to.address, config).await?,
    };
    stream.set_nodelay(config.tcp_nodelay)?;
    if let Some(time) = config.tcp_keepalive {
        let keepalive = TcpKeepalive::new().with_time(time);
        let keepalive = match config.tcp_keepalive_interval {
            Some(interval) => keepalive.with_interval(interval),
            None => keepalive,
        };
        SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    }
    Ok(stream)
}

/// Connects from a port that leads to the shard. Those that others have are passed over.
async fn connect_through(
    gate: ShardGate,
    node: SocketAddr,
    config: &ConnectionConfig,
) -> Result<TcpStream, ConnectError> {
    let address = SocketAddr::new(node.ip(), gate.port);
    let mut taken = ConnectError::from(io::Error::from(io::ErrorKind::AddrInUse));
    for port in gate.local_ports(random()) {
        let socket = match bound(address, port, config) {
            Ok(socket) => socket,
            Err(ConnectError::LocalAddress { error, .. }) if is_taken(&error) => {
                taken = ConnectError::Io(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        match socket.connect(address).await {
            Err(error) if is_taken(&error) => taken = error.into(),
            done => return Ok(done?),
        }
    }
    Err(taken)
}

fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable)
}

/// A socket for connections to `address`, which come from this local port; 0 leaves it to the system.
fn bound(
    address: SocketAddr,
    port: u16,
    config: &ConnectionConfig,
) -> Result<TcpSocket, ConnectError> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // The window that is agreed on when connecting goes by the buffers.
    if let Some(bytes) = config.tcp_send_buffer {
        socket.set_send_buffer_size(bytes)?;
    }
    if let Some(bytes) = config.tcp_receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    let anywhere = match address {
        SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    let local = config.local_address.or((port != 0).then_some(anywhere));
    if let Some(local) = local {
        // A port is free for another connection while the last one from it lingers.
        socket.set_reuseaddr(port != 0)?;
        let bound = match local.is_ipv4() == address.is_ipv4() {
            true => socket.bind((local, port).into()),
            false => Err(io::ErrorKind::AddrNotAvailable.into()),
        };
        bound.map_err(|error| ConnectError::LocalAddress { local, error: error.into() })?;
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn connected(
        change: impl FnOnce(&mut ConnectionConfig),
    ) -> Result<(TcpStream, SocketAddr), ConnectError> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let mut config = ConnectionConfig::default();
        change(&mut config);
        let to = Destination::new(listener.local_addr()?, None);
        let stream = connect(to, &config).await?;
        Ok((stream, listener.accept().await?.1))
    }

    #[tokio::test]
    async fn a_socket_has_the_options_that_were_asked_for() {
        let (stream, _) = connected(|config| {
            config.tcp_nodelay = false;
            config.tcp_keepalive = Some(Duration::from_secs(33));
            config.tcp_keepalive_interval = Some(Duration::from_secs(7));
            config.tcp_send_buffer = Some(20_000);
            config.tcp_receive_buffer = Some(30_000);
        })
        .await
        .unwrap();
        let socket = SockRef::from(&stream);
        assert!(!stream.nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(33));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(7));
        // Linux doubles them, for what it keeps beside the bytes.
        assert!((20_000..=40_000).contains(&socket.send_buffer_size().unwrap()));
        assert!((30_000..=60_000).contains(&socket.recv_buffer_size().unwrap()));

        let (stream, _) = connected(|_| {}).await.unwrap();
        assert!(stream.nodelay().unwrap() && !SockRef::from(&stream).keepalive().unwrap());
    }

    #[tokio::test]
    async fn a_socket_is_bound_where_it_should_be_or_says_why_it_cannot_be() {
        let local = IpAddr::from([127, 0, 0, 77]);
        let (_, client) = connected(|config| config.local_address = Some(local)).await.unwrap();
        assert_eq!(client.ip(), local);
        // TEST-NET-1 is nobody's.
        for elsewhere in [Ipv6Addr::LOCALHOST.into(), IpAddr::from(Ipv4Addr::new(192, 0, 2, 1))] {
            let error = connected(|config| config.local_address = Some(elsewhere)).await;
            let error = error.unwrap_err();
            assert!(matches!(error, ConnectError::LocalAddress { .. }), "{error}");
            assert!(error.to_string().contains(&elsewhere.to_string()), "{error}");
        }
    }
}
