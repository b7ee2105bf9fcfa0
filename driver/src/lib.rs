//! An async driver for Apache Cassandra and ScyllaDB.
