//! TLS as the nodes of an embedded cluster speak it: an authority of their own, and certificates that it issues.

mod authority;
mod node_certificate;
mod node_tls;
mod settings;

pub use authority::ClientCertificate;
pub use node_certificate::NodeCertificate;
pub(crate) use node_tls::NodeTls;
pub use settings::Tls;
