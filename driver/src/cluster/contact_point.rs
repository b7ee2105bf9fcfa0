use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::lookup_host;

/// The addresses of `host` or `host:port`. A name is looked up each time, since what it stands for changes.
pub(super) async fn resolve(point: &str, default_port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = point.parse::<SocketAddr>() {
        return Ok(vec![address]);
    }
    let bare = point.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(point);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, default_port)]);
    }
    let with_port = match point.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => point.to_owned(),
        _ => format!("{point}:{default_port}"),
    };
    let found: Vec<_> = lookup_host(with_port).await?.collect();
    if found.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_are_understood_with_and_without_a_port() {
        let of = |point| async move { resolve(point, 9042).await.unwrap()[0].to_string() };
        assert_eq!(of("127.0.0.1").await, "127.0.0.1:9042");
        assert_eq!(of("127.0.0.1:9999").await, "127.0.0.1:9999");
        assert_eq!(of("::1").await, "[::1]:9042");
        assert_eq!(of("[::1]").await, "[::1]:9042");
        assert_eq!(of("[::1]:9999").await, "[::1]:9999");
        let local = resolve("localhost:9999", 9042).await.unwrap();
        assert!(local.iter().all(|address| address.ip().is_loopback() && address.port() == 9999));
    }
}
