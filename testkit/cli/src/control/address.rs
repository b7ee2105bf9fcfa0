//! Where a cluster is controlled.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// A place on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ControlAddress {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is neither an address with a port, as in 127.0.0.1:9900, nor a path with a slash, as in ./cluster.sock"
)]
pub(crate) struct ControlAddressError {
    text: String,
}

impl FromStr for ControlAddress {
    type Err = ControlAddressError;

    fn from_str(text: &str) -> Result<Self, ControlAddressError> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Tcp(address));
        }
        if cfg!(unix) && text.contains('/') {
            return Ok(Self::Unix(text.into()));
        }
        Err(ControlAddressError { text: text.to_owned() })
    }
}

impl fmt::Display for ControlAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_paths_are_told_apart() {
        let tcp = ControlAddress::Tcp(([127, 0, 0, 1], 9900).into());
        assert_eq!("127.0.0.1:9900".parse(), Ok(tcp));
        let unix = ControlAddress::Unix("./x.sock".into());
        assert_eq!("./x.sock".parse(), Ok(unix));
        assert!("127.0.0.1".parse::<ControlAddress>().is_err());
    }
}
