//! Roles and permissions.

use super::{Parser, unquote};
use crate::cql::ast::{Grant, GrantTarget, Password, Resource, RoleOptions, RoleStatement};
use crate::cql::lexer::TokenKind;
use crate::cql::syntax_error::SyntaxError;

const PERMISSIONS: [&str; 10] = [
    "CREATE",
    "ALTER",
    "DROP",
    "SELECT",
    "MODIFY",
    "AUTHORIZE",
    "DESCRIBE",
    "EXECUTE",
    "UNMASK",
    "SELECT_MASKED",
];

impl Parser<'_> {
    /// A user is a role that may log in.
    pub(super) fn create_role(&mut self, is_user: bool) -> Result<RoleStatement, SyntaxError> {
        let if_not_exists = self.if_not_exists();
        let name = self.role_name()?;
        let mut options = self.role_options()?;
        if is_user {
            options.login = Some(true);
            options.superuser = self.user_kind().or(options.superuser);
        }
        Ok(RoleStatement::Create { name, if_not_exists, options })
    }

    pub(super) fn alter_role(&mut self, is_user: bool) -> Result<RoleStatement, SyntaxError> {
        let if_exists = self.if_exists();
        let name = self.role_name()?;
        let mut options = self.role_options()?;
        if is_user {
            options.superuser = self.user_kind().or(options.superuser);
        }
        Ok(RoleStatement::Alter { name, if_exists, options })
    }

    /// `SUPERUSER` or `NOSUPERUSER`, which end what is said of a user.
    fn user_kind(&mut self) -> Option<bool> {
        if self.accept_keyword("SUPERUSER") {
            return Some(true);
        }
        self.accept_keyword("NOSUPERUSER").then_some(false)
    }

    /// A role's name: a word in lower case, or quoted either way.
    pub(super) fn role_name(&mut self) -> Result<String, SyntaxError> {
        let token = self.peek();
        if matches!(token.kind, TokenKind::String | TokenKind::DollarString) {
            self.advance();
            return Ok(unquote(token.text));
        }
        self.identifier()
    }

    fn role_options(&mut self) -> Result<RoleOptions, SyntaxError> {
        let mut options = RoleOptions::default();
        if !self.accept_keyword("WITH") {
            return Ok(options);
        }
        loop {
            if self.accept_keyword("PASSWORD") {
                self.accept_symbol("=");
                let password = self.property_scalar()?;
                options.password = Some(Password::new(password));
            } else if self.accept_keyword("OPTIONS") {
                self.expect_symbol("=")?;
                options.options = self.property_map()?;
            } else if self.accept_keyword("SUPERUSER") {
                options.superuser = Some(self.flag()?);
            } else if self.accept_keyword("LOGIN") {
                options.login = Some(self.flag()?);
            } else {
                return Err(self.no_viable_alternative());
            }
            if !self.accept_keyword("AND") {
                return Ok(options);
            }
        }
    }

    fn flag(&mut self) -> Result<bool, SyntaxError> {
        self.expect_symbol("=")?;
        if self.accept_keyword("TRUE") {
            return Ok(true);
        }
        self.expect_keyword("FALSE").map(|()| false)
    }

    pub(super) fn grant(&mut self) -> Result<RoleStatement, SyntaxError> {
        self.expect_keyword("GRANT")?;
        self.grant_to("TO").map(RoleStatement::Grant)
    }

    pub(super) fn revoke(&mut self) -> Result<RoleStatement, SyntaxError> {
        self.expect_keyword("REVOKE")?;
        self.grant_to("FROM").map(RoleStatement::Revoke)
    }

    fn grant_to(&mut self, preposition: &str) -> Result<Grant, SyntaxError> {
        let names_role = self.peek_at(1).is_keyword(preposition);
        let what = if names_role {
            GrantTarget::Role(self.role_name()?)
        } else {
            let permission = self.permission()?;
            self.expect_keyword("ON")?;
            GrantTarget::Permission { permission, resource: self.resource()? }
        };
        self.expect_keyword(preposition)?;
        Ok(Grant { what, role: self.role_name()? })
    }

    /// `ALL [PERMISSIONS]`, which is `None`, or the name of one.
    fn permission(&mut self) -> Result<Option<String>, SyntaxError> {
        if self.accept_keyword("ALL") {
            self.accept_keyword("PERMISSIONS");
            return Ok(None);
        }
        let token = self.peek();
        let Some(name) = PERMISSIONS.iter().find(|name| token.is_keyword(name)) else {
            return Err(self.no_viable_alternative());
        };
        self.advance();
        self.accept_keyword("PERMISSION");
        Ok(Some((*name).to_owned()))
    }

    fn resource(&mut self) -> Result<Resource, SyntaxError> {
        if self.accept_keywords(&["ALL", "KEYSPACES"]) {
            return Ok(Resource::AllKeyspaces);
        }
        if self.accept_keywords(&["ALL", "ROLES"]) {
            return Ok(Resource::AllRoles);
        }
        if self.accept_keywords(&["ALL", "FUNCTIONS"]) {
            return Ok(Resource::AllFunctions);
        }
        if self.accept_keywords(&["ALL", "MBEANS"]) {
            return Ok(Resource::AllMBeans);
        }
        if self.accept_keyword("KEYSPACE") {
            return self.identifier().map(Resource::Keyspace);
        }
        if self.accept_keyword("ROLE") {
            return self.role_name().map(Resource::Role);
        }
        let _ = self.accept_keyword("TABLE") || self.accept_keyword("COLUMNFAMILY");
        self.table_name().map(Resource::Table)
    }

    pub(super) fn list(&mut self) -> Result<RoleStatement, SyntaxError> {
        self.expect_keyword("LIST")?;
        if self.accept_keyword("USERS") {
            return Ok(RoleStatement::ListUsers);
        }
        if self.accept_keyword("ROLES") {
            let of = self.of_role()?;
            let recursive = !self.accept_keyword("NORECURSIVE");
            return Ok(RoleStatement::ListRoles { of, recursive });
        }
        let permission = self.permission()?;
        let resource = if self.accept_keyword("ON") { Some(self.resource()?) } else { None };
        let of = self.of_role()?;
        let recursive = !self.accept_keyword("NORECURSIVE");
        Ok(RoleStatement::ListPermissions { permission, resource, of, recursive })
    }

    fn of_role(&mut self) -> Result<Option<String>, SyntaxError> {
        if self.accept_keyword("OF") { self.role_name().map(Some) } else { Ok(None) }
    }
}
