use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::WireError;

/// An algorithm for the bodies of v4 frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// LZ4 blocks behind their uncompressed length as a big-endian `u32`.
    Lz4,
    /// Snappy's raw format. v4 only.
    #[cfg(feature = "snappy")]
    Snappy,
}

/// A body that cannot be decompressed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CompressionError {
    /// The body is too short to say how long it will be.
    #[error("a compressed body of {length} bytes has no room for its uncompressed length")]
    Truncated {
        /// Bytes in the body.
        length: usize,
    },
    /// The body says that it will be larger than is allowed.
    #[error(
        "a compressed body of {compressed} bytes announces {announced} bytes, {limit} are allowed"
    )]
    TooLarge {
        /// Bytes in the body.
        compressed: usize,
        /// Bytes announced.
        announced: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The body is damaged, or does not have the length that was announced.
    #[error("a compressed body of {length} bytes is damaged")]
    Damaged {
        /// Bytes in the body.
        length: usize,
    },
}

/// LZ4 cannot expand a block by more than this.
pub(crate) const LZ4_MAX_RATIO: usize = 255;

/// Snappy cannot either: its longest copy gives 64 bytes for 3, and some bytes for the length go before.
#[cfg(feature = "snappy")]
const SNAPPY_MAX_RATIO: usize = 32;

impl Compression {
    /// The name that STARTUP's and SUPPORTED's `COMPRESSION` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lz4 => "lz4",
            #[cfg(feature = "snappy")]
            Self::Snappy => "snappy",
        }
    }

    /// Appends the compressed form of `body` to `out`.
    pub fn compress(self, body: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Lz4 => compress_lz4(body, out),
            #[cfg(feature = "snappy")]
            Self::Snappy => compress_snappy(body, out),
        }
    }

    /// The body behind its compressed form.
    ///
    /// Nothing is reserved before the announced length is checked against `limit` (bytes) and against what the
    /// compressed bytes can possibly expand to.
    ///
    /// # Errors
    /// A body that is damaged, or longer than `limit`.
    pub fn decompress(self, body: &[u8], limit: usize) -> Result<Vec<u8>, CompressionError> {
        match self {
            Self::Lz4 => decompress_lz4(body, limit),
            #[cfg(feature = "snappy")]
            Self::Snappy => decompress_snappy(body, limit),
        }
    }
}

fn compress_lz4(body: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    let start = out.len();
    out.resize(start + lz4_flex::block::get_maximum_output_size(body.len()), 0);
    // Compression fails only for want of room, and this is the most it can take.
    let written = lz4_flex::block::compress_into(body, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}

fn decompress_lz4(body: &[u8], limit: usize) -> Result<Vec<u8>, CompressionError> {
    let Some((announced, block)) = body.split_first_chunk::<4>() else {
        return Err(CompressionError::Truncated { length: body.len() });
    };
    let announced = u32::from_be_bytes(*announced) as usize;
    if announced == 0 {
        return Ok(Vec::new());
    }
    let limit = limit.min(block.len().saturating_mul(LZ4_MAX_RATIO));
    if announced > limit {
        return Err(CompressionError::TooLarge { compressed: body.len(), announced, limit });
    }
    let mut out = vec![0; announced];
    match lz4_flex::block::decompress_into(block, &mut out) {
        Ok(written) if written == announced => Ok(out),
        _ => Err(CompressionError::Damaged { length: body.len() }),
    }
}

#[cfg(feature = "snappy")]
fn compress_snappy(body: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + snap::raw::max_compress_len(body.len()), 0);
    // Compression fails only for want of room, and this is the most it can take.
    let written = snap::raw::Encoder::new().compress(body, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}

#[cfg(feature = "snappy")]
fn decompress_snappy(body: &[u8], limit: usize) -> Result<Vec<u8>, CompressionError> {
    let damaged = |_| CompressionError::Damaged { length: body.len() };
    let announced = snap::raw::decompress_len(body).map_err(damaged)?;
    let limit = limit.min(body.len().saturating_mul(SNAPPY_MAX_RATIO));
    if announced > limit {
        return Err(CompressionError::TooLarge { compressed: body.len(), announced, limit });
    }
    let mut out = vec![0; announced];
    let written = snap::raw::Decoder::new().decompress(body, &mut out).map_err(damaged)?;
    out.truncate(written);
    Ok(out)
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Compression {
    type Err = WireError;

    fn from_str(name: &str) -> Result<Self, WireError> {
        match name.to_ascii_lowercase().as_str() {
            "lz4" => Ok(Self::Lz4),
            #[cfg(feature = "snappy")]
            "snappy" => Ok(Self::Snappy),
            _ => Err(WireError::Unknown { what: "a compression", value: name.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[Compression] = &[
        Compression::Lz4,
        #[cfg(feature = "snappy")]
        Compression::Snappy,
    ];

    #[test]
    fn a_body_survives_compression() {
        for compression in ALL {
            for body in [&b""[..], b"a", &[7; 100_000], b"no repeat in here"] {
                let mut compressed = b"before".to_vec();
                compression.compress(body, &mut compressed);
                let opened = compression.decompress(&compressed[6..], 1 << 20);
                assert_eq!(opened.as_deref(), Ok(body), "{compression}");
            }
        }
    }

    #[test]
    fn a_compression_is_known_by_its_name() {
        for compression in ALL {
            assert_eq!(compression.name().to_uppercase().parse(), Ok(*compression));
        }
        assert!("zstd".parse::<Compression>().is_err());
    }

    #[cfg(feature = "snappy")]
    #[test]
    fn snappy_is_the_raw_format() {
        let mut compressed = Vec::new();
        Compression::Snappy.compress(b"abc", &mut compressed);
        assert_eq!(compressed, [3, 2 << 2, b'a', b'b', b'c']);
        let lie = [0xFF, 0xFF, 0xFF, 0x0F, 0];
        let error = Compression::Snappy.decompress(&lie, usize::MAX);
        assert!(matches!(error, Err(CompressionError::TooLarge { .. })));
        assert!(matches!(
            Compression::Snappy.decompress(&[3, 2 << 2, b'a'], 100),
            Err(CompressionError::Damaged { .. })
        ));
    }

    #[test]
    fn an_empty_body_decompresses_as_cassandra_writes_it() {
        assert_eq!(Compression::Lz4.decompress(&[0, 0, 0, 0, 0], 100).unwrap(), b"");
    }

    #[test]
    fn a_lie_about_the_length_reserves_nothing() {
        let error = Compression::Lz4.decompress(&[0x7F, 0, 0, 0, 1, 2, 3], usize::MAX);
        assert!(matches!(error, Err(CompressionError::TooLarge { .. })));
        let error = Compression::Lz4.decompress(&[0, 0, 1, 0, 0xFF, 0xFF, 0xFF], 10);
        assert!(matches!(error, Err(CompressionError::TooLarge { .. })));
        assert!(matches!(
            Compression::Lz4.decompress(&[0, 0, 0, 9, 0x10, b'a'], 100),
            Err(CompressionError::Damaged { .. })
        ));
        assert!(matches!(
            Compression::Lz4.decompress(&[0], 100),
            Err(CompressionError::Truncated { .. })
        ));
    }
}
