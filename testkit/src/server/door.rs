//! Where clients come in, unless it is closed.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// How long it takes until listening or accepting is tried again. It fails mostly for want of file descriptors, which
/// takes a moment to pass.
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    /// None while it is closed.
    listener: Option<TcpListener>,
}

impl Door {
    pub(crate) fn new(listener: TcpListener, address: SocketAddr) -> Self {
        Self { address, listener: Some(listener) }
    }

    /// Closes it, so that clients are refused.
    pub(crate) fn close(&mut self) {
        self.listener = None;
    }

    /// Opens it again, if that is possible by now.
    pub(crate) async fn open(&mut self) {
        if self.listener.is_some() {
            return;
        }
        match TcpListener::bind(self.address).await {
            Ok(listener) => self.listener = Some(listener),
            Err(error) => {
                tracing::warn!(node = %self.address, %error, "a node cannot listen again");
                sleep(PAUSE).await;
            }
        }
    }

    /// Waits for a client: for ever, if it is closed.
    pub(crate) async fn accept(&self) -> (TcpStream, SocketAddr) {
        let Some(listener) = &self.listener else { return pending().await };
        loop {
            match listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) => {
                    tracing::warn!(node = %self.address, %error, "a connection could not be accepted");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}
