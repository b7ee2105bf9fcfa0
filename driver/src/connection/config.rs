use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::{Compression, FrameHeader, ProtocolVersion};

use crate::Authenticator;

/// How connections are made and kept.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectionConfig {
    /// The most that TCP, TLS, start-up and authentication together may take. Default 5 s.
    pub connect_timeout: Duration,
    /// The highest protocol version to speak; a server that does not know it is spoken to in v4. Default v5.
    pub max_version: ProtocolVersion,
    /// Compresses frames, where the server can too. Default none.
    pub compression: Option<Compression>,
    /// Answers servers that ask for credentials. Default none.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// The largest answer that is taken, in bytes, before and after decompression. A larger one fails its request alone;
    /// one beyond 256 MiB, the protocol's own limit, ends its connection. Default 128 MiB.
    pub max_response: usize,
    /// The largest request that is sent, in bytes, as it is sent. A larger one fails without being sent. Default 256 MiB, the
    /// protocol's own limit; many servers take 16 MiB.
    pub max_request: usize,
    /// Bytes of requests that a connection holds until the socket takes them; beyond them it counts as full. A lone request
    /// may be larger. What is being written right now comes on top, and is no more. Default 32 MiB.
    pub max_unwritten: usize,
    /// How long a connection may be idle before it is checked; zero never checks. Default 30 s.
    pub heartbeat_interval: Duration,
    /// How long the answer to such a check may take. Default 5 s.
    pub heartbeat_timeout: Duration,
    /// Requests given up and not answered yet that a connection may hold before it is replaced; never more than half of
    /// the requests that it may hold at all. Default 1,024.
    pub max_orphans: usize,
    /// Encrypts connections. Default none.
    #[cfg(feature = "tls")]
    pub tls: Option<crate::TlsConfig>,
    /// Sends small packets at once (`TCP_NODELAY`). Default on.
    pub tcp_nodelay: bool,
    /// How long a connection may be silent before TCP itself probes it; `None` never does. Default none.
    pub tcp_keepalive: Option<Duration>,
    /// How long TCP waits between such probes, where it probes. Default: as the system has it.
    pub tcp_keepalive_interval: Option<Duration>,
    /// Bytes that the system keeps of what is written and not acknowledged. Default: as the system has it, which on
    /// most adapts them to the connection; a fixed size ends that.
    pub tcp_send_buffer: Option<u32>,
    /// Bytes that the system keeps of what has come and is not read. Default: as `tcp_send_buffer`.
    pub tcp_receive_buffer: Option<u32>,
    /// The address of this machine that connections come from. Default: as the system routes them.
    pub local_address: Option<IpAddr>,
}

impl ConnectionConfig {
    /// Whether connections are made over TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        return false;
    }
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            max_version: ProtocolVersion::V5,
            compression: None,
            authenticator: None,
            max_response: 128 * 1024 * 1024,
            max_request: FrameHeader::MAX_BODY as usize,
            max_unwritten: 32 * 1024 * 1024,
            heartbeat_interval: Duration::from_secs(30),
            heartbeat_timeout: Duration::from_secs(5),
            max_orphans: 1024,
            #[cfg(feature = "tls")]
            tls: None,
            tcp_nodelay: true,
            tcp_keepalive: None,
            tcp_keepalive_interval: None,
            tcp_send_buffer: None,
            tcp_receive_buffer: None,
            local_address: None,
        }
    }
}
