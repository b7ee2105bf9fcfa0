use crate::wire::{Reader, Writer};
use crate::{Cell, WireError};

/// The values of a request, in their wire form.
///
/// They were checked when this was made, so reading them cannot fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Values<'a> {
    count: u16,
    named: bool,
    bytes: &'a [u8],
}

impl<'a> Values<'a> {
    #[inline]
    pub(crate) fn positional(count: u16, bytes: &'a [u8]) -> Self {
        Self { count, named: false, bytes }
    }

    pub(super) fn named(count: u16, bytes: &'a [u8]) -> Self {
        Self { count, named: count > 0, bytes }
    }

    /// How many values there are.
    pub fn count(&self) -> u16 {
        self.count
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether each value has a name. A batch has no place for names.
    #[inline]
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// Each value behind its name, which is `None` where values stand by position.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&'a str>, Cell<'a>)> + use<'a> {
        let mut reader = Reader::new(self.bytes);
        let named = self.named;
        (0..self.count).map_while(move |_| read(&mut reader, named).ok())
    }

    /// Appends the count and the values.
    #[inline]
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_short(self.count);
        out.put(self.bytes);
    }

    pub(super) fn decode(reader: &mut Reader<'a>, named: bool) -> Result<Self, WireError> {
        let count = reader.short("the number of values")?;
        let start = reader.remaining();
        for _ in 0..count {
            read(reader, named)?;
        }
        let length = start.len() - reader.remaining().len();
        Ok(Self { count, named: named && count > 0, bytes: &start[..length] })
    }
}

fn read<'a>(
    reader: &mut Reader<'a>,
    named: bool,
) -> Result<(Option<&'a str>, Cell<'a>), WireError> {
    let name = if named { Some(reader.string("a value's name")?) } else { None };
    Ok((name, reader.value("a value")?))
}
