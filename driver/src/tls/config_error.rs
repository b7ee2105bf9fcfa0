use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why there is no [`TlsConfig`](super::TlsConfig).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// PEM that is damaged, or holds what cannot be used.
    #[error("{origin} is not as it should be: {problem}")]
    Pem {
        /// The file, or that it was a text.
        origin: String,
        /// What is wrong with it.
        problem: String,
    },
    /// PEM that lacks what is looked for.
    #[error("{origin} holds no {what}")]
    Missing {
        /// The file, or that it was a text.
        origin: String,
        /// What it should hold.
        what: &'static str,
    },
    /// The platform has no authorities that could be trusted.
    #[error("the platform has no authorities to trust, name some with trust_pem_file: {problem}")]
    Platform {
        /// What went wrong while they were looked for; empty if there are just none.
        problem: String,
    },
    /// The authorities cannot be used to verify anything.
    #[error("the trusted authorities cannot be used: {problem}")]
    Trust {
        /// Why not.
        problem: String,
    },
    /// The client's certificate or key cannot be used, or they do not belong together.
    #[error("the client certificate and its key cannot be used: {0}")]
    ClientCertificate(#[source] rustls::Error),
    /// A server name that is neither a DNS name nor an IP address.
    #[error("{name:?} is neither a DNS name nor an IP address")]
    ServerName {
        /// The name.
        name: String,
    },
    /// Settings of rustls beside settings of the builder that they would override.
    #[error(
        "trust, client certificates and verification belong into the rustls settings, which were given too"
    )]
    Contradiction,
    /// rustls refused the settings.
    #[error("rustls refuses the settings: {0}")]
    Rustls(#[source] rustls::Error),
}
