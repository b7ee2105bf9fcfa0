//! What goes wrong.

use helenus_protocol::ServerError;

use super::delays::Delays;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum FaultKind {
    Delay(Delays),
    Drop,
    Duplicate,
    WrongStream,
    OversizedLength,
    WrongHeaderChecksum,
    WrongChecksum,
    Garbage(usize),
    Close,
    CloseMidFrame,
    Reset,
    Refuse(ServerError),
    RefusePrepared,
    PauseReads,
    ConnectionLimit {
        limit: usize,
        /// Whether nothing listens while there are as many; else those beyond are closed at once.
        refuses: bool,
    },
}

impl FaultKind {
    /// Whether it strikes connections rather than requests.
    pub(super) fn is_about_connections(&self) -> bool {
        matches!(self, Self::PauseReads | Self::ConnectionLimit { .. })
    }

    /// Whether it can strike what a replica tells its coordinator.
    pub(super) fn is_for_replicas(&self) -> bool {
        matches!(self, Self::Delay(_) | Self::Drop)
    }
}
