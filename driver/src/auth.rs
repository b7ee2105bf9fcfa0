use std::fmt;

/// Answers a server that asks for credentials.
///
/// Each connection starts a new exchange. What is returned goes to the server as it is and is never logged.
pub trait Authenticator: fmt::Debug + Send + Sync {
    /// The first answer, to a server that named its authenticator (a Java class). `None` when this cannot talk to
    /// such an authenticator.
    fn initial_response(&self, authenticator: &str) -> Option<Vec<u8>>;

    /// The answer to a challenge. `None` gives up. By default there is none, as with passwords.
    fn evaluate_challenge(&self, challenge: &[u8]) -> Option<Vec<u8>> {
        let _ = challenge;
        None
    }
}

/// A user's name and password, for every authenticator that takes them.
#[derive(Clone)]
pub struct PasswordAuthenticator {
    user: String,
    password: String,
}

impl PasswordAuthenticator {
    /// Logs in as `user`.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into() }
    }
}

impl Authenticator for PasswordAuthenticator {
    fn initial_response(&self, _: &str) -> Option<Vec<u8>> {
        Some([b"\0", self.user.as_bytes(), b"\0", self.password.as_bytes()].concat())
    }
}

impl fmt::Debug for PasswordAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordAuthenticator").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_what_sasl_plain_wants_and_debug_hides_the_password() {
        let authenticator = PasswordAuthenticator::new("ann", "s3cret");
        let token = authenticator.initial_response("PasswordAuthenticator");
        assert_eq!(token.as_deref(), Some(&b"\0ann\0s3cret"[..]));
        assert!(!format!("{authenticator:?}").contains("s3cret"));
    }
}
