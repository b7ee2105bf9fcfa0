use thiserror::Error;

/// Bytes that do not follow the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WireError {
    /// The message ends before the field does.
    #[error("{what} takes {needed} bytes, but only {left} are left in the message")]
    Truncated {
        /// The field being read.
        what: &'static str,
        /// Bytes that the field takes.
        needed: usize,
        /// Bytes that are left.
        left: usize,
    },
    /// A length or a count that cannot be one.
    #[error("{what} has the impossible length {length}")]
    Length {
        /// The field being read.
        what: &'static str,
        /// The length as it stands on the wire.
        length: i64,
    },
    /// A text that is not UTF-8.
    #[error("{what} is not valid UTF-8")]
    Utf8 {
        /// The field being read.
        what: &'static str,
    },
    /// A code or a name that the protocol does not define.
    #[error("{what} has the unknown value {value}")]
    Unknown {
        /// The field being read.
        what: &'static str,
        /// The code or the name.
        value: String,
    },
    /// A type nested deeper than [`CqlType::MAX_DEPTH`](crate::CqlType::MAX_DEPTH).
    #[error("a CQL type is nested more than {limit} levels deep")]
    TooDeep {
        /// Levels that are allowed.
        limit: usize,
    },
    /// Bytes behind the end of a message.
    #[error("{left} unexpected bytes follow {what}")]
    Trailing {
        /// The message that was read.
        what: &'static str,
        /// Bytes that are left.
        left: usize,
    },
}

/// A message that the protocol has no way to write.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A field is longer than its length prefix can say.
    #[error("{what} is {length} long, the protocol allows {limit}")]
    TooLong {
        /// The field being written.
        what: &'static str,
        /// Its length, in bytes or in elements.
        length: usize,
        /// The longest that can be written.
        limit: usize,
    },
    /// A message that is longer than a frame may be.
    #[error("a frame's body would be {length} bytes long, {limit} are allowed")]
    BodyTooLong {
        /// Its length, in bytes.
        length: usize,
        /// The longest that is written.
        limit: usize,
    },
    /// A field that the negotiated version does not have.
    #[error("{what} needs native protocol v5, the connection speaks v4")]
    NeedsV5 {
        /// The field being written.
        what: &'static str,
    },
    /// Values by name in a batch, which has no place for names.
    #[error("the values of a batch's statements cannot have names")]
    NamedInBatch,
}
