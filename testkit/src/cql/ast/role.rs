//! Roles and what they may do.

use std::fmt;

use super::TableName;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoleStatement {
    Create {
        name: String,
        if_not_exists: bool,
        options: RoleOptions,
    },
    Alter {
        name: String,
        if_exists: bool,
        options: RoleOptions,
    },
    Drop {
        name: String,
        if_exists: bool,
    },
    Grant(Grant),
    Revoke(Grant),
    ListRoles {
        of: Option<String>,
        recursive: bool,
    },
    ListUsers,
    ListPermissions {
        permission: Option<String>,
        resource: Option<Resource>,
        of: Option<String>,
        recursive: bool,
    },
}

/// A password, which is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(String);

impl Password {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RoleOptions {
    pub(crate) password: Option<Password>,
    pub(crate) superuser: Option<bool>,
    pub(crate) login: Option<bool>,
    pub(crate) options: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) what: GrantTarget,
    pub(crate) role: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GrantTarget {
    Role(String),
    /// `None` is all of them.
    Permission {
        permission: Option<String>,
        resource: Resource,
    },
}

/// What a permission is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    AllKeyspaces,
    Keyspace(String),
    Table(TableName),
    AllRoles,
    Role(String),
    AllFunctions,
    AllMBeans,
}
