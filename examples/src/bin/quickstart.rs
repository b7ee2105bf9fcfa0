//! Connects to a cluster, writes and reads rows.
fn main() {}
