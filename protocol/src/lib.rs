//! The CQL native protocol.
