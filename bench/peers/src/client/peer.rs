use std::future::Future;

use super::scan::Scan;
use crate::Error;
use crate::items::PAYLOAD;

/// A driver with its session and its prepared statements.
pub(super) trait Peer: Send + Sync + 'static {
    /// Reads the row with this id, and checks it.
    fn read(&self, id: i64) -> impl Future<Output = Result<(), Error>> + Send;

    /// Writes a row.
    fn write(&self, id: i64, payload: &[u8]) -> impl Future<Output = Result<(), Error>> + Send;

    /// Reads all rows, page by page.
    fn scan(&self, scan: &mut Scan<'_>) -> impl Future<Output = Result<(), Error>> + Send;

    /// Reads all rows as a stream of owned ones.
    fn stream(&self, scan: &mut Scan<'_>) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Fails unless this is the row that was asked for.
pub(super) fn check(asked: i64, found: i64, payload: &[u8]) -> Result<(), Error> {
    if found == asked && payload.len() == PAYLOAD {
        return Ok(());
    }
    let length = payload.len();
    Err(format!("row {asked} was asked for, row {found} with {length} bytes came").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_row_and_another_payload_are_wrong() {
        assert!(check(1, 1, &[0; PAYLOAD]).is_ok());
        assert!(check(1, 2, &[0; PAYLOAD]).is_err());
        assert!(check(1, 1, &[0; PAYLOAD - 1]).is_err());
    }
}
