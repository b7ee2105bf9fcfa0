use std::fmt;

use crate::wire::{Reader, Writer};
use crate::{EncodeError, WireError};

/// The client's step of a SASL exchange. Its bytes are secret, so `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthResponse<'a> {
    /// The mechanism's bytes; for `PasswordAuthenticator`, `\0user\0password`.
    pub token: Option<&'a [u8]>,
}

impl<'a> AuthResponse<'a> {
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_bytes("a SASL token", self.token)
    }

    pub(super) fn decode(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        Ok(Self { token: reader.bytes("a SASL token")? })
    }
}

impl fmt::Debug for AuthResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthResponse").finish_non_exhaustive()
    }
}
