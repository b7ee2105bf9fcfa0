//! Addresses.

use std::net::IpAddr;

/// An `inet`: four bytes or sixteen.
pub(crate) fn encode_inet(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
