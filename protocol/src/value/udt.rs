use super::encode::{encode_field, mismatch};
use super::{DecodeValue, EncodeValue, EncodeValueError, Encoded, TypeMismatch};
use crate::wire::Writer;
use crate::{CqlType, UdtType};

/// Takes the fields of a user-defined type's value one by one, in the type's order.
#[derive(Debug)]
pub struct UdtWriter<'a> {
    ty: &'a CqlType,
    udt: &'a UdtType,
    written: usize,
    out: &'a mut Vec<u8>,
}

impl<'a> UdtWriter<'a> {
    /// Appends fields to `out`. `T` is the Rust type that errors name.
    ///
    /// # Errors
    /// A type that is not user-defined.
    pub fn new<T: ?Sized>(ty: &'a CqlType, out: &'a mut Vec<u8>) -> Result<Self, EncodeValueError> {
        match ty {
            CqlType::Udt(udt) => Ok(Self { ty, udt, written: 0, out }),
            _ => Err(mismatch::<T>(ty)),
        }
    }

    /// The name of the next field, which [`value`](Self::value) or [`null`](Self::null) must follow.
    pub fn next_field(&self) -> Option<&'a str> {
        self.udt.fields.get(self.written).map(|(name, _)| &**name)
    }

    /// Writes the next field; does nothing behind the last.
    ///
    /// # Errors
    /// A value that the field cannot take.
    pub fn value(&mut self, value: &(impl EncodeValue + ?Sized)) -> Result<(), EncodeValueError> {
        let Some((name, ty)) = self.udt.fields.get(self.written) else { return Ok(()) };
        self.written += 1;
        encode_field(value, ty, self.ty, self.out).map_err(|error| match error {
            EncodeValueError::Mismatch(mismatch) => mismatch.in_field(name).into(),
            other => other,
        })
    }

    /// Leaves the next field null: one that the type was given after the Rust type was written.
    pub fn null(&mut self) {
        self.written += 1;
        self.out.put_int(-1);
    }

    /// Ends the value of a Rust type `T`, whose fields `required` the user-defined type must have.
    ///
    /// # Errors
    /// A field that the user-defined type does not have.
    pub fn finish<T: ?Sized>(self, required: &[&'static str]) -> Result<Encoded, EncodeValueError> {
        let is_there = |field: &str| self.udt.fields.iter().any(|(name, _)| **name == *field);
        match required.iter().find(|field| !is_there(field)) {
            Some(field) => Err(TypeMismatch::missing_field::<T>(self.ty, field).into()),
            None => Ok(Encoded::Value),
        }
    }
}

impl UdtType {
    /// Whether the type has the field, which can then be read as `T`.
    ///
    /// # Errors
    /// A field of another type.
    pub fn check_field<'frame, T: DecodeValue<'frame>>(
        &self,
        name: &str,
    ) -> Result<bool, TypeMismatch> {
        let Some((_, ty)) = self.fields.iter().find(|(known, _)| **known == *name) else {
            return Ok(false);
        };
        T::check(ty).map_err(|mismatch| mismatch.in_field(name))?;
        Ok(true)
    }
}
