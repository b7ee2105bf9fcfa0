//! Statements about roles and permissions.

use std::collections::BTreeSet;

use helenus_protocol::{ColumnSpec, CqlType, Response, ResultMetadata, Rows};

use super::permission::Permission;
use super::registry::{Role, Roles, State};
use super::resource::Path;
use crate::cql::ast::{Grant, GrantTarget, Resource, RoleOptions, RoleStatement};
use crate::query_error::QueryError;
use crate::schema::Catalog;
use crate::value::{write_collection, write_element};

/// Who asks, and where.
struct Asked<'a> {
    user: &'a str,
    keyspace: Option<&'a str>,
    catalog: &'a Catalog,
}

impl Roles {
    /// Runs a statement of `user`, whose current keyspace is `keyspace`.
    pub(crate) fn run(
        &self,
        statement: &RoleStatement,
        user: Option<&str>,
        keyspace: Option<&str>,
        catalog: &Catalog,
    ) -> Result<Response, QueryError> {
        let Some(user) = user else {
            return Err(unauthorized(
                "You have to be logged in and not anonymous to perform this request",
            ));
        };
        let asked = Asked { user, keyspace, catalog };
        let mut state = self.write();
        match statement {
            RoleStatement::Create { name, if_not_exists, options } => {
                state.create(name, *if_not_exists, options)?;
            }
            RoleStatement::Alter { name, if_exists, options } => {
                state.alter(name, *if_exists, options, &asked)?;
            }
            RoleStatement::Drop { name, if_exists } => state.remove(name, *if_exists, &asked)?,
            RoleStatement::Grant(grant) => state.grant(grant, &asked)?,
            RoleStatement::Revoke(grant) => state.revoke(grant, &asked)?,
            RoleStatement::ListRoles { of, .. } => return state.list_roles(of.as_deref()),
            RoleStatement::ListUsers => return Ok(state.list_users()),
            RoleStatement::ListPermissions { permission, resource, of, .. } => {
                let (permission, of) = (permission.as_deref(), of.as_deref());
                return state.list_permissions(permission, resource.as_ref(), of, &asked);
            }
        }
        Ok(Response::Void)
    }
}

impl State {
    fn create(
        &mut self,
        name: &str,
        if_not_exists: bool,
        options: &RoleOptions,
    ) -> Result<(), QueryError> {
        check_options(options)?;
        if self.roles.contains_key(name) {
            if if_not_exists {
                return Ok(());
            }
            return Err(QueryError::Invalid(format!("{name} already exists")));
        }
        let role = Role {
            password: options.password.as_ref().map(|password| password.text().to_owned()),
            is_superuser: options.superuser.unwrap_or(false),
            can_login: options.login.unwrap_or(false),
            member_of: BTreeSet::new(),
        };
        self.roles.insert(name.to_owned(), role);
        Ok(())
    }

    fn alter(
        &mut self,
        name: &str,
        if_exists: bool,
        options: &RoleOptions,
        asked: &Asked<'_>,
    ) -> Result<(), QueryError> {
        check_options(options)?;
        let is_own = self.with_granted(asked.user).contains(name);
        let Some(role) = self.roles.get_mut(name) else {
            if if_exists {
                return Ok(());
            }
            return Err(QueryError::Invalid(format!("Role {name} doesn't exist")));
        };
        if is_own && options.superuser.is_some() {
            return Err(unauthorized(
                "You aren't allowed to alter your own superuser status or that of a role granted to you",
            ));
        }
        if let Some(password) = &options.password {
            role.password = Some(password.text().to_owned());
        }
        role.is_superuser = options.superuser.unwrap_or(role.is_superuser);
        role.can_login = options.login.unwrap_or(role.can_login);
        Ok(())
    }

    fn remove(&mut self, name: &str, if_exists: bool, asked: &Asked<'_>) -> Result<(), QueryError> {
        if name == asked.user {
            return Err(QueryError::invalid("Cannot DROP primary role for current login"));
        }
        if self.roles.remove(name).is_none() && !if_exists {
            return Err(QueryError::Invalid(format!("{name} doesn't exist")));
        }
        for role in self.roles.values_mut() {
            role.member_of.remove(name);
        }
        self.permissions.retain(|(role, _), _| role != name);
        Ok(())
    }

    fn check_role(&self, name: &str, problem: &str) -> Result<(), QueryError> {
        if self.roles.contains_key(name) {
            return Ok(());
        }
        Err(QueryError::Invalid(format!("{problem} doesn't exist")))
    }

    fn grant(&mut self, grant: &Grant, asked: &Asked<'_>) -> Result<(), QueryError> {
        let role = &grant.role;
        match &grant.what {
            GrantTarget::Role(granted) => {
                for name in [granted, role] {
                    self.check_role(name, name)?;
                }
                for (member, of) in [(role, granted), (granted, role)] {
                    if self.with_granted(member).contains(of) {
                        let problem = format!("{member} is a member of {of}");
                        return Err(QueryError::Invalid(problem));
                    }
                }
                if let Some(role) = self.roles.get_mut(role) {
                    role.member_of.insert(granted.clone());
                }
            }
            GrantTarget::Permission { permission, resource } => {
                let (path, permissions) = asked.about(permission.as_deref(), resource)?;
                self.check_role(role, &format!("Role {role}"))?;
                self.permissions.entry((role.clone(), path)).or_default().extend(permissions);
            }
        }
        Ok(())
    }

