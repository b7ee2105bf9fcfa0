use std::sync::Arc;

use helenus_protocol::Token;

use crate::connection::Connection;

/// By what a request is sent over one connection of a node and not another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aim {
    /// Of its partition, where that is known.
    pub(crate) token: Option<Token>,
    /// A number that differs from request to request, by which the load is spread.
    pub(crate) seed: u64,
}

/// Spreads a number over all 64 bits: numbers that follow one another would pick nodes and connections in step.
pub(super) fn scattered(number: u64) -> u64 {
    let product = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 32)
}

/// The less busy of two connections picked at random.
pub(super) fn less_busy(connections: &[Arc<Connection>], random: u64) -> Option<&Arc<Connection>> {
    let count = connections.len() as u64;
    if count < 2 {
        return connections.first();
    }
    // Remainders below `count` fit, and the second differs from the first.
    let first = (random % count) as usize;
    let second = ((random / count) % (count - 1)) as usize;
    let second = if second < first { second } else { second + 1 };
    let pair = [&connections[first], &connections[second]];
    pair.into_iter().min_by_key(|connection| connection.in_flight())
}
