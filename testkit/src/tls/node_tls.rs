use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

use super::authority::Authority;
use super::{ClientCertificate, Tls};
use crate::ClusterError;

/// The certificates of a cluster's nodes, and the authority behind them. Both may be replaced while it runs.
pub(crate) struct NodeTls {
    settings: Tls,
    issued: Mutex<Issued>,
}

struct Issued {
    authority: Authority,
    /// Of the nodes that have had a client.
    configs: HashMap<IpAddr, Arc<ServerConfig>>,
}

impl NodeTls {
    pub(crate) fn new(settings: Tls) -> Result<Self, ClusterError> {
        Ok(Self { settings, issued: Mutex::new(Issued::new()?) })
    }

    /// Shakes hands with a client of a node.
    pub(crate) async fn accept(
        &self,
        node: IpAddr,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor(node).map_err(io::Error::other)?.accept(stream).await
    }

    fn acceptor(&self, node: IpAddr) -> Result<TlsAcceptor, ClusterError> {
        let Issued { authority, configs } = &mut *self.issued();
        let config = match configs.entry(node) {
            Entry::Occupied(config) => config.get().clone(),
            Entry::Vacant(vacant) => {
                vacant.insert(Arc::new(config(self.settings, node, authority)?)).clone()
            }
        };
        Ok(config.into())
    }

    pub(crate) fn authority_pem(&self) -> String {
        self.issued().authority.pem()
    }

    pub(crate) fn issue_for_client(&self) -> Result<ClientCertificate, ClusterError> {
        self.issued().authority.issue_for_client().map_err(failed)
    }

    /// Takes a new authority, of which every node gets a certificate.
    pub(crate) fn replace(&self) -> Result<(), ClusterError> {
        let issued = Issued::new()?;
        *self.issued() = issued;
        Ok(())
    }

    fn issued(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for NodeTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeTls").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Issued {
    fn new() -> Result<Self, ClusterError> {
        Ok(Self { authority: Authority::new().map_err(failed)?, configs: HashMap::new() })
    }
}

fn config(
    settings: Tls,
    node: IpAddr,
    authority: &Authority,
) -> Result<ServerConfig, ClusterError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let builder = if settings.requires_client_certificate {
        let mut roots = RootCertStore::empty();
        roots.add(authority.certificate()).map_err(failed)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(failed)?;
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let (certificate, key) =
        authority.issue_for_node(node, settings.certificate).map_err(failed)?;
    builder.with_single_cert(vec![certificate], key).map_err(failed)
}

fn failed(problem: impl Error) -> ClusterError {
    ClusterError::Tls { problem: problem.to_string() }
}
