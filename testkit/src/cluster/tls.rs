//! What a test needs of a cluster with TLS.

use super::{ClusterError, ClusterState, EmbeddedCluster};
use crate::tls::{ClientCertificate, NodeTls, Tls};

impl ClusterState {
    /// Lets the nodes speak TLS, if `tls` says how.
    pub(super) fn with_tls(mut self, tls: Option<Tls>) -> Result<Self, ClusterError> {
        self.tls = tls.map(NodeTls::new).transpose()?;
        Ok(self)
    }
}

impl EmbeddedCluster {
    /// The certificate of the authority that signed the nodes', as PEM: what clients are to trust.
    ///
    /// # Errors
    /// A cluster without TLS.
    pub fn authority_pem(&self) -> Result<String, ClusterError> {
        Ok(self.tls()?.authority_pem())
    }

    /// Issues a certificate for a client, which nodes accept that require one.
    ///
    /// # Errors
    /// A cluster without TLS, or keys that cannot be made.
    pub fn issue_client_certificate(&self) -> Result<ClientCertificate, ClusterError> {
        self.tls()?.issue_for_client()
    }

    /// Replaces the authority and the certificates of all nodes. Connections that are open stay; new ones, and the
    /// clients' certificates, need the new authority.
    ///
    /// # Errors
    /// A cluster without TLS, or keys that cannot be made.
    pub fn replace_certificates(&self) -> Result<(), ClusterError> {
        self.tls()?.replace()
    }

    fn tls(&self) -> Result<&NodeTls, ClusterError> {
        self.state.tls.as_ref().ok_or(ClusterError::NoTls)
    }
}
