use super::NodeCertificate;

/// How the nodes of an [`EmbeddedCluster`](crate::EmbeddedCluster) speak TLS.
///
/// The cluster has an authority of its own, which signs a certificate for each node. A node that is
/// [frozen](crate::EmbeddedCluster::freeze) accepts connections and never answers their handshake.
///
/// ```
/// use helenus_testkit::{EmbeddedCluster, Tls};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), helenus_testkit::ClusterError> {
/// let cluster = EmbeddedCluster::builder().tls(Tls::new()).start().await?;
/// let authority = cluster.authority_pem()?;
/// assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct Tls {
    pub(super) certificate: NodeCertificate,
    pub(super) requires_client_certificate: bool,
}

impl Tls {
    /// Nodes with valid certificates, which ask their clients for none.
    pub fn new() -> Self {
        Self::default()
    }

    /// The certificate that nodes show. Default [`NodeCertificate::Valid`].
    pub fn node_certificate(mut self, certificate: NodeCertificate) -> Self {
        self.certificate = certificate;
        self
    }

    /// Lets in only clients that show a certificate of the cluster's authority.
    pub fn require_client_certificate(mut self) -> Self {
        self.requires_client_certificate = true;
        self
    }
}
