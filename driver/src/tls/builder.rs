use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};

use super::pem::Pem;
use super::server_name::ServerNames;
use super::verifier::{AnyName, AnyServer};
use super::{TlsConfig, TlsConfigError};
use crate::connection::Destination;

/// Describes a [`TlsConfig`]. Without further words the authorities that the platform trusts are trusted, nodes must
/// have certificates for their IP addresses, and the client shows no certificate.
#[derive(Debug, Clone)]
#[must_use]
pub struct TlsConfigBuilder {
    trusted: Vec<Pem>,
    trusts_platform: bool,
    client: Option<ClientCertificate>,
    verification: Verification,
    ready: Option<Ready>,
    pub(super) names: ServerNames,
    pub(super) handshake_timeout: Duration,
}

#[derive(Debug, Clone)]
struct ClientCertificate {
    certificates: Pem,
    key: Pem,
}

/// Settings that were made with rustls itself.
#[derive(Clone)]
struct Ready(Arc<ClientConfig>);

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rustls::ClientConfig")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verification {
    Full,
    WithoutName,
    None,
}

impl Default for TlsConfigBuilder {
    fn default() -> Self {
        Self {
            trusted: Vec::new(),
            trusts_platform: false,
            client: None,
            verification: Verification::Full,
            ready: None,
            names: ServerNames::Address,
            handshake_timeout: Duration::from_secs(3),
        }
    }
}

impl TlsConfigBuilder {
    /// Trusts the authorities in a PEM file, and no longer the platform's. It may be called several times.
    pub fn trust_pem_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.trusted.push(Pem::File(path.into()));
        self
    }

    /// Trusts the authorities in a PEM text, and no longer the platform's. It may be called several times.
    pub fn trust_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.trusted.push(Pem::text(pem));
        self
    }

    /// Trusts the platform's authorities beside those that are named. They are the default where none is named.
    pub fn trust_platform(mut self) -> Self {
        self.trusts_platform = true;
        self
    }

    /// Shows nodes that ask for it the certificate in a PEM file, intermediate ones behind it, with its unencrypted
    /// key (PKCS#8, PKCS#1 or SEC1).
    pub fn client_certificate_files(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        let (certificates, key) = (Pem::File(certificate.into()), Pem::File(key.into()));
        self.client = Some(ClientCertificate { certificates, key });
        self
    }

    /// As [`client_certificate_files`](Self::client_certificate_files), with the PEM texts at hand.
    pub fn client_certificate(
        mut self,
        certificate: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Self {
        let (certificates, key) = (Pem::text(certificate), Pem::text(key));
        self.client = Some(ClientCertificate { certificates, key });
        self
    }

    /// The name that the certificates of all nodes must have, a DNS name or an IP address. A DNS name is also what the
    /// client asks nodes for (SNI). By default each node's IP address.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.names = ServerNames::Fixed(name.into());
        self
    }

    /// The name that a node's certificate must have, by where the client connects to: its address, or its host id, by
    /// which proxies in front of clusters tell nodes apart. The host id is not known yet where a contact point is asked.
    ///
    /// ```
    /// # use helenus::TlsConfig;
    /// let tls = TlsConfig::builder().server_name_by(|node| match node.host_id {
    ///     Some(id) => format!("{id}.nodes.example.com"),
    ///     None => "any.nodes.example.com".to_owned(),
    /// });
    /// ```
    pub fn server_name_by(
        mut self,
        name: impl Fn(Destination) -> String + Send + Sync + 'static,
    ) -> Self {
        self.names = ServerNames::ByNode(Arc::new(name));
        self
    }

    /// The most that a handshake may take, so that a node which hangs there is told from one that does not answer at
    /// all. The connect timeout covers it too. Default 3 s.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Takes certificates that a trusted authority has issued for any name: whoever has one of them can pose as a
    /// node. For clusters with an authority of their own, whose certificates name no addresses.
    pub fn dangerous_without_name_check(mut self) -> Self {
        self.verification = Verification::WithoutName;
        self
    }

    /// Takes any certificate: whoever is on the way to a node can read and change everything. For tests.
    pub fn dangerous_without_verification(mut self) -> Self {
        self.verification = Verification::None;
        self
    }

    /// Uses settings that were made with rustls itself, as they are. What this builder says about trust, client
    /// certificates and verification has no place beside them.
    pub fn rustls(mut self, config: Arc<ClientConfig>) -> Self {
        self.ready = Some(Ready(config));
        self
    }

    /// Reads what is to be read and checks it.
    ///
    /// It blocks for as long as the files take to be read.
    ///
    /// # Errors
    /// Files that cannot be read, PEM without certificates or key, a key that does not fit its certificate, a name
    /// that is none, a platform without authorities, settings that contradict each other.
    pub fn build(self) -> Result<TlsConfig, TlsConfigError> {
        TlsConfig::new(self)
    }

    pub(super) fn load(&self) -> Result<Arc<ClientConfig>, TlsConfigError> {
        self.names.check()?;
        if let Some(Ready(config)) = &self.ready {
            let says_more = !self.trusted.is_empty()
                || self.trusts_platform
                || self.client.is_some()
                || self.verification != Verification::Full;
            return if says_more {
                Err(TlsConfigError::Contradiction)
            } else {
                Ok(Arc::clone(config))
            };
        }
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsConfigError::Rustls)?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier(provider)?);
        let config = match &self.client {
            None => builder.with_no_client_auth(),
            Some(ClientCertificate { certificates, key }) => builder
                .with_client_auth_cert(certificates.certificates()?, key.key()?)
                .map_err(TlsConfigError::ClientCertificate)?,
        };
        Ok(Arc::new(config))
    }

    fn verifier(
        &self,
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, TlsConfigError> {
        if self.verification == Verification::None {
            return Ok(Arc::new(AnyServer::new(&provider)));
        }
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(self.roots()?), provider)
            .build()
            .map_err(|error| TlsConfigError::Trust { problem: error.to_string() })?;
        Ok(match self.verification {
            Verification::WithoutName => Arc::new(AnyName::new(webpki)),
            _ => webpki,
        })
    }

    fn roots(&self) -> Result<RootCertStore, TlsConfigError> {
        let mut roots = RootCertStore::empty();
        for pem in &self.trusted {
            for certificate in pem.certificates()? {
                roots.add(certificate).map_err(|error| TlsConfigError::Pem {
                    origin: pem.to_string(),
                    problem: error.to_string(),
                })?;
            }
        }
        if self.trusts_platform || self.trusted.is_empty() {
            let found = rustls_native_certs::load_native_certs();
            // The platform's list may hold certificates that rustls cannot read; the others serve.
            let (added, _) = roots.add_parsable_certificates(found.certs);
            if added == 0 {
                let problems: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
                return Err(TlsConfigError::Platform { problem: problems.join("; ") });
            }
        }
        Ok(roots)
    }
}
