use std::io;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError, InvalidMessage};
use thiserror::Error;

/// Why a connection could not be encrypted, or broke on account of it.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// No authority that is trusted has signed the node's certificate.
    #[error(
        "no trusted authority has signed the node's certificate: trust its authority with TlsConfigBuilder::trust_pem_file"
    )]
    Untrusted,
    /// The node's certificate is for other names.
    #[error(
        "the node's certificate is not for {expected} but for {}: name the nodes with TlsConfigBuilder::server_name or server_name_by, or issue certificates with that name",
        if presented.is_empty() { "no name at all".to_owned() } else { presented.join(", ") }
    )]
    WrongName {
        /// The name that was looked for.
        expected: String,
        /// The names that the certificate has.
        presented: Vec<String>,
    },
    /// The node's certificate has expired, or is not valid yet.
    #[error("the node's certificate is not valid at this time ({0}): renew it, or set the clocks")]
    OutOfDate(CertificateError),
    /// The node's certificate cannot be used for another reason.
    #[error("the node's certificate is refused: {0}")]
    Certificate(CertificateError),
    /// What came back is not TLS.
    #[error(
        "the node does not speak TLS on this port: connect without it, or to the port that has it"
    )]
    NotSpoken,
    /// The node closed the connection during the handshake.
    #[error(
        "the node closed the connection during the TLS handshake: it may not speak TLS on this port"
    )]
    Closed,
    /// The handshake took longer than is allowed.
    #[error("no TLS handshake within {} ms: the node hangs, or does not speak TLS on this port", after.as_millis())]
    HandshakeTimeout {
        /// The handshake timeout.
        after: Duration,
    },
    /// The node wants a certificate of the client, and got none.
    #[error(
        "the node requires a client certificate: give one with TlsConfigBuilder::client_certificate_files"
    )]
    ClientCertificateRequired,
    /// The node does not accept the client's certificate.
    #[error(
        "the node refused the client's certificate ({0:?}): it needs one that is valid and of an authority it trusts"
    )]
    ClientCertificateRefused(AlertDescription),
    /// The node ended the connection with another alert.
    #[error(
        "the node ended TLS with the alert {0:?}: it may share no version or cipher with the client, or want a client certificate"
    )]
    Alert(AlertDescription),
    /// The name of the node is neither a DNS name nor an IP address.
    #[error("the name given for the node, {name:?}, is neither a DNS name nor an IP address")]
    ServerName {
        /// The name.
        name: String,
    },
    /// The node breaks the rules of TLS, or what it sent was tampered with.
    #[error("TLS failed: {0}")]
    Protocol(#[source] rustls::Error),
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(error) => error.into(),
            rustls::Error::AlertReceived(alert) => alert.into(),
            other => Self::Protocol(other),
        }
    }
}

impl TlsError {
    /// What an error means that comes before the handshake is over.
    pub(crate) fn in_handshake(error: rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidMessage(
                InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
            ) => Self::NotSpoken,
            other => other.into(),
        }
    }
}

impl From<CertificateError> for TlsError {
    fn from(error: CertificateError) -> Self {
        match error {
            // An authority that was made anew under its old name has another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::Untrusted,
            CertificateError::NotValidForNameContext { expected, presented } => {
                let presented = presented.iter().map(|name| bare(name).to_owned()).collect();
                Self::WrongName { expected: expected.to_str().into_owned(), presented }
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::OutOfDate(error),
            other => Self::Certificate(other),
        }
    }
}

/// The name out of what rustls makes of it, such as `DnsName("db.example")`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

impl From<AlertDescription> for TlsError {
    fn from(alert: AlertDescription) -> Self {
        match alert {
            AlertDescription::CertificateRequired => Self::ClientCertificateRequired,
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied => Self::ClientCertificateRefused(alert),
            other => Self::Alert(other),
        }
    }
}

impl From<TlsError> for io::Error {
    fn from(error: TlsError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}
