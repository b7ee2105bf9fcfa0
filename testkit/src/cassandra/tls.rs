use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};

use super::Error;

/// How the nodes of a cluster with TLS treat their clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TlsMode {
    /// The node proves who it is; the client stays unknown.
    Server,
    /// The client must show a certificate of the cluster's authority too.
    Mutual,
}

/// The PEM files of a cluster with TLS. They are made anew each time the cluster comes up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TlsFiles {
    /// Whether the nodes ask for a client certificate.
    pub mode: TlsMode,
    /// The certificate of the authority that signed all others.
    pub authority: PathBuf,
    /// A client's certificate, for [`TlsMode::Mutual`].
    pub client_certificate: PathBuf,
    /// The client certificate's key (PKCS#8).
    pub client_key: PathBuf,
    /// The nodes' key and certificate chain in one file, for the addresses of all nodes and `localhost`.
    pub node: PathBuf,
}

impl TlsFiles {
    /// Writes a new authority, one certificate for all nodes and one for clients into the directory.
    pub(super) fn generate(
        directory: &Path,
        mode: TlsMode,
        nodes: &[IpAddr],
    ) -> Result<Self, Error> {
        fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
        let authority = CertifiedIssuer::self_signed(authority_params()?, KeyPair::generate()?)?;
        let mut names: Vec<String> = nodes.iter().map(ToString::to_string).collect();
        names.push("localhost".into());
        let issue = |params: CertificateParams| -> Result<(String, String), Error> {
            let key = KeyPair::generate()?;
            Ok((params.signed_by(&key, &authority)?.pem(), key.serialize_pem()))
        };
        let (node_certificate, node_key) =
            issue(end_params("node", names, ExtendedKeyUsagePurpose::ServerAuth)?)?;
        let (client_certificate, client_key) =
            issue(end_params("client", vec![], ExtendedKeyUsagePurpose::ClientAuth)?)?;
        let write = |name: &str, pem: &str| {
            let path = directory.join(name);
            fs::write(&path, pem).map_err(Error::io("write", &path)).map(|()| path)
        };
        Ok(Self {
            mode,
            authority: write("authority.pem", &authority.pem())?,
            client_certificate: write("client-certificate.pem", &client_certificate)?,
            client_key: write("client-key.pem", &client_key)?,
            node: write("node.pem", &format!("{node_key}{node_certificate}{}", authority.pem()))?,
        })
    }
}

fn authority_params() -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(vec![])?;
    params.distinguished_name.push(DnType::CommonName, "helenus test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn end_params(
    name: &str,
    alt_names: Vec<String>,
    usage: ExtendedKeyUsagePurpose,
) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(alt_names)?;
    params.distinguished_name.push(DnType::CommonName, format!("helenus test {name}"));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    Ok(params)
}
