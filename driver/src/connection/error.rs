use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::{
    EncodeError, FrameError, ProtocolVersion, SegmentError, ServerError, WireError,
};
use thiserror::Error;

use crate::RequestErrorKind;
#[cfg(feature = "tls")]
use crate::tls::TlsError;

/// Why a connection could not be made.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The socket could not be opened, or broke during the handshake.
    #[error("{0}")]
    Io(#[source] Arc<io::Error>),
    /// The socket could not be bound to the local address that is set.
    #[error(
        "connections cannot come from {local}: {error}. Check that it is an address of this machine, and of the same \
         family as the nodes' addresses"
    )]
    LocalAddress {
        /// The address.
        local: IpAddr,
        /// What the system said.
        #[source]
        error: Arc<io::Error>,
    },
    /// TCP, start-up and authentication together took longer than is allowed.
    #[error("no connection within {} ms: the address is wrong, the node hangs, or a firewall drops packets", after.as_millis())]
    Timeout {
        /// The connect timeout.
        after: Duration,
    },
    /// The server refused the credentials, or the role may not log in.
    #[error("the server refused the login: {0}")]
    Authentication(#[source] Box<ServerError>),
    /// The server wants credentials and there are none, or it wants a kind that the authenticator does not know.
    #[error("the server asks for credentials ({authenticator}), and the session has none that fit")]
    NoCredentials {
        /// The server's authenticator: a Java class.
        authenticator: String,
    },
    /// The server answered the handshake with an error.
    #[error("the server refused the connection: {0}")]
    Refused(#[source] Box<ServerError>),
    /// The server does not speak the protocol version that was asked for.
    #[error("the server does not speak native protocol {version}")]
    Version {
        /// The version.
        version: ProtocolVersion,
    },
    /// The server does not have the compression that was asked for.
    #[error("the server cannot compress with {wanted}; it offers {}", offered.join(", "))]
    Compression {
        /// The compression that was asked for.
        wanted: &'static str,
        /// What the server offers.
        offered: Vec<String>,
    },
    /// The server speaks TLS, and the session does not.
    #[error(
        "the server speaks TLS on this port: give the session a TlsConfig with SessionBuilder::tls (feature `tls`)"
    )]
    SpeaksTls,
    /// The connection could not be encrypted.
    #[cfg(feature = "tls")]
    #[error("{0}")]
    Tls(#[source] TlsError),
    /// The node is of another cluster than the session. Its address may have been given to another one.
    #[error(
        "the node is of the cluster {found:?}, not of {expected:?}; its address may have been given away"
    )]
    OtherCluster {
        /// What the session's cluster is called.
        expected: String,
        /// What the node's cluster is called.
        found: String,
    },
    /// The node did not switch to the keyspace that the session took while it was connected to.
    #[error("the node does not follow the session to another keyspace: {0}")]
    Keyspace(#[source] Box<RequestErrorKind>),
    /// What came back is not the native protocol, or not the answer to what was asked.
    #[error("the peer does not speak the CQL native protocol as expected: {0}")]
    Protocol(String),
}

#[cfg(feature = "tls")]
impl From<TlsError> for ConnectError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        #[cfg(feature = "tls")]
        if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
            return error.clone().into();
        }
        Self::Io(Arc::new(error))
    }
}

/// What ends a connection that is there already keeps one from being made, too.
impl From<CloseReason> for ConnectError {
    fn from(reason: CloseReason) -> Self {
        match reason {
            CloseReason::Io(error) => Self::Io(error),
            CloseReason::Garbage(error) => error.into(),
            other => Self::Protocol(other.to_string()),
        }
    }
}

impl From<FrameError> for ConnectError {
    fn from(error: FrameError) -> Self {
        Self::Protocol(error.to_string())
    }
}

impl From<WireError> for ConnectError {
    fn from(error: WireError) -> Self {
        Self::Protocol(error.to_string())
    }
}

impl From<EncodeError> for ConnectError {
    fn from(error: EncodeError) -> Self {
        Self::Protocol(error.to_string())
    }
}

/// Why a connection was closed.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// The server closed it.
    #[error("the server closed the connection")]
    ByPeer,
    /// The node is being stopped, and refuses requests.
    #[error("the node is shutting down")]
    ShuttingDown,
    /// The socket broke.
    #[error("the socket broke: {0}")]
    Io(#[source] Arc<io::Error>),
    /// The server sent bytes that make no sense; nothing behind them can be trusted.
    #[error("the server sent bytes that make no sense: {0}")]
    Garbage(#[source] WireError),
    /// The server sent a segment that does not match its checksums.
    #[error("the server sent a damaged segment: {0}")]
    BadSegment(#[source] SegmentError),
    /// The server answered a request that nobody had made.
    #[error("the server answered on stream {stream}, which has no request")]
    UnknownStream {
        /// The stream id.
        stream: i16,
    },
    /// Nothing came back to a heartbeat.
    #[error("no answer to a heartbeat within {} ms", after.as_millis())]
    HeartbeatTimeout {
        /// The heartbeat timeout.
        after: Duration,
    },
    /// Too many requests were given up while the server still held them.
    #[error("{orphans} requests were given up and never answered")]
    TooManyOrphans {
        /// How many.
        orphans: usize,
    },
    /// It did not follow the session to another keyspace.
    #[error("the connection did not follow the session to another keyspace")]
    Keyspace,
    /// It was as old as a connection may become.
    #[error("the connection was {} s old and was replaced", age.as_secs())]
    Expired {
        /// Its age.
        age: Duration,
    },
    /// It was not used for so long, and others are enough.
    #[error("the connection was idle for {} s and is not needed", time.as_secs())]
    Idle {
        /// How long.
        time: Duration,
    },
    /// The pool is smaller now.
    #[error("the pool needs fewer connections")]
    Surplus,
    /// The session shut down, or no longer wants the connection.
    #[error("the connection was drained")]
    Drained,
}

impl CloseReason {
    /// Whether the driver ended the connection because it wanted to, not because something was wrong.
    pub(crate) fn is_by_choice(&self) -> bool {
        matches!(self, Self::Expired { .. } | Self::Idle { .. } | Self::Surplus | Self::Drained)
    }
}

impl From<io::Error> for CloseReason {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}
