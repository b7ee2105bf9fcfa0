//! The floor: what moving the bytes costs, with no driver around it.

mod channel;
mod connection;
mod wire;

use connection::Connection;
use futures::future::try_join_all;

use super::Options;
use super::load::{Done, Latencies, Limit};
use crate::Error;

/// Connections that each keep their part of the requests in flight.
pub(super) struct Bare {
    connections: Vec<Connection>,
}

impl Bare {
    pub(super) async fn connect(options: &Options) -> Result<Self, Error> {
        let count = options.connections.min(options.in_flight);
        let connections = (0..count).map(|number| {
            let window = options.in_flight / count + u32::from(number < options.in_flight % count);
            Connection::open(options, window, number)
        });
        Ok(Self { connections: try_join_all(connections).await? })
    }

    pub(super) async fn run(&mut self, limit: Limit, latencies: &Latencies) -> Result<Done, Error> {
        let count = u32::try_from(self.connections.len())?;
        let parts = (0..).zip(&mut self.connections);
        let parts = parts.map(|(number, part)| part.run(limit.share(number, count), latencies));
        let mut done = Done::default();
        for part in try_join_all(parts).await? {
            done += part;
        }
        Ok(done)
    }
}
