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

    /// Checks a PLAIN token, `\0user\0password`. The error is what the client is told.
    pub(crate) fn check(&self, token: &[u8]) -> Result<(), String> {
        let mut parts = token.rsplitn(3, |byte| *byte == 0);
        let (Some(password), Some(user), Some(_)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err("Password must not be null".to_owned());
        };
        let user = String::from_utf8_lossy(user);
        match self.passwords.get(&*user) {
            Some(expected) if expected.as_bytes() == password => Ok(()),
            _ => Err(format!("Provided username {user} and/or password are incorrect")),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("users", &self.passwords.keys()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_passes_and_none_is_shown() {
        let mut credentials = Credentials::default();
        credentials.add("ada".into(), "lovelace".into());
        assert_eq!(credentials.check(b"\0ada\0lovelace"), Ok(()));
        let wrong = Err("Provided username ada and/or password are incorrect".to_owned());
        assert_eq!(credentials.check(b"\0ada\0byron"), wrong);
        assert!(credentials.check(b"\0bob\0lovelace").is_err());
        assert!(credentials.check(b"ada").is_err());
        assert!(!format!("{credentials:?}").contains("lovelace"));
    }
}
