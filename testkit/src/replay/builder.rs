//! What a replay is to do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;

use super::Replay;
use super::answers::Answers;
use crate::proxy::ProxyError;
use crate::recording::Recording;

/// Describes a [`Replay`], and starts it.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct ReplayBuilder {
    recording: Recording,
    listen: SocketAddr,
    keeps_time: bool,
}

impl ReplayBuilder {
    pub(super) fn new(recording: Recording) -> Self {
        Self { recording, listen: (Ipv4Addr::LOCALHOST, 0).into(), keeps_time: false }
    }

    /// Where clients connect; a port of 127.0.0.1 that is free unless set.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Lets answers come as late as they did when they were recorded; they come at once unless set.
    pub fn keep_time(mut self) -> Self {
        self.keeps_time = true;
        self
    }

    /// Starts; when it returns, connections are accepted.
    ///
    /// # Errors
    /// An address that cannot be listened on.
    pub async fn start(self) -> Result<Replay, ProxyError> {
        let address = self.listen;
        let bind = |source| ProxyError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let answers = Arc::new(Answers::of(&self.recording));
        Ok(Replay::run(address, listener, answers, self.keeps_time))
    }
}
