/// Implements both directions for a type of another crate by way of the CQL value that it stands for. The two
/// functions return `None` for what the other side cannot hold.
macro_rules! by_way_of {
    ($cql:ty, $rust:ty, $to_cql:expr, $from_cql:expr) => {
        impl $crate::EncodeValue for $rust {
            fn encode(
                &self,
                ty: &$crate::CqlType,
                out: &mut Vec<u8>,
            ) -> Result<$crate::Encoded, $crate::EncodeValueError> {
                <Self as $crate::DecodeValue<'_>>::check(ty)?;
                let to_cql: fn(&$rust) -> Option<$cql> = $to_cql;
                match to_cql(self) {
                    Some(value) => $crate::EncodeValue::encode(&value, ty, out),
                    None => Err($crate::EncodeValueError::OutOfRange {
                        cql: ty.clone(),
                        reason: "it is outside the range of the type",
                    }),
                }
            }
        }

        impl<'frame> $crate::DecodeValue<'frame> for $rust {
            fn check(ty: &$crate::CqlType) -> Result<(), $crate::TypeMismatch> {
                <$cql as $crate::DecodeValue<'_>>::check(ty)
                    .map_err(|_| $crate::TypeMismatch::of::<Self>(ty))
            }

            fn decode(
                ty: &'frame $crate::CqlType,
                bytes: Option<&'frame [u8]>,
            ) -> Result<Self, $crate::DecodeValueError> {
                let rust = std::any::type_name::<Self>();
                let from_cql: fn(&$cql) -> Option<$rust> = $from_cql;
                let bytes = bytes.ok_or($crate::DecodeValueError::Null { rust })?;
                let value = $crate::DecodeValue::decode(ty, Some(bytes))?;
                from_cql(&value).ok_or($crate::DecodeValueError::OutOfRange { rust })
            }
        }
    };
}
pub(super) use by_way_of;

/// Asserts that a value is written as the CQL value that it stands for, and read back.
#[cfg(test)]
#[track_caller]
pub(super) fn stands_for<T, C>(cql: &crate::CqlType, rust: &T, value: &C)
where
    T: crate::EncodeValue + for<'frame> crate::DecodeValue<'frame> + PartialEq + std::fmt::Debug,
    C: crate::EncodeValue,
{
    let (mut expected, mut bytes) = (Vec::new(), Vec::new());
    value.encode(cql, &mut expected).unwrap();
    rust.encode(cql, &mut bytes).unwrap();
    assert_eq!(bytes, expected);
    assert_eq!(T::decode(cql, Some(&bytes)).as_ref(), Ok(rust));
    assert!(matches!(T::decode(cql, None), Err(crate::DecodeValueError::Null { .. })));
    let mismatch = crate::TypeMismatch::of::<T>(&crate::CqlType::Boolean);
    assert_eq!(T::check(&crate::CqlType::Boolean), Err(mismatch));
}
