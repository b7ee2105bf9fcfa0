//! The inside of vectors.

use helenus_protocol::CqlType;

use super::vint::{read_unsigned_vint, write_unsigned_vint};

/// Appends an element; one whose type has no fixed size goes behind its length.
pub(crate) fn write_vector_element(ty: &CqlType, element: &[u8], out: &mut Vec<u8>) {
    if ty.fixed_size().is_none() {
        write_unsigned_vint(element.len() as u64, out);
    }
    out.extend_from_slice(element);
}

/// A vector's elements; fewer where the bytes make no sense.
pub(crate) fn elements_of_vector<'v>(
    ty: &CqlType,
    dimension: u16,
    value: &'v [u8],
) -> Vec<&'v [u8]> {
    let mut rest = value;
    let mut elements = Vec::new();
    for _ in 0..dimension {
        let length = match ty.fixed_size() {
            Some(size) => Some(size),
            None => read_unsigned_vint(rest).and_then(|(length, after)| {
                rest = after;
                usize::try_from(length).ok()
            }),
        };
        let Some((element, after)) = length.and_then(|length| rest.split_at_checked(length)) else {
            break;
        };
        elements.push(element);
        rest = after;
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_back_whether_their_size_is_fixed_or_not() {
        for (ty, elements) in [
            (CqlType::Int, vec![&[0, 0, 0, 1][..], &[0, 0, 0, 2]]),
            (CqlType::Text, vec![&b"a"[..], b"", b"longer"]),
        ] {
            let mut value = Vec::new();
            elements.iter().for_each(|element| write_vector_element(&ty, element, &mut value));
            let dimension = u16::try_from(elements.len()).unwrap();
            assert_eq!(elements_of_vector(&ty, dimension, &value), elements);
            assert!(elements_of_vector(&ty, dimension, &value[..1]).len() < elements.len());
        }
    }
}
