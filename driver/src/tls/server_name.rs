use std::fmt;
use std::sync::Arc;

use rustls::pki_types::ServerName;

use super::{TlsConfigError, TlsError};
use crate::connection::Destination;

/// By which names nodes are known to their certificates.
#[derive(Clone)]
pub(super) enum ServerNames {
    Address,
    Fixed(String),
    ByNode(Arc<dyn Fn(Destination) -> String + Send + Sync>),
}

impl ServerNames {
    pub(super) fn check(&self) -> Result<(), TlsConfigError> {
        match self {
            Self::Fixed(name) => match ServerName::try_from(name.as_str()) {
                Ok(_) => Ok(()),
                Err(_) => Err(TlsConfigError::ServerName { name: name.clone() }),
            },
            _ => Ok(()),
        }
    }

    pub(super) fn name_of(&self, node: Destination) -> Result<ServerName<'static>, TlsError> {
        let name = match self {
            Self::Address => return Ok(node.address.ip().into()),
            Self::Fixed(name) => name.clone(),
            Self::ByNode(name) => name(node),
        };
        ServerName::try_from(name.clone()).map_err(|_| TlsError::ServerName { name })
    }
}

impl fmt::Debug for ServerNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("Address"),
            Self::Fixed(name) => f.debug_tuple("Fixed").field(name).finish(),
            Self::ByNode(_) => f.write_str("ByNode"),
        }
    }
}
