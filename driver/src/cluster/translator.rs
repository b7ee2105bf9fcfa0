use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use helenus_policies::AddressTranslator;

/// Knows where nodes are reached that say where they are.
#[derive(Clone)]
pub(crate) struct Translator {
    pub(crate) addresses: Arc<dyn AddressTranslator>,
    /// The port of nodes that name none.
    pub(crate) port: u16,
}

impl Translator {
    pub(super) fn translate(&self, address: SocketAddr) -> SocketAddr {
        self.addresses.translate(address)
    }
}

impl fmt::Debug for Translator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Translator").field("port", &self.port).finish_non_exhaustive()
    }
}
