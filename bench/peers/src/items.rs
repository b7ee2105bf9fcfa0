//! The table that is read and written, `bench.items`.

/// Its keyspace.
pub const KEYSPACE: &str = "bench";
/// Its name.
pub const TABLE: &str = "items";
/// Reads one row.
pub const READ: &str = "SELECT id, payload FROM bench.items WHERE id = ?";
/// Writes one row.
pub const WRITE: &str = "INSERT INTO bench.items (id, payload) VALUES (?, ?)";
/// Reads all rows, in pages of [`PAGE_ROWS`].
pub const SCAN: &str = "SELECT id, payload FROM bench.items";

/// Bytes in a payload.
pub const PAYLOAD: usize = 120;
/// Rows in a page of a scan.
pub const PAGE_ROWS: usize = 5_000;
/// Pages in a scan of the responder's table.
pub const PAGES: usize = 100;

/// The payload of a row: hexadecimal digits, so that it compresses like text and not like zeros.
pub fn payload(id: i64) -> [u8; PAYLOAD] {
    let mut digits = fastrand::Rng::with_seed(id.cast_unsigned());
    std::array::from_fn(|_| b"0123456789abcdef"[digits.usize(..16)])
}
