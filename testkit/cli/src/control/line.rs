//! Lines of bounded length.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// Bytes that a line may have: a script that is loaded comes in one.
pub(crate) const LONGEST: u64 = 16 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error("a line is longer than {LONGEST} bytes")]
    TooLong,
    #[error("a line is not UTF-8")]
    NotUtf8,
    #[error("it was closed")]
    Closed,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The lines that a stream brings.
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    /// What has come of the line that is being read.
    line: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(stream: R) -> Self {
        Self { reader: BufReader::new(stream), line: Vec::new() }
    }

    /// The next line; `None` at the end. Where this is dropped, what has come is kept.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, LineError> {
        let room = (LONGEST + 1).saturating_sub(u64::try_from(self.line.len()).unwrap_or(u64::MAX));
        let mut reader = (&mut self.reader).take(room);
        reader.read_until(b'\n', &mut self.line).await?;
        let line = std::mem::take(&mut self.line);
        match line.strip_suffix(b"\n") {
            Some(text) => match str::from_utf8(text) {
                Ok(text) => Ok(Some(text.to_owned())),
                Err(_) => Err(LineError::NotUtf8),
            },
            None if line.is_empty() => Ok(None),
            None if u64::try_from(line.len()).unwrap_or(u64::MAX) > LONGEST => {
                Err(LineError::TooLong)
            }
            None => Err(LineError::Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_come_one_by_one_up_to_the_end() {
        let mut lines = Lines::new(&b"a\n\nb\n"[..]);
        for expected in ["a", "", "b"] {
            assert_eq!(lines.next().await.unwrap().as_deref(), Some(expected));
        }
        assert!(lines.next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_is_no_line_is_told() {
        assert!(matches!(Lines::new(&b"half"[..]).next().await, Err(LineError::Closed)));
        assert!(matches!(Lines::new(&b"\xFF\n"[..]).next().await, Err(LineError::NotUtf8)));
        let endless = tokio::io::repeat(b'x');
        assert!(matches!(Lines::new(endless).next().await, Err(LineError::TooLong)));
    }
}
