use helenus_protocol::{Consistency, ErrorKind, WriteType};

/// What is known of a request when one of its attempts has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The level that the attempt was made with.
    pub consistency: Consistency,
    /// Whether running the statement twice is the same as running it once.
    pub is_idempotent: bool,
    /// Retries until now.
    pub retries: u32,
}

/// Too few replicas answered a read in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadTimeout {
    /// Replicas that answered.
    pub received: i32,
    /// Replicas that it takes.
    pub required: i32,
    /// Whether the replica that was asked for the data (not only a digest) answered.
    pub data_present: bool,
}

/// Too few replicas acknowledged a write in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteTimeout {
    /// Replicas that acknowledged.
    pub received: i32,
    /// Replicas that it takes.
    pub required: i32,
    /// What the write was part of.
    pub write_type: WriteType,
}

/// Too few replicas are alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable {
    /// Replicas that it takes.
    pub required: i32,
    /// Replicas that are alive.
    pub alive: i32,
}

/// Any other way in which an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestFailure<'a> {
    /// The connection was lost while the request waited for its answer.
    ConnectionLost,
    /// There was no answer within the time that an attempt may take.
    NoAnswer,
    /// The server answered with an error that has no method of its own.
    Server(&'a ErrorKind),
}
