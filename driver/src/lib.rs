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
//!
//! Rows are read as tuples, or as structs, by name:
//!
//! ```
//! use helenus::{DecodeRow, EncodeRow, Session};
//! use helenus_testkit::EmbeddedCluster;
//!
//! #[derive(EncodeRow, DecodeRow)]
//! struct User<'a> {
//!     id: i64,
//!     name: &'a str,
//!     #[helenus(rename = "full_score", default)]
//!     score: f64,
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let cluster = EmbeddedCluster::start(1).await?;
//! # let session = Session::builder().contact_points(cluster.contact_points()).build().await?;
//! # session.query("CREATE KEYSPACE app WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}", ()).await?;
//! # session.query("CREATE TABLE app.users (id bigint PRIMARY KEY, name text, full_score double)", ()).await?;
//! let insert = session.prepare("INSERT INTO app.users (id, name, full_score) VALUES (?, ?, ?)").await?;
//! session.execute(&insert, User { id: 1, name: "ann", score: 0.5 }).await?;
//!
//! let result = session.query("SELECT * FROM app.users", ()).await?;
//! for user in result.rows::<User<'_>>()? {
//!     let user = user?;
//!     assert_eq!((user.id, user.name, user.score), (1, "ann", 0.5));
//! }
//! # Ok(())
//! # }
//! ```

mod alarm;
mod auth;
mod cluster;
mod connection;
mod events;
mod execution_info;
mod health;
mod leak_watch;
mod metrics;
mod pool;
mod profile;
mod request_error;
mod result;
mod session;
mod statement;
#[cfg(feature = "tls")]
mod tls;
mod warm_up;

pub use auth::{Authenticator, PasswordAuthenticator};
pub use cluster::{BuildError, MetadataError};
pub use connection::{CloseReason, ConnectError, ConnectionConfig, Destination};
pub use events::{EventListener, EventStream, SessionEvent};
pub use execution_info::{AttemptDecision, ExecutionInfo, FailedAttempt};
pub use health::HealthConfig;
pub use metrics::{
    ClosedConnections, ConnectionMetrics, FailedAttempts, Metrics, NodeMetrics, PoolMetrics,
};
pub use pool::{PoolConfig, PoolExhausted, PoolSize, PoolSizeError, PoolSizes, ScalingConfig};
pub use profile::ExecutionProfile;
pub use request_error::{AttemptError, RequestError, RequestErrorKind};
pub use result::{PageError, Pages, QueryResult, RowsError};
pub use session::{RequestLimits, Session, SessionBuilder, Throttled};
pub use statement::{Batch, PreparedStatement, Statement};
#[cfg(feature = "tls")]
pub use tls::{TlsConfig, TlsConfigBuilder, TlsConfigError, TlsError, TlsHandshakes};

#[cfg(feature = "schedule")]
pub use warm_up::ScheduleError;
pub use warm_up::{WarmUp, WarmUpProgress};

pub use helenus_protocol::{
    BatchKind, BoundValues, ColumnSpec, Compression, Consistency, Counter, CqlDate, CqlDecimal,
    CqlDuration, CqlTime, CqlTimestamp, CqlType, CqlVarint, DecodeRow, DecodeRowError, DecodeValue,
    DecodeValueError, EncodeRow, EncodeRowError, EncodeValue, EncodeValueError, Encoded, ErrorKind,
    Fields, ListIter, MapIter, ProtocolVersion, Row, RowCells, RowMismatch, RowWriter,
    SerialConsistency, ServerError, Token, TypeMismatch, UdtType, UdtWriter, Unset, Value,
    WriteType,
};

pub use helenus_macros::{DecodeRow, DecodeValue, EncodeRow, EncodeValue};

/// The decisions that a session leaves to policies, and the built-in ones.
pub use helenus_policies as policies;

/// The TLS library behind [`TlsConfig`], for settings that are made with it.
#[cfg(feature = "tls")]
pub use rustls;
