use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// Turns the address that a node gives itself into the one where this client reaches it. Any
/// `Fn(SocketAddr) -> SocketAddr` does.
pub trait AddressTranslator: Send + Sync {
    /// Where a node is reached that calls itself `address`.
    fn translate(&self, address: SocketAddr) -> SocketAddr;
}

impl<F: Fn(SocketAddr) -> SocketAddr + Send + Sync> AddressTranslator for F {
    fn translate(&self, address: SocketAddr) -> SocketAddr {
        self(address)
    }
}

/// Nodes are reached where they say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IdentityTranslator;

impl AddressTranslator for IdentityTranslator {
    fn translate(&self, address: SocketAddr) -> SocketAddr {
        address
    }
}

/// Nodes are reached where a map says; those that it does not have, where they say themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressMap {
    addresses: HashMap<SocketAddr, SocketAddr>,
    ips: HashMap<IpAddr, IpAddr>,
}

impl AddressMap {
    /// Reaches the node at `from` at `to`.
    #[must_use]
    pub fn with_address(mut self, from: SocketAddr, to: SocketAddr) -> Self {
        self.addresses.insert(from, to);
        self
    }

    /// Reaches the node with the address `from` at `to`, on the port that it gives. A whole address comes before this.
    #[must_use]
    pub fn with_ip(mut self, from: IpAddr, to: IpAddr) -> Self {
        self.ips.insert(from, to);
        self
    }
}

impl AddressTranslator for AddressMap {
    fn translate(&self, address: SocketAddr) -> SocketAddr {
        if let Some(to) = self.addresses.get(&address) {
            return *to;
        }
        let to = self.ips.get(&address.ip());
        to.map_or(address, |to| SocketAddr::new(*to, address.port()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8, port: u16) -> SocketAddr {
        ([10, 0, 0, last], port).into()
    }

    #[test]
    fn addresses_come_before_ips_and_the_rest_stays() {
        let map = AddressMap::default()
            .with_address(address(1, 9042), address(101, 19042))
            .with_ip(address(1, 0).ip(), address(102, 0).ip());
        assert_eq!(map.translate(address(1, 9042)), address(101, 19042));
        assert_eq!(map.translate(address(1, 9043)), address(102, 9043));
        assert_eq!(map.translate(address(2, 9042)), address(2, 9042));
    }

    #[test]
    fn closures_translate_too() {
        let offset = |from: SocketAddr| SocketAddr::new(from.ip(), from.port() + 10_000);
        let translators: [&dyn AddressTranslator; 2] = [&offset, &IdentityTranslator];
        let reached = translators.map(|translator| translator.translate(address(1, 9042)).port());
        assert_eq!(reached, [19042, 9042]);
    }
}
