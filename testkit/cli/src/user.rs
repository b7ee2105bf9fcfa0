//! `ada:lovelace`.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// Someone who may connect. The password is not shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: String,
}

/// It does not tell the text, which may hold a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a user is a name and a password, as in ada:lovelace")]
pub(crate) struct UserError;

impl FromStr for User {
    type Err = UserError;

    fn from_str(text: &str) -> Result<Self, UserError> {
        match text.split_once(':') {
            Some((name, password)) if !name.is_empty() => {
                Ok(Self { name: name.to_owned(), password: password.to_owned() })
            }
            _ => Err(UserError),
        }
    }
}

impl TryFrom<String> for User {
    type Error = UserError;

    fn try_from(text: String) -> Result<Self, UserError> {
        text.parse()
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}
