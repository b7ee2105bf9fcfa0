//! A fault as a test describes it.

use std::ops::Range;
use std::time::Duration;

use helenus_protocol::{ErrorKind, Opcode, ServerError};

use super::Occasion;

/// Something to go wrong, which requests it strikes, and how often.
///
/// It strikes every request, the handshake's included, unless it is told otherwise.
///
/// ```
/// use std::time::Duration;
///
/// use helenus_protocol::ErrorKind;
/// use helenus_testkit::{EmbeddedCluster, Fault};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), helenus_testkit::ClusterError> {
/// let cluster = EmbeddedCluster::start(3).await?;
/// let _slow = cluster.inject(Fault::delay(Duration::from_millis(5)));
/// let overloaded = Fault::error(ErrorKind::Overloaded).matching("FROM ks.users").times(2);
/// let injected = cluster.nodes()[1].inject(overloaded);
/// assert_eq!(injected.strikes(), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    pub(super) kind: FaultKind,
    target: Target,
    statement: Option<String>,
    pub(super) probability: f64,
    pub(super) times: Option<u64>,
    pub(super) seed: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum FaultKind {
    Delay(Range<Duration>),
    Drop,
    Duplicate,
    WrongStream,
    OversizedLength,
    WrongChecksum,
    Garbage(usize),
    Close,
    CloseMidFrame,
    Reset,
    Refuse(ServerError),
    PauseReads,
    ConnectionLimit(usize),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    All,
    Handshake,
    Statements,
    Opcode(Opcode),
}

impl Fault {
    fn new(kind: FaultKind) -> Self {
        Self { kind, target: Target::All, statement: None, probability: 1.0, times: None, seed: 0 }
    }

    /// Answers come this much later; those behind them do not wait.
    pub fn delay(delay: Duration) -> Self {
        Self::jittered_delay(delay..delay)
    }

    /// Answers come later, each by a time of its own out of `delays`.
    pub fn jittered_delay(delays: Range<Duration>) -> Self {
        Self::new(FaultKind::Delay(delays))
    }

    /// Requests are carried out, and not answered.
    pub fn drop_answers() -> Self {
        Self::new(FaultKind::Drop)
    }

    /// Every answer comes twice.
    pub fn duplicate_answers() -> Self {
        Self::new(FaultKind::Duplicate)
    }

    /// Answers come on a stream that is not the request's.
    pub fn wrong_stream() -> Self {
        Self::new(FaultKind::WrongStream)
    }

    /// Answers announce more bytes than a frame may have.
    pub fn oversized_length() -> Self {
        Self::new(FaultKind::OversizedLength)
    }

    /// Answers come in segments whose payload does not match its checksum. It does nothing where there are no
    /// segments: in v4, and before STARTUP is answered.
    pub fn wrong_checksum() -> Self {
        Self::new(FaultKind::WrongChecksum)
    }

    /// Random bytes come in the place of answers, this many each time.
    pub fn garbage(length: usize) -> Self {
        Self::new(FaultKind::Garbage(length))
    }

    /// Requests are carried out, and the connection is closed in the place of the answer.
    pub fn close() -> Self {
        Self::new(FaultKind::Close)
    }

    /// The connection is closed when half of the answer is written.
    pub fn close_mid_frame() -> Self {
        Self::new(FaultKind::CloseMidFrame)
    }

    /// Requests are carried out, and the connection is reset in the place of the answer.
    pub fn reset() -> Self {
        Self::new(FaultKind::Reset)
    }

    /// QUERY, PREPARE, EXECUTE and BATCH fail like this without being carried out; [`to`](Self::to) chooses others.
    pub fn error(kind: ErrorKind) -> Self {
        let message = format!("injected: {}", kind.name());
        let refusal = FaultKind::Refuse(ServerError { kind, message });
        Self { target: Target::Statements, ..Self::new(refusal) }
    }

    /// Connections are accepted, and nothing is answered until they are ready, so that they never are.
    pub fn hang_startup() -> Self {
        Self { target: Target::Handshake, ..Self::new(FaultKind::Drop) }
    }

    /// Nothing more is read from connections while this lasts; answers and events still go out. It strikes
    /// connections, not requests, so that nothing limits it.
    pub fn pause_reads() -> Self {
        Self::new(FaultKind::PauseReads)
    }

    /// A node that has this many connections closes new ones at once.
    pub fn connection_limit(connections: usize) -> Self {
        Self::new(FaultKind::ConnectionLimit(connections))
    }

    /// Strikes only requests with a statement that contains `part`, prepared and batched ones included.
    pub fn matching(mut self, part: impl Into<String>) -> Self {
        self.statement = Some(part.into());
        self
    }

    /// Strikes only requests of this kind.
    pub fn to(mut self, opcode: Opcode) -> Self {
        self.target = Target::Opcode(opcode);
        self
    }

    /// Strikes each request with this probability: 0 is never, 1 always.
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// Strikes only this often: the next `times` requests that it can strike.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// What chance is drawn from: a fault of one seed strikes one series of requests in the same way each time.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub(super) fn is_about(&self, occasion: &Occasion) -> bool {
        let is_targeted = match self.target {
            Target::All => true,
            Target::Handshake => occasion.is_handshake,
            Target::Statements => occasion.is_about_statements(),
            Target::Opcode(opcode) => occasion.opcode == opcode,
        };
        let contains = |part: &String| {
            occasion.statements.iter().any(|statement| statement.contains(part.as_str()))
        };
        is_targeted && self.statement.as_ref().is_none_or(contains)
    }
}
