//! Who may connect.

use std::collections::HashMap;
use std::fmt;

/// Users and their passwords, which are not shown.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    passwords: HashMap<String, String>,
}

impl Credentials {
    pub(crate) fn add(&mut self, user: String, password: String) {
        self.passwords.insert(user, password);
    }

    /// Everyone, with the password.
    pub(crate) fn users(&self) -> impl Iterator<Item = (&str, &str)> {
        self.passwords.iter().map(|(user, password)| (user.as_str(), password.as_str()))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("users", &self.passwords.keys()).finish_non_exhaustive()
    }
}
