use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use super::*;
use crate::connection::Destination;

fn pem() -> (String, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

fn refused(builder: TlsConfigBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

#[test]
fn what_cannot_be_used_is_named() {
    let (certificate, key) = pem();
    let trusting = || TlsConfig::builder().trust_pem(&certificate);
    assert!(trusting().client_certificate(&certificate, &key).build().is_ok());

    let error = refused(TlsConfig::builder().trust_pem_file("/no/such/ca.pem"));
    assert!(error.starts_with("cannot read /no/such/ca.pem: "), "{error}");
    let error = refused(TlsConfig::builder().trust_pem(&key));
    assert_eq!(error, "the PEM text holds no certificate");
    let error = refused(trusting().client_certificate(&certificate, &certificate));
    assert_eq!(error, "the PEM text holds no unencrypted private key");
    let error = refused(trusting().trust_pem(certificate.replace("-----END", "-----AND")));
    assert!(error.contains("not as it should be"), "{error}");
    let error = refused(trusting().client_certificate(&certificate, pem().1));
    assert!(error.contains("client certificate and its key"), "{error}");
    let error = refused(trusting().server_name("not a name"));
    assert!(error.contains("\"not a name\" is neither"), "{error}");
}

#[test]
fn settings_of_rustls_stand_alone() {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let config = Arc::new(config);
    let ready = || TlsConfig::builder().rustls(Arc::clone(&config));
    let tls = ready().server_name("localhost").build().unwrap();
    let node = Destination::new(([127, 0, 0, 1], 9042).into(), None);
    let (used, name, _) = tls.start(node).unwrap();
    assert!(Arc::ptr_eq(&used, &config));
    assert_eq!(name.to_str(), "localhost");
    for contradiction in [
        ready().trust_pem(pem().0),
        ready().trust_platform(),
        ready().dangerous_without_verification(),
    ] {
        assert!(matches!(contradiction.build(), Err(TlsConfigError::Contradiction)));
    }
}

#[test]
fn no_key_is_ever_printed() {
    let (certificate, key) = pem();
    let builder =
        TlsConfig::builder().trust_pem(&certificate).client_certificate(&certificate, &key);
    let mut printed = format!("{builder:?}");
    printed += &format!("{:?}", builder.build().unwrap());
    let secret = key.lines().nth(1).unwrap();
    assert!(!printed.contains(secret));
    // As bytes, a key could be printed as numbers.
    assert!(!printed.contains("45, 45, 45"), "{printed}");
}

#[test]
fn an_authority_made_anew_under_its_old_name_is_not_trusted() {
    for error in [CertificateError::UnknownIssuer, CertificateError::BadSignature] {
        assert!(matches!(TlsError::from(error), TlsError::Untrusted));
    }
}
