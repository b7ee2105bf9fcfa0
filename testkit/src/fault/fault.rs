//! A fault as a test describes it.

use std::ops::Range;
use std::time::Duration;

use helenus_protocol::{ErrorKind, Opcode, ServerError};

use super::Occasion;
use super::delays::Delays;
use super::fault_kind::FaultKind;
use super::target::Target;
use crate::cluster::ConnectionId;

/// Something to go wrong, which requests it strikes, and how often.
///
/// It strikes every request, the handshake's included, unless it is told otherwise. One that is injected into several
/// nodes has a course of its own on each.
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
    pub(super) target: Target,
    pub(super) connection: Option<ConnectionId>,
    pub(super) statement: Option<String>,
    pub(super) probability: f64,
    pub(super) times: Option<u64>,
    pub(super) seed: u64,
}

impl Fault {
    fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            target: Target::All,
            connection: None,
            statement: None,
            probability: 1.0,
            times: None,
            seed: 0,
        }
    }

    /// Answers come this much later; those behind them do not wait.
    pub fn delay(delay: Duration) -> Self {
        Self::jittered_delay(delay..delay)
    }

    /// Answers come later, each by a time of its own out of `delays`.
    pub fn jittered_delay(delays: Range<Duration>) -> Self {
        Self::new(FaultKind::Delay(Delays::Within(delays)))
    }

    /// Answers come later, as a table of percentiles, from 0 to 100, has it: each percentile with its delay, and what
    /// is between two of them between their delays. Below the first it is the first's, above the last the last's.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use helenus_testkit::Fault;
    /// let ms = Duration::from_millis;
    /// let _like_production = Fault::delay_percentiles([(50.0, ms(1)), (99.0, ms(8)), (100.0, ms(90))]);
    /// ```
    pub fn delay_percentiles(table: impl IntoIterator<Item = (f64, Duration)>) -> Self {
        Self::new(FaultKind::Delay(Delays::percentiles(table)))
    }

    /// Each node works on `parallelism` requests at once, `time` on each: those that come meanwhile queue, so that
    /// their answers come later and later the more there are.
    pub fn service_time(time: Duration, parallelism: usize) -> Self {
        Self::new(FaultKind::Delay(Delays::Service { time, parallelism }))
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

    /// Answers come in segments whose header does not match its checksum. It does nothing where there are no segments.
    pub fn wrong_header_checksum() -> Self {
        Self::new(FaultKind::WrongHeaderChecksum)
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

    /// Statements are refused in the words of a node that is being stopped. Connections are accepted still.
    pub fn shutting_down() -> Self {
        let refusal = ServerError::new(ErrorKind::Overloaded, "Server is shutting down");
        Self { target: Target::Statements, ..Self::new(FaultKind::Refuse(refusal)) }
    }

    /// EXECUTE, and BATCH with prepared statements, fail as if the node had forgotten what was prepared.
    pub fn unprepared() -> Self {
        Self { target: Target::Prepared, ..Self::new(FaultKind::RefusePrepared) }
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
        Self::new(FaultKind::ConnectionLimit { limit: connections, refuses: false })
    }

    /// A node that has this many connections does not listen, so that new ones are refused. Nothing counts them.
    pub fn refuse_connections_beyond(connections: usize) -> Self {
        Self::new(FaultKind::ConnectionLimit { limit: connections, refuses: true })
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

    /// Strikes only requests on this connection.
    pub fn on_connection(mut self, connection: ConnectionId) -> Self {
        self.connection = Some(connection);
        self
    }

    /// Strikes what the node tells coordinators as a replica, its own coordinator included, and not what it tells
    /// clients. Coordinators wait for as many replicas as the consistency level takes, up to their timeouts. It is for
    /// delays and for dropped answers; other faults of replicas never strike.
    pub fn as_replica(mut self) -> Self {
        self.target = Target::Replicas;
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

    pub(super) fn is_about_replicas(&self) -> bool {
        self.target == Target::Replicas
    }

    pub(super) fn is_on(&self, connection: ConnectionId) -> bool {
        self.connection.is_none_or(|only| only == connection)
    }

    pub(super) fn is_about(&self, occasion: &Occasion) -> bool {
        let is_possible = match occasion {
            Occasion::Request(request) => self.is_on(request.connection),
            Occasion::Replica(_) => self.kind.is_for_replicas(),
        };
        let contains = |part: &String| {
            occasion.statements().iter().any(|statement| statement.contains(part.as_str()))
        };
        is_possible
            && self.target.includes(occasion)
            && self.statement.as_ref().is_none_or(contains)
    }
}
