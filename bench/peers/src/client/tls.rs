use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::Options;
use crate::Error;

/// TLS that trusts the certificate which the options name; `None` where they name none.
pub(super) fn config(options: &Options) -> Result<Option<Arc<ClientConfig>>, Error> {
    let Some(path) = &options.tls else { return Ok(None) };
    let certificate = CertificateDer::from_pem_file(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let mut trusted = RootCertStore::empty();
    trusted.add(certificate)?;
    // Helenus' own provider: all drivers shall do the same sums.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(Some(Arc::new(config)))
}
