use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::TlsConfigError;

/// Where certificates or a key come from. Printed, it tells no more than that.
#[derive(Clone)]
pub(super) enum Pem {
    File(PathBuf),
    Text(Arc<[u8]>),
}

impl Pem {
    pub(super) fn text(pem: impl AsRef<[u8]>) -> Self {
        Self::Text(pem.as_ref().into())
    }

    /// All certificates, at least one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsConfigError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.read()?).collect();
        match found {
            Ok(certificates) if certificates.is_empty() => self.lacks("certificate"),
            Ok(certificates) => Ok(certificates),
            Err(error) => Err(self.malformed(&error)),
        }
    }

    /// The first private key.
    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, TlsConfigError> {
        match PrivateKeyDer::from_pem_slice(&self.read()?) {
            Ok(key) => Ok(key),
            Err(pem::Error::NoItemsFound) => self.lacks("unencrypted private key"),
            Err(error) => Err(self.malformed(&error)),
        }
    }

    fn read(&self) -> Result<Arc<[u8]>, TlsConfigError> {
        match self {
            Self::Text(pem) => Ok(Arc::clone(pem)),
            Self::File(path) => fs::read(path)
                .map(Into::into)
                .map_err(|source| TlsConfigError::Read { path: path.clone(), source }),
        }
    }

    fn lacks<T>(&self, what: &'static str) -> Result<T, TlsConfigError> {
        Err(TlsConfigError::Missing { origin: self.to_string(), what })
    }

    fn malformed(&self, error: &pem::Error) -> TlsConfigError {
        TlsConfigError::Pem { origin: self.to_string(), problem: error.to_string() }
    }
}

impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Text(_) => f.write_str("the PEM text"),
        }
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
