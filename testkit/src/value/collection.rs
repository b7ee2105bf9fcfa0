//! The inside of lists, sets, maps and tuples.

/// How a value's elements are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collection {
    /// A count, then the elements: lists and sets.
    Elements,
    /// A count of entries, then keys and values in turn: maps.
    Pairs,
    /// Elements up to the end: tuples.
    Tuple,
}

/// The elements of a value; it stops where the bytes make no sense.
pub(crate) fn collection_elements(
    layout: Collection,
    value: &[u8],
) -> impl Iterator<Item = Option<&[u8]>> {
    let (mut remaining, mut rest) = match layout {
        Collection::Tuple => (usize::MAX, value),
        Collection::Elements | Collection::Pairs => match take_length(value) {
            Some((Ok(count), rest)) if layout == Collection::Pairs => {
                (count.saturating_mul(2), rest)
            }
            Some((Ok(count), rest)) => (count, rest),
            _ => (0, value),
        },
    };
    std::iter::from_fn(move || {
        if remaining == 0 {
            return None;
        }
        remaining -= 1;
        let (element, after) = take_element(rest)?;
        rest = after;
        Some(element)
    })
}

/// Appends a `[bytes]`: a length, −1 for null, and the bytes.
pub(crate) fn write_element(element: Option<&[u8]>, out: &mut Vec<u8>) {
    let length = element.map_or(-1, |bytes| i32::try_from(bytes.len()).unwrap_or(i32::MAX));
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(element.unwrap_or_default());
}

/// A list or a set of `elements`, or a map of them in turn, which has `count` entries.
pub(crate) fn write_collection<'a>(
    count: usize,
    elements: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<u8> {
    let mut out = i32::try_from(count).unwrap_or(i32::MAX).to_be_bytes().to_vec();
    for element in elements {
        write_element(Some(element), &mut out);
    }
    out
}

/// The first `[bytes]` and what follows it.
pub(super) fn take_element(value: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    match take_length(value)? {
        (Err(()), rest) => Some((None, rest)),
        (Ok(length), rest) => {
            rest.split_at_checked(length).map(|(element, rest)| (Some(element), rest))
        }
    }
}

/// A leading length, an error if it is negative.
fn take_length(value: &[u8]) -> Option<(Result<usize, ()>, &[u8])> {
    let (length, rest) = value.split_first_chunk()?;
    Some((usize::try_from(i32::from_be_bytes(*length)).map_err(|_| ()), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_back_and_nonsense_ends_them() {
        let value = write_collection(2, [&b"a"[..], b"bc"]);
        let read: Vec<_> = collection_elements(Collection::Elements, &value).collect();
        assert_eq!(read, [Some(&b"a"[..]), Some(b"bc")]);
        assert_eq!(collection_elements(Collection::Elements, &value[..10]).count(), 1);
        assert_eq!(collection_elements(Collection::Elements, &[0xFF; 4]).count(), 0);
        assert_eq!(collection_elements(Collection::Pairs, &[0x7F, 0xFF, 0xFF, 0xFF]).count(), 0);
    }

    #[test]
    fn a_tuple_has_no_count_and_may_hold_nulls() {
        let mut value = Vec::new();
        write_element(Some(b"x"), &mut value);
        write_element(None, &mut value);
        assert_eq!(
            collection_elements(Collection::Tuple, &value).collect::<Vec<_>>(),
            [Some(&b"x"[..]), None]
        );
    }
}
