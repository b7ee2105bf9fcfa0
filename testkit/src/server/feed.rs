//! A connection without a socket, for whatever bytes a client may come up with.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use helenus_protocol::{
    FrameCodec, FrameFlags, ProtocolVersion, Request, SegmentEncoder, SegmentFormat, Startup, Token,
};
use uuid::Uuid;

use super::framing::Framing;
use super::session::{Flow, Session};
use crate::cluster::{ClusterState, Identity, Member, Settings, Timeouts, Troubles};
use crate::engine::Engine;
use crate::server::SpokenVersions;
use crate::system;

/// What the crate's function of this name does.
pub(crate) fn feed(data: &[u8]) {
    let Some((mode, bytes)) = data.split_first() else { return };
    let mut connection = Connection::new();
    match mode % 4 {
        0 => connection.receive(bytes),
        1 => {
            connection.start(ProtocolVersion::V4);
            connection.receive(bytes);
        }
        2 => {
            connection.start(ProtocolVersion::V5);
            connection.receive(bytes);
        }
        _ => {
            connection.start(ProtocolVersion::V5);
            let mut segments = Vec::new();
            SegmentEncoder::new(SegmentFormat::Plain).encode(bytes, &mut segments);
            connection.receive(&segments);
        }
    }
}

struct Connection {
    session: Session,
    framing: Framing,
    input: BytesMut,
    is_open: bool,
}

impl Connection {
    /// A connection to the one node of a cluster of its own.
    fn new() -> Self {
        let engine = Engine::new();
        let troubles = Troubles::default();
        let address = SocketAddr::from(([127, 0, 0, 1], 9042));
        let identity = Identity {
            address,
            storage_port: 7000,
            datacenter: "datacenter1".to_owned(),
            rack: "rack1".to_owned(),
            host_id: Uuid::nil(),
            tokens: vec![Token(0)],
            shards: None,
        };
        let member = Arc::new(Member::new(identity, troubles.clone()));
        member.set_up(true);
        let timeout = Duration::from_secs(1);
        let settings = Settings {
            name: "Embedded Cluster".to_owned(),
            versions: SpokenVersions::up_to(ProtocolVersion::V5),
            credentials: None,
            timeouts: Timeouts { read: timeout, write: timeout },
            scylla: None,
            mirrors_payloads: false,
        };
        system::install(&engine).expect("the system tables can be made");
        let cluster = Arc::new(ClusterState::new(settings, engine, vec![member.clone()], troubles));
        let id = cluster.next_connection();
        Self {
            session: Session::new(cluster, member, id, address, None),
            framing: Framing::Bare,
            input: BytesMut::new(),
            is_open: true,
        }
    }

    fn start(&mut self, version: ProtocolVersion) {
        let mut frame = Vec::new();
        FrameCodec::new(version)
            .encode_request(&Request::Startup(Startup::new(None)), 0, FrameFlags::NONE, &mut frame)
            .expect("a STARTUP fits its frame");
        self.receive(&frame);
        assert!(self.is_open, "the handshake failed");
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        let mut answers = Vec::new();
        while self.is_open {
            let answered = match self.framing.unwrap(&mut self.input) {
                Ok(frames) => self.session.receive(frames, &mut answers),
                Err(error) => Some(self.session.refuse_segment(&error, &mut answers)),
            };
            let Some(answered) = answered else { return };
            assert!(!answers.is_empty(), "a request without an answer");
            self.framing.wrap(&mut answers, &mut Vec::new());
            answers.clear();
            match answered.flow {
                Flow::Continue => {}
                Flow::Segments(format) => self.framing = Framing::segmented(format),
                Flow::Close => self.is_open = false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seeds from which a fuzzer starts, and what it would try first.
    #[test]
    fn nothing_that_a_client_sends_makes_a_node_panic() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/server");
        let mut seeds = 0;
        for file in std::fs::read_dir(corpus).expect("seeds") {
            let seed = std::fs::read(file.expect("a seed").path()).expect("a seed");
            feed(&seed);
            for at in (0..seed.len()).step_by(16) {
                feed(&seed[..at]);
                let mut damaged = seed.clone();
                damaged[at] ^= 0x81;
                feed(&damaged);
            }
            seeds += 1;
        }
        assert!(seeds > 10, "{seeds} seeds");
    }
}
