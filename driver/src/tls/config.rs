use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind};

use super::{TlsConfigBuilder, TlsConfigError, TlsError};
use crate::connection::Destination;

/// How connections are encrypted: whom the client trusts, and who it is. Made by [`builder`](Self::builder).
///
/// Clones are handles to the same settings: certificates can be replaced while sessions use them, and connections
/// made from then on use the new ones. Those that are open stay as they are.
///
/// ```
/// use helenus::{Session, TlsConfig};
/// use helenus_testkit::{EmbeddedCluster, Tls};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = EmbeddedCluster::builder().tls(Tls::new()).start().await?;
/// let tls = TlsConfig::builder().trust_pem(cluster.authority_pem()?).build()?;
/// let session =
///     Session::builder().contact_points(cluster.contact_points()).tls(tls.clone()).build().await?;
///
/// session.query("SELECT release_version FROM system.local", ()).await?;
/// assert!(tls.handshakes().full > 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TlsConfig {
    shared: Arc<Shared>,
}

struct Shared {
    current: ArcSwap<Loaded>,
    full: AtomicU64,
    resumed: AtomicU64,
}

/// What was asked for, and what came of it.
struct Loaded {
    builder: TlsConfigBuilder,
    rustls: Arc<ClientConfig>,
}

/// Handshakes that succeeded since the [`TlsConfig`] was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TlsHandshakes {
    /// With certificates shown and checked.
    pub full: u64,
    /// That resumed an earlier session, which saves the certificates.
    pub resumed: u64,
}

impl TlsConfig {
    /// Describes how connections are encrypted.
    pub fn builder() -> TlsConfigBuilder {
        TlsConfigBuilder::default()
    }

    /// Reads all files again, and the platform's authorities where they are trusted. Sessions resumed from before are
    /// forgotten.
    ///
    /// It blocks for as long as the files take to be read.
    ///
    /// # Errors
    /// As [`TlsConfigBuilder::build`]; then all stays as it was.
    pub fn reload(&self) -> Result<(), TlsConfigError> {
        self.replace(self.shared.current.load().builder.clone())
    }

    /// Replaces everything by what `builder` describes.
    ///
    /// # Errors
    /// As [`TlsConfigBuilder::build`]; then all stays as it was.
    pub fn replace(&self, builder: TlsConfigBuilder) -> Result<(), TlsConfigError> {
        self.shared.current.store(Arc::new(Loaded::new(builder)?));
        Ok(())
    }

    /// Handshakes so far, of all sessions that use these settings.
    pub fn handshakes(&self) -> TlsHandshakes {
        TlsHandshakes {
            full: self.shared.full.load(Ordering::Relaxed),
            resumed: self.shared.resumed.load(Ordering::Relaxed),
        }
    }

    pub(super) fn new(builder: TlsConfigBuilder) -> Result<Self, TlsConfigError> {
        let current = ArcSwap::from_pointee(Loaded::new(builder)?);
        let shared = Shared { current, full: AtomicU64::new(0), resumed: AtomicU64::new(0) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What a new connection to `node` starts with: the settings, the node's name, and how long the handshake may
    /// take.
    pub(crate) fn start(
        &self,
        node: Destination,
    ) -> Result<(Arc<ClientConfig>, ServerName<'static>, Duration), TlsError> {
        let loaded = self.shared.current.load();
        let name = loaded.builder.names.name_of(node)?;
        Ok((Arc::clone(&loaded.rustls), name, loaded.builder.handshake_timeout))
    }

    pub(crate) fn count(&self, handshake: Option<HandshakeKind>) {
        let count = match handshake {
            Some(HandshakeKind::Resumed) => &self.shared.resumed,
            _ => &self.shared.full,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

impl Loaded {
    fn new(builder: TlsConfigBuilder) -> Result<Self, TlsConfigError> {
        let rustls = builder.load()?;
        Ok(Self { builder, rustls })
    }
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsConfig").field(&self.shared.current.load().builder).finish()
    }
}
