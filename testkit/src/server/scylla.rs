//! What a node of ScyllaDB tells beside its answers.

use helenus_protocol::{ErrorKind, Payload, Prepared, ServerError, Startup, Supported, Tablet};

use super::coordination::Coordinated;
use super::session::Session;
use crate::engine::Touched;
use crate::scylla::Tablets;

const PARTITIONER: &str = "org.apache.cassandra.dht.Murmur3Partitioner";

impl Session {
    /// Adds the connection's shard, and what a client may ask for.
    pub(super) fn offer_extensions(&self, supported: &mut Supported) {
        let Some(scylla) = self.cluster.settings.scylla else { return };
        let port = self.member.address.port();
        let sharding =
            self.shard.and_then(|shard| scylla.sharding(shard, port, self.cluster.speaks_tls()));
        if let Some(sharding) = sharding {
            sharding.add_to_supported(supported);
        }
        let partitioner = ("SCYLLA_PARTITIONER".to_owned(), vec![PARTITIONER.to_owned()]);
        supported.options.push(partitioner);
        scylla.extensions().add_to_supported(supported);
    }

    /// Agrees on what a client asks for, as far as it was offered. The names count, whatever the values are.
    pub(super) fn agree_on_extensions(&mut self, startup: &Startup) {
        let Some(scylla) = self.cluster.settings.scylla else { return };
        let mut agreed = scylla.extensions();
        let is_asked_for = |name| startup.option(name).is_some();
        agreed.lwt_mark.take_if(|_| !is_asked_for("SCYLLA_LWT_ADD_METADATA_MARK"));
        agreed.rate_limit_error.take_if(|_| !is_asked_for("SCYLLA_RATE_LIMIT_ERROR"));
        agreed.tablets &= is_asked_for("TABLETS_ROUTING_V1");
        agreed.metadata_ids &= is_asked_for("SCYLLA_USE_METADATA_ID");
        self.extensions = agreed;
    }

    /// Whether the client holds the ids of result metadata.
    pub(super) fn has_metadata_ids(&self) -> bool {
        self.extensions.dialect(self.codec.version).has_metadata_ids()
    }

    /// Marks a conditional statement, for clients that want to know.
    pub(super) fn mark(&self, prepared: &mut Prepared, is_conditional: bool) {
        if let Some(mark) = self.extensions.lwt_mark.filter(|_| is_conditional) {
            prepared.metadata.flags |= mark.cast_signed();
        }
    }

    /// An error as this client understands it: it may not have asked for ScyllaDB's own.
    pub(super) fn in_dialect(&self, error: ServerError) -> ServerError {
        let ErrorKind::RateLimitReached { operation, by_coordinator, .. } = error.kind else {
            return error;
        };
        let kind = match self.extensions.rate_limit_error {
            Some(code) => ErrorKind::RateLimitReached { code, operation, by_coordinator },
            None => ErrorKind::ConfigError,
        };
        ServerError { kind, ..error }
    }

    /// Where a request should have gone that came to the wrong node or shard, for clients that want to know.
    pub(super) fn correct_route(&self, request: Coordinated<'_>) -> Option<Payload> {
        if !self.extensions.tablets || request.batch.is_some() {
            return None;
        }
        let tablets = self.cluster.settings.scylla?.tablet_routing()?;
        let [(planned, values)] = request.statements else { return None };
        let touched = self.cluster.engine.touched(planned, values).ok()?;
        let [Touched::Token(token, strategy)] = touched[..] else { return None };
        if !Tablets::are_for(strategy) {
            return None;
        }
        let tablet: Tablet = tablets.tablet(token, strategy, &self.cluster.topology());
        let here = (self.member.host_id, self.shard?);
        if tablet.replicas.contains(&here) {
            return None;
        }
        let mut payload = Payload::new();
        tablet.add_to_payload(&mut payload).ok()?;
        Some(payload)
    }
}
