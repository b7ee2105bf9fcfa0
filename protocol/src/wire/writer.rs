use std::net::{IpAddr, SocketAddr};

use crate::{Cell, EncodeError};

/// Writes the protocol's notations to the end of a buffer.
pub(crate) trait Writer {
    fn put(&mut self, bytes: &[u8]);

    #[inline]
    fn put_byte(&mut self, value: u8) {
        self.put(&[value]);
    }

    #[inline]
    fn put_short(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    #[inline]
    fn put_int(&mut self, value: i32) {
        self.put(&value.to_be_bytes());
    }

    #[inline]
    fn put_long(&mut self, value: i64) {
        self.put(&value.to_be_bytes());
    }

    #[inline]
    fn put_short_length(&mut self, what: &'static str, length: usize) -> Result<(), EncodeError> {
        let short = u16::try_from(length).map_err(|_| EncodeError::TooLong {
            what,
            length,
            limit: u16::MAX.into(),
        })?;
        self.put_short(short);
        Ok(())
    }

    #[inline]
    fn put_length(&mut self, what: &'static str, length: usize) -> Result<(), EncodeError> {
        self.put_int(int_length(what, length)?);
        Ok(())
    }

    fn put_string(&mut self, what: &'static str, value: &str) -> Result<(), EncodeError> {
        self.put_short_bytes(what, value.as_bytes())
    }

    fn put_long_string(&mut self, what: &'static str, value: &str) -> Result<(), EncodeError> {
        self.put_length(what, value.len())?;
        self.put(value.as_bytes());
        Ok(())
    }

    #[inline]
    fn put_bytes(&mut self, what: &'static str, value: Option<&[u8]>) -> Result<(), EncodeError> {
        match value {
            Some(bytes) => {
                self.put_length(what, bytes.len())?;
                self.put(bytes);
            }
            None => self.put_int(-1),
        }
        Ok(())
    }

    fn put_value(&mut self, what: &'static str, value: Cell<'_>) -> Result<(), EncodeError> {
        match value {
            Cell::Value(bytes) => self.put_bytes(what, Some(bytes))?,
            Cell::Null => self.put_int(-1),
            Cell::Unset => self.put_int(-2),
        }
        Ok(())
    }

    #[inline]
    fn put_short_bytes(&mut self, what: &'static str, value: &[u8]) -> Result<(), EncodeError> {
        self.put_short_length(what, value.len())?;
        self.put(value);
        Ok(())
    }

    fn put_inetaddr(&mut self, value: IpAddr) {
        match value {
            IpAddr::V4(ip) => {
                self.put_byte(4);
                self.put(&ip.octets());
            }
            IpAddr::V6(ip) => {
                self.put_byte(16);
                self.put(&ip.octets());
            }
        }
    }

    fn put_inet(&mut self, value: SocketAddr) {
        self.put_inetaddr(value.ip());
        self.put_int(value.port().into());
    }

    fn put_string_list(&mut self, what: &'static str, list: &[String]) -> Result<(), EncodeError> {
        self.put_short_length(what, list.len())?;
        list.iter().try_for_each(|item| self.put_string(what, item))
    }

    fn put_string_map<'a>(
        &mut self,
        what: &'static str,
        map: impl ExactSizeIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), EncodeError> {
        self.put_short_length(what, map.len())?;
        for (key, value) in map {
            self.put_string(what, key)?;
            self.put_string(what, value)?;
        }
        Ok(())
    }
}

impl Writer for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

#[inline]
fn int_length(what: &'static str, length: usize) -> Result<i32, EncodeError> {
    i32::try_from(length).map_err(|_| EncodeError::TooLong {
        what,
        length,
        limit: i32::MAX as usize,
    })
}

/// Leaves room for an `[int]` length; returns where.
#[inline]
pub(crate) fn reserve_length(out: &mut Vec<u8>) -> usize {
    let at = out.len();
    out.put_int(0);
    at
}
