//! What a proxy is to do.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::state::ProxyState;
use super::{Proxy, ProxyError};
use crate::recording::Recorder;

/// Describes a [`Proxy`], and starts it.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct ProxyBuilder {
    node: SocketAddr,
    listen: SocketAddr,
    recording: Option<PathBuf>,
    connect_timeout: Duration,
}

impl ProxyBuilder {
    pub(super) fn new(node: SocketAddr) -> Self {
        Self {
            node,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            recording: None,
            connect_timeout: Duration::from_secs(5),
        }
    }

    /// Where clients connect; a port of 127.0.0.1 that is free unless set.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Writes what goes over the connections to this file, in the place of one that may be there. Nothing is recorded
    /// unless set. Who lets it be written waits for the disk, should that be slower than the clients.
    pub fn record(mut self, path: impl Into<PathBuf>) -> Self {
        self.recording = Some(path.into());
        self
    }

    /// How long the node may take to accept a connection; five seconds unless set. After that the client's is closed.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Starts the proxy; when it returns, it accepts connections. Whether there is a node, it sees when a client
    /// comes.
    ///
    /// # Errors
    /// An address that cannot be listened on, or a recording that cannot be written.
    pub async fn start(self) -> Result<Proxy, ProxyError> {
        let address = self.listen;
        let bind = |source| ProxyError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let recorder = self.recording.as_deref().map(Recorder::create).transpose()?;
        let records = recorder.as_ref().map(Recorder::sender);
        let state = ProxyState::new(address, self.node, self.connect_timeout, records);
        Ok(Proxy::run(Arc::new(state), listener, recorder))
    }
}
