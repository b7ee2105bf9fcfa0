//! An async driver for Apache Cassandra and ScyllaDB.
//!
//! A [`Session`] finds the cluster through contact points, keeps connections to its nodes, sends each request to a
//! replica of its data, and survives what happens to nodes and connections on the way.
//!
//! ```
//! use helenus::Session;
//! use helenus_testkit::EmbeddedCluster;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = EmbeddedCluster::start(3).await?;
//! let session = Session::builder().contact_points(cluster.contact_points()).build().await?;
//!
//! let version = session.query("SELECT release_version FROM system.local", ()).await?;
//! let (version,) = version.one_row::<(&str,)>()?;
//! assert!(version.starts_with('5'));
//! # Ok(())
//! # }
//! ```

mod auth;
mod cluster;
mod connection;
mod metrics;
mod pool;
mod request_error;
mod result;
mod session;
mod statement;

pub use auth::{Authenticator, PasswordAuthenticator};
pub use cluster::{BuildError, MetadataError};
pub use connection::{CloseReason, ConnectError, ConnectionConfig};
pub use metrics::{Metrics, NodeMetrics};
pub use request_error::{AttemptError, FailedAttempt, RequestError, RequestErrorKind};
pub use result::{PageError, Pages, QueryResult, RowsError};
pub use session::{Session, SessionBuilder};
pub use statement::{Batch, PreparedStatement, Statement};

pub use helenus_protocol::{
    BatchKind, BoundValues, ColumnSpec, Compression, Consistency, Counter, CqlDate, CqlDecimal,
    CqlDuration, CqlTime, CqlTimestamp, CqlType, CqlVarint, DecodeRow, DecodeRowError, DecodeValue,
    DecodeValueError, EncodeRow, EncodeRowError, EncodeValue, EncodeValueError, Encoded, ErrorKind,
    ListIter, MapIter, Row, RowMismatch, RowWriter, SerialConsistency, ServerError, Token,
    TypeMismatch, UdtType, Unset, Value, WriteType,
};

/// The decisions that a session leaves to policies, and the built-in ones.
pub use helenus_policies as policies;
