//! What a fault does to the one request that it strikes.

use std::time::Duration;

use helenus_protocol::ServerError;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    Delay(Duration),
    Drop,
    Duplicate,
    WrongStream,
    OversizedLength,
    WrongHeaderChecksum,
    WrongChecksum,
    /// These bytes, and no answer.
    Garbage(Vec<u8>),
    Close,
    CloseMidFrame,
    Reset,
    Refuse(ServerError),
    /// UNPREPARED, with the id of the request's own statement.
    RefusePrepared,
}
