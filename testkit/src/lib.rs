//! An embedded CQL cluster for tests, and a launcher for real Apache Cassandra.
