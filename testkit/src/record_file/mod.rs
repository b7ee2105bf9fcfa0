//! Files of records, one behind the other, each with checksums. What a crash leaves half written at the end is told
//! from damage.
//!
//! A file begins with eight bytes that name its format and two that say its version. A record is the length of its
//! content (four bytes), the CRC-32 of those four bytes, the CRC-32 of the content, and the content. Numbers are
//! big-endian.

mod error;
mod format;
mod reader;
mod writer;

pub use error::RecordFileError;
pub(crate) use format::Format;
pub(crate) use reader::{Records, Tail};
pub(crate) use writer::RecordWriter;

/// Bytes of a file without records.
pub(crate) const EMPTY: u64 = 10;
/// What comes before a record's content.
const HEAD: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format { magic: *b"TESTTEST", version: 3, what: "a test's file" };

    fn written() -> Vec<u8> {
        let mut writer = RecordWriter::new(Vec::new(), FORMAT).unwrap();
        writer.append(&[b"first"]).unwrap();
        writer.append(&[b"sec", b"ond"]).unwrap();
        writer.into_inner()
    }

    fn read(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, Tail), RecordFileError> {
        let mut records = Records::new(bytes.to_vec().into(), "x.rec".as_ref(), FORMAT)?;
        let mut read = Vec::new();
        while let Some(record) = records.next()? {
            read.push(record.to_vec());
        }
        Ok((read, records.tail()))
    }

    #[test]
    fn records_read_back_as_they_were_written() {
        let (records, tail) = read(&written()).unwrap();
        assert_eq!(records, [b"first".to_vec(), b"second".to_vec()]);
        assert_eq!(tail, Tail::Whole);
    }

    #[test]
    fn a_file_that_ends_anywhere_gives_its_whole_records() {
        let whole = written();
        let first = 10 + HEAD + 5;
        for end in 10..whole.len() {
            let (records, tail) = read(&whole[..end]).unwrap();
            let kept = if end < first { 10 } else { first };
            assert_eq!(records.len(), usize::from(end >= first), "{end}");
            let cut = Tail::CutOff { at: kept as u64, bytes: (end - kept) as u64 };
            assert_eq!(tail, if end == kept { Tail::Whole } else { cut }, "{end}");
        }
        // A file that the disk had room for, and nothing in.
        let (records, tail) = read(&[&whole[..], &[0; 100]].concat()).unwrap();
        assert_eq!((records.len(), tail), (2, Tail::CutOff { at: whole.len() as u64, bytes: 100 }));
    }

    #[test]
    fn any_byte_that_changed_is_damage_with_its_place() {
        let whole = written();
        for at in 10..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x20;
            let error = read(&damaged).unwrap_err();
            assert!(matches!(error, RecordFileError::Damaged { .. }), "{at}: {error}");
            assert!(error.to_string().contains("x.rec is damaged at byte "), "{error}");
        }
    }

    #[test]
    fn another_format_and_another_version_are_told() {
        let error = read(b"#!/bin/sh\n").unwrap_err().to_string();
        assert_eq!(error, "x.rec is not a test's file");
        assert!(matches!(read(b"TEST"), Err(RecordFileError::OtherFormat { .. })));
        let mut newer = written();
        newer[9] = 4;
        let error = read(&newer).unwrap_err().to_string();
        assert_eq!(error, "x.rec is a test's file of version 4, and this program knows version 3");
    }
}
