use std::net::{IpAddr, SocketAddr};

use uuid::Uuid;

use crate::WireError;
use crate::value::Cell;

/// Reads the protocol's notations from a byte slice, borrowing what it returns.
///
/// Every method takes the name of the field for the error, checks lengths before it uses them, and never panics.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    /// What has not been read yet.
    #[inline]
    pub fn remaining(&self) -> &'a [u8] {
        self.left
    }

    /// Whether everything has been read.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// The next `length` bytes.
    #[inline]
    pub fn take(&mut self, what: &'static str, length: usize) -> Result<&'a [u8], WireError> {
        let Some((head, tail)) = self.left.split_at_checked(length) else {
            return Err(WireError::Truncated { what, needed: length, left: self.left.len() });
        };
        self.left = tail;
        Ok(head)
    }

    #[inline]
    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WireError> {
        let Some((head, tail)) = self.left.split_first_chunk::<N>() else {
            return Err(WireError::Truncated { what, needed: N, left: self.left.len() });
        };
        self.left = tail;
        Ok(*head)
    }

    /// A `[byte]`.
    #[inline]
    pub fn byte(&mut self, what: &'static str) -> Result<u8, WireError> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    /// A `[short]`: an unsigned 16-bit integer.
    #[inline]
    pub fn short(&mut self, what: &'static str) -> Result<u16, WireError> {
        self.array(what).map(u16::from_be_bytes)
    }

    /// An `[int]`: a signed 32-bit integer.
    #[inline]
    pub fn int(&mut self, what: &'static str) -> Result<i32, WireError> {
        self.array(what).map(i32::from_be_bytes)
    }

    /// A `[long]`: a signed 64-bit integer.
    #[inline]
    pub fn long(&mut self, what: &'static str) -> Result<i64, WireError> {
        self.array(what).map(i64::from_be_bytes)
    }

    /// An `[int]` that counts things, each of which takes at least `each` bytes of what is left.
    ///
    /// A count that what is left cannot hold is an error, so the caller may reserve memory for it.
    #[inline]
    pub fn count(&mut self, what: &'static str, each: usize) -> Result<usize, WireError> {
        let count = self.int(what)?;
        let Ok(count) = usize::try_from(count) else {
            return Err(WireError::Length { what, length: count.into() });
        };
        self.fits(what, count, each)
    }

    /// A `[short]` that counts things, each of which takes at least `each` bytes of what is left.
    pub fn short_count(&mut self, what: &'static str, each: usize) -> Result<usize, WireError> {
        let count = self.short(what)?;
        self.fits(what, count.into(), each)
    }

    #[inline]
    fn fits(&self, what: &'static str, count: usize, each: usize) -> Result<usize, WireError> {
        let needed = count.saturating_mul(each);
        if needed > self.left.len() {
            return Err(WireError::Truncated { what, needed, left: self.left.len() });
        }
        Ok(count)
    }

    /// A `[string]`: UTF-8 behind a `[short]` length.
    pub fn string(&mut self, what: &'static str) -> Result<&'a str, WireError> {
        let length = self.short(what)?;
        text(what, self.take(what, length.into())?)
    }

    /// A `[long string]`: UTF-8 behind an `[int]` length.
    pub fn long_string(&mut self, what: &'static str) -> Result<&'a str, WireError> {
        let length = self.int(what)?;
        let Ok(length) = usize::try_from(length) else {
            return Err(WireError::Length { what, length: length.into() });
        };
        text(what, self.take(what, length)?)
    }

    /// `[bytes]`: an `[int]` length and as many bytes; `None` when the length is negative (null).
    #[inline]
    pub fn bytes(&mut self, what: &'static str) -> Result<Option<&'a [u8]>, WireError> {
        match usize::try_from(self.int(what)?) {
            Ok(length) => self.take(what, length).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// A `[value]`: as `[bytes]`, with −1 for null and −2 for unset; below that it is an error.
    #[inline]
    pub fn value(&mut self, what: &'static str) -> Result<Cell<'a>, WireError> {
        match self.int(what)? {
            -1 => Ok(Cell::Null),
            -2 => Ok(Cell::Unset),
            length => match usize::try_from(length) {
                Ok(length) => self.take(what, length).map(Cell::Value),
                Err(_) => Err(WireError::Length { what, length: length.into() }),
            },
        }
    }

    /// `[short bytes]`: a `[short]` length and as many bytes.
    #[inline]
    pub fn short_bytes(&mut self, what: &'static str) -> Result<&'a [u8], WireError> {
        let length = self.short(what)?;
        self.take(what, length.into())
    }

    /// A `[uuid]`.
    pub fn uuid(&mut self, what: &'static str) -> Result<Uuid, WireError> {
        self.array(what).map(Uuid::from_bytes)
    }

    /// An `[inetaddr]`: a length byte (4 or 16) and an address.
    pub fn inetaddr(&mut self, what: &'static str) -> Result<IpAddr, WireError> {
        match self.byte(what)? {
            4 => self.array::<4>(what).map(IpAddr::from),
            16 => self.array::<16>(what).map(IpAddr::from),
            length => Err(WireError::Length { what, length: length.into() }),
        }
    }

    /// An `[inet]`: an `[inetaddr]` and an `[int]` port.
    pub fn inet(&mut self, what: &'static str) -> Result<SocketAddr, WireError> {
        let ip = self.inetaddr(what)?;
        let port = self.int(what)?;
        match u16::try_from(port) {
            Ok(port) => Ok(SocketAddr::new(ip, port)),
            Err(_) => Err(WireError::Length { what, length: port.into() }),
        }
    }

    /// A `[string list]`.
    pub fn string_list(&mut self, what: &'static str) -> Result<Vec<String>, WireError> {
        let count = self.short_count(what, 2)?;
        (0..count).map(|_| self.string(what).map(str::to_owned)).collect()
    }

    /// A `[string map]`, in the order in which it stands.
    pub fn string_map(&mut self, what: &'static str) -> Result<Vec<(String, String)>, WireError> {
        let count = self.short_count(what, 4)?;
        (0..count)
            .map(|_| Ok((self.string(what)?.to_owned(), self.string(what)?.to_owned())))
            .collect()
    }

    /// A `[string multimap]`, in the order in which it stands.
    pub fn string_multimap(
        &mut self,
        what: &'static str,
    ) -> Result<Vec<(String, Vec<String>)>, WireError> {
        let count = self.short_count(what, 4)?;
        (0..count).map(|_| Ok((self.string(what)?.to_owned(), self.string_list(what)?))).collect()
    }

    /// An error unless everything has been read.
    #[inline]
    pub fn finish(&self, what: &'static str) -> Result<(), WireError> {
        match self.left.len() {
            0 => Ok(()),
            left => Err(WireError::Trailing { what, left }),
        }
    }
}

fn text<'a>(what: &'static str, bytes: &'a [u8]) -> Result<&'a str, WireError> {
    std::str::from_utf8(bytes).map_err(|_| WireError::Utf8 { what })
}