    fn revoke(&mut self, grant: &Grant, asked: &Asked<'_>) -> Result<(), QueryError> {
        let role = &grant.role;
        match &grant.what {
            GrantTarget::Role(granted) => {
                for name in [granted, role] {
                    self.check_role(name, name)?;
                }
                let is_member =
                    self.roles.get_mut(role).is_some_and(|role| role.member_of.remove(granted));
                if !is_member {
                    let problem = format!("{role} is not a member of {granted}");
                    return Err(QueryError::Invalid(problem));
                }
            }
            GrantTarget::Permission { permission, resource } => {
                let (path, permissions) = asked.about(permission.as_deref(), resource)?;
                self.check_role(role, &format!("Role {role}"))?;
                if let Some(held) = self.permissions.get_mut(&(role.clone(), path)) {
                    held.retain(|permission| !permissions.contains(permission));
                }
            }
        }
        Ok(())
    }

    fn list_roles(&self, of: Option<&str>) -> Result<Response, QueryError> {
        let names: BTreeSet<String> = match of {
            Some(name) => {
                self.check_role(name, &format!("<role {name}>"))?;
                self.with_granted(name)
            }
            None => self.roles.keys().cloned().collect(),
        };
        let nothing = write_collection(0, []);
        let rows = names.iter().filter_map(|name| {
            let role = self.roles.get(name)?;
            let flag = |flag: bool| vec![u8::from(flag)];
            Some(vec![
                name.clone().into_bytes(),
                flag(role.is_superuser),
                flag(role.can_login),
                nothing.clone(),
                b"ALL".to_vec(),
            ])
        });
        let options = CqlType::Map(Box::new(CqlType::Text), Box::new(CqlType::Text));
        let columns = [
            ("role", CqlType::Text),
            ("super", CqlType::Boolean),
            ("login", CqlType::Boolean),
            ("options", options),
            ("datacenters", CqlType::Text),
        ];
        Ok(answer("roles", &columns, &rows.collect::<Vec<_>>()))
    }

    fn list_users(&self) -> Response {
        let users = self.roles.iter().filter(|(_, role)| role.can_login);
        let rows = users.map(|(name, role)| {
            let name = name.clone().into_bytes();
            vec![name, vec![u8::from(role.is_superuser)], b"ALL".to_vec()]
        });
        let columns =
            [("name", CqlType::Text), ("super", CqlType::Boolean), ("datacenters", CqlType::Text)];
        answer("users", &columns, &rows.collect::<Vec<_>>())
    }

    fn list_permissions(
        &self,
        permission: Option<&str>,
        resource: Option<&Resource>,
        of: Option<&str>,
        asked: &Asked<'_>,
    ) -> Result<Response, QueryError> {
        let wanted = Permission::named(permission);
        let about = match resource {
            Some(resource) => Some(Path::of(resource, asked.keyspace, asked.catalog)?),
            None => None,
        };
        let roles = match of {
            Some(name) => {
                self.check_role(name, &format!("<role {name}>"))?;
                Some(self.with_granted(name))
            }
            None => None,
        };
        let held = self.permissions.iter().filter(|((role, path), _)| {
            roles.as_ref().is_none_or(|roles| roles.contains(role))
                && about.as_ref().is_none_or(|about| path.covers(about))
        });
        let mut rows = Vec::new();
        for ((role, path), permissions) in held {
            for permission in permissions.iter().filter(|permission| wanted.contains(permission)) {
                let cells = [role, role, &path.shown(), permission.name()];
                rows.push(cells.map(|cell| cell.as_bytes().to_vec()).to_vec());
            }
        }
        let columns =
            ["role", "username", "resource", "permission"].map(|name| (name, CqlType::Text));
        Ok(answer("permissions", &columns, &rows))
    }
}

impl Asked<'_> {
    /// A resource, and those of the permissions that there are for it.
    fn about(
        &self,
        permission: Option<&str>,
        resource: &Resource,
    ) -> Result<(Path, Vec<Permission>), QueryError> {
        let path = Path::of(resource, self.keyspace, self.catalog)?;
        let permissions = path.applicable(Permission::named(permission))?;
        Ok((path, permissions))
    }
}

fn check_options(options: &RoleOptions) -> Result<(), QueryError> {
    if options.options.is_empty() {
        return Ok(());
    }
    Err(QueryError::invalid(
        "org.apache.cassandra.auth.CassandraRoleManager doesn't support OPTIONS",
    ))
}

fn unauthorized(problem: &str) -> QueryError {
    QueryError::Unauthorized(problem.to_owned())
}

fn answer(table: &str, columns: &[(&str, CqlType)], rows: &[Vec<Vec<u8>>]) -> Response {
    let specs =
        columns.iter().map(|(name, ty)| ColumnSpec::new("system_auth", table, *name, ty.clone()));
    let mut content = Vec::new();
    for cell in rows.iter().flatten() {
        write_element(Some(cell), &mut content);
    }
    Response::Rows(Rows {
        metadata: ResultMetadata::of(specs.collect()),
        count: rows.len(),
        content: content.into(),
    })
}
