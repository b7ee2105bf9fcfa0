//! A proxy as a test holds it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::state::ProxyState;
use super::{ProxyBuilder, ProxyError, listener};
use crate::cluster::ClientConnection;
use crate::fault::{Fault, InjectedFault};
use crate::recording::Recorder;

/// Stands between clients and a node, a real one perhaps: lets the [faults](Fault) of the embedded cluster strike, and
/// records what is said.
///
/// Frames are taken out of v5's segments, looked at, and wrapped again; they are not changed, only spoilt, delayed or
/// replaced where a fault strikes. A client that speaks what this is not for, such as TLS or v3, is passed through
/// byte by byte, without faults and without being recorded; so is the rest of a connection once a frame or segment
/// cannot be read.
///
/// A fault that strikes [as a replica](Fault::as_replica) never strikes here, as the node's replicas are not seen.
///
/// Drivers learn the addresses of all nodes from the node itself, and connect to those: give them a translation of
/// addresses, with a proxy for each node. Many drivers keep the port of their contact point, so that proxies on the
/// nodes' own addresses and another port do without. The shard-aware port that a node of ScyllaDB tells of is not the
/// proxy's either.
///
/// It ends when it is dropped; [`shutdown`](Self::shutdown) also waits until it has.
///
/// ```
/// use helenus_protocol::ErrorKind;
/// use helenus_testkit::{EmbeddedCluster, Fault, Proxy};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = EmbeddedCluster::start(1).await?;
/// let proxy = Proxy::to(cluster.addresses()[0]).start().await?;
/// let _overloaded = proxy.inject(Fault::error(ErrorKind::Overloaded).matching("FROM ks.users"));
/// // Here a driver connects to `proxy.address()`.
/// proxy.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Proxy {
    state: Arc<ProxyState>,
    running: Running,
    recorder: Option<Recorder>,
}

/// The task that listens, which ends with this.
#[derive(Debug)]
struct Running {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Describes a proxy to a node before it starts.
    pub fn to(node: SocketAddr) -> ProxyBuilder {
        ProxyBuilder::new(node)
    }

    pub(super) fn run(
        state: Arc<ProxyState>,
        listener: TcpListener,
        recorder: Option<Recorder>,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(listener::serve(listener, state.clone(), stopped));
        Self { state, running: Running { stop: Some(stop), task }, recorder }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.state.address
    }

    /// Makes something go wrong.
    pub fn inject(&self, fault: Fault) -> InjectedFault {
        InjectedFault::inject(fault, vec![self.state.clone()])
    }

    /// The clients' connections that are open. The node's end is that of the node behind the proxy.
    pub fn connections(&self) -> Vec<ClientConnection> {
        self.state.connections()
    }

    /// Ends all connections and waits until they have ended and the recording is written.
    ///
    /// # Errors
    /// A recording that could not be written to its end.
    pub async fn shutdown(self) -> Result<(), ProxyError> {
        let Self { state, mut running, recorder } = self;
        drop(running.stop.take());
        // The task has no panic to report but one that was printed already.
        let _ = (&mut running.task).await;
        drop(state);
        match recorder {
            Some(recorder) => Ok(recorder.finish().await?),
            None => Ok(()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
