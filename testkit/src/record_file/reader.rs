//! Reading records.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{Format, HEAD, RecordFileError};

/// The records of a file.
#[derive(Debug)]
pub(crate) struct Records {
    content: Bytes,
    at: usize,
    path: PathBuf,
}

/// What is behind the last whole record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    Whole,
    /// The beginning of one more, from this byte on.
    CutOff {
        at: u64,
        bytes: u64,
    },
}

impl Records {
    pub(crate) fn open(path: &Path, format: Format) -> Result<Self, RecordFileError> {
        let content = std::fs::read(path).map_err(RecordFileError::io("read", path))?;
        Self::new(content.into(), path, format)
    }

    pub(super) fn new(
        content: Bytes,
        path: &Path,
        format: Format,
    ) -> Result<Self, RecordFileError> {
        let path = path.to_owned();
        let Some((magic, rest)) =
            content.split_first_chunk().filter(|(magic, _)| **magic == format.magic)
        else {
            return Err(RecordFileError::OtherFormat { path, wanted: format.what });
        };
        let version = rest.first_chunk().map(|bytes| u16::from_be_bytes(*bytes));
        match version {
            Some(version) if version == format.version => {}
            Some(version) => {
                let (what, known) = (format.what, format.version);
                return Err(RecordFileError::OtherVersion { path, what, version, known });
            }
            None => return Err(RecordFileError::OtherFormat { path, wanted: format.what }),
        }
        let at = magic.len() + size_of::<u16>();
        Ok(Self { content, at, path })
    }

    /// The content of the next record; `None` where no whole one is left.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, RecordFileError> {
        let rest = &self.content[self.at..];
        let Some((head, behind)) = rest.split_first_chunk::<HEAD>() else { return Ok(None) };
        let [length, length_sum, sum] = [0, 4, 8].map(|at| {
            let mut number = [0; 4];
            number.copy_from_slice(&head[at..at + 4]);
            number
        });
        if crc32fast::hash(&length) != u32::from_be_bytes(length_sum) {
            // Room that was never written to is no damage.
            if rest.iter().all(|byte| *byte == 0) {
                return Ok(None);
            }
            return Err(self.damage("a record's length does not match its checksum"));
        }
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let Some(content) = behind.get(..length) else { return Ok(None) };
        if crc32fast::hash(content) != u32::from_be_bytes(sum) {
            return Err(self.damage("a record does not match its checksum"));
        }
        let content = self.content.slice_ref(content);
        self.at += HEAD + length;
        Ok(Some(content))
    }

    /// What is left once all whole records have been read.
    pub(crate) fn tail(&self) -> Tail {
        let number = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        match self.content.len() - self.at {
            0 => Tail::Whole,
            bytes => Tail::CutOff { at: number(self.at), bytes: number(bytes) },
        }
    }

    /// What is wrong with the record that is next.
    pub(crate) fn damage(&self, problem: impl Into<String>) -> RecordFileError {
        let at = u64::try_from(self.at).unwrap_or(u64::MAX);
        RecordFileError::Damaged { path: self.path.clone(), at, problem: problem.into() }
    }
}
