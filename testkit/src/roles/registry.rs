//! Who there is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::permission::Permission;
use super::resource::Path;

/// The roles of a cluster.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) roles: BTreeMap<String, Role>,
    pub(super) permissions: BTreeMap<(String, Path), BTreeSet<Permission>>,
}

#[derive(Default, Clone)]
pub(super) struct Role {
    pub(super) password: Option<String>,
    pub(super) is_superuser: bool,
    pub(super) can_login: bool,
    pub(super) member_of: BTreeSet<String>,
}

/// The password is not shown.
impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Role")
            .field("is_superuser", &self.is_superuser)
            .field("can_login", &self.can_login)
            .field("member_of", &self.member_of)
            .finish_non_exhaustive()
    }
}

impl Roles {
    /// Adds a role that may do everything.
    pub(crate) fn add_superuser(&self, name: &str, password: &str) {
        let role = Role {
            password: Some(password.to_owned()),
            is_superuser: true,
            can_login: true,
            member_of: BTreeSet::new(),
        };
        self.write().roles.insert(name.to_owned(), role);
    }

    /// Checks a PLAIN token, `\0user\0password`, and tells whose it is. The error is what the client is told.
    pub(crate) fn log_in(&self, token: &[u8]) -> Result<String, String> {
        let parts: Vec<&[u8]> = token.rsplitn(4, |byte| *byte == 0).collect();
        let (user, password) = match *parts {
            [password @ [_, ..], user @ [_, ..], _] => (user, password),
            [_, _, _, _] => {
                return Err(
                    "Credential format error: username or password is empty or contains NUL(\\0) character"
                        .to_owned(),
                );
            }
            [_] | [[], ..] => return Err("Password must not be null".to_owned()),
            _ => return Err("Authentication ID must not be null".to_owned()),
        };
        let user = String::from_utf8_lossy(user).into_owned();
        let state = self.read();
        let role = state.roles.get(&user);
        let expected = role.and_then(|role| role.password.as_ref());
        if expected.is_none_or(|expected| expected.as_bytes() != password) {
            return Err(format!("Provided username {user} and/or password are incorrect"));
        }
        match role {
            Some(role) if role.can_login => Ok(user),
            _ => Err(format!("{user} is not permitted to log in")),
        }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A role and all that it is a member of, even by way of others.
    pub(super) fn with_granted(&self, name: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            if let Some(role) = self.roles.get(&name) {
                open.extend(role.member_of.iter().filter(|of| !found.contains(*of)).cloned());
            }
            found.insert(name);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_passes_and_none_is_shown() {
        let roles = Roles::default();
        roles.add_superuser("ada", "lovelace");
        assert_eq!(roles.log_in(b"\0ada\0lovelace"), Ok("ada".to_owned()));
        let wrong = Err("Provided username ada and/or password are incorrect".to_owned());
        assert_eq!(roles.log_in(b"\0ada\0byron"), wrong);
        assert!(roles.log_in(b"\0bob\0lovelace").is_err());
        for (token, problem) in [
            (&b"ada"[..], "Password must not be null"),
            (b"\0\0", "Password must not be null"),
            (b"\0ada\0", "Password must not be null"),
            (b"\0\0lovelace", "Authentication ID must not be null"),
            (b"ada\0lovelace", "Authentication ID must not be null"),
            (b"\0ada\0love\0lace", "Credential format error"),
        ] {
            assert!(roles.log_in(token).is_err_and(|told| told.starts_with(problem)), "{token:?}");
        }
        assert!(!format!("{roles:?}").contains("lovelace"));
    }
}
