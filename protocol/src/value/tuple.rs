use super::decode::not_null;
use super::encode::{encode_field, mismatch};
use super::{
    DecodeValue, DecodeValueError, EncodeValue, EncodeValueError, Encoded, Fields, TypeMismatch,
};
use crate::CqlType;

/// Implements `tuple<…>` for Rust tuples of one arity. A CQL tuple that is shorter reads as nulls.
macro_rules! tuple_value {
    ($arity:literal: $($name:ident $index:tt),+) => {
        impl<$($name: EncodeValue),+> EncodeValue for ($($name,)+) {
            fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
                let CqlType::Tuple(elements) = ty else { return Err(mismatch::<Self>(ty)) };
                if elements.len() != $arity {
                    return Err(mismatch::<Self>(ty));
                }
                $(encode_field(&self.$index, &elements[$index], ty, out)?;)+
                Ok(Encoded::Value)
            }
        }

        impl<'frame, $($name: DecodeValue<'frame>),+> DecodeValue<'frame> for ($($name,)+) {
            fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
                match ty {
                    CqlType::Tuple(elements) if elements.len() == $arity => {
                        $($name::check(&elements[$index])?;)+
                        Ok(())
                    }
                    _ => Err(TypeMismatch::of::<Self>(ty)),
                }
            }

            fn decode(
                ty: &'frame CqlType,
                bytes: Option<&'frame [u8]>,
            ) -> Result<Self, DecodeValueError> {
                let elements = match ty {
                    CqlType::Tuple(elements) if elements.len() == $arity => elements,
                    _ => return Err(TypeMismatch::of::<Self>(ty).into()),
                };
                let mut fields = Fields::new(not_null::<Self>(bytes)?);
                Ok(($($name::decode(&elements[$index], fields.next_or_null()?)?,)+))
            }
        }
    };
}

tuple_value!(1: A 0);
tuple_value!(2: A 0, B 1);
tuple_value!(3: A 0, B 1, C 2);
tuple_value!(4: A 0, B 1, C 2, D 3);
tuple_value!(5: A 0, B 1, C 2, D 3, E 4);
tuple_value!(6: A 0, B 1, C 2, D 3, E 4, F 5);
tuple_value!(7: A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple_value!(8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuple_that_is_shorter_than_its_type_reads_as_nulls() {
        let ty = CqlType::Tuple(vec![CqlType::Int, CqlType::Text]);
        let bytes = [0, 0, 0, 4, 0, 0, 0, 9];
        assert_eq!(<(i32, Option<&str>)>::decode(&ty, Some(&bytes)), Ok((9, None)));
    }
}
