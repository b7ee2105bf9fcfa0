//! Writing records.

use std::io::{self, Write};

use super::{Format, HEAD};

#[derive(Debug)]
pub(crate) struct RecordWriter<W> {
    out: W,
}

impl<W: Write> RecordWriter<W> {
    /// Begins a file.
    pub(crate) fn new(mut out: W, format: Format) -> io::Result<Self> {
        out.write_all(&format.magic)?;
        out.write_all(&format.version.to_be_bytes())?;
        Ok(Self { out })
    }

    /// Appends a record made of these parts; returns how much longer the file is.
    pub(crate) fn append(&mut self, parts: &[&[u8]]) -> io::Result<u64> {
        let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "a record is too long");
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let number = u32::try_from(length).map_err(too_long)?;
        let length = number.to_be_bytes();
        let mut sum = crc32fast::Hasher::new();
        parts.iter().for_each(|part| sum.update(part));
        self.out.write_all(&length)?;
        self.out.write_all(&crc32fast::hash(&length).to_be_bytes())?;
        self.out.write_all(&sum.finalize().to_be_bytes())?;
        parts.iter().try_for_each(|part| self.out.write_all(part))?;
        Ok(u64::from(number) + HEAD as u64)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Where it is written to.
    pub(crate) fn get_ref(&self) -> &W {
        &self.out
    }

    #[cfg(test)]
    pub(super) fn into_inner(self) -> W {
        self.out
    }
}
