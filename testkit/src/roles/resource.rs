//! What permissions are about.

use super::permission::Permission;
use crate::cql::ast::Resource;
use crate::query_error::QueryError;
use crate::schema::Catalog;

/// A resource as a path, which orders those of a role: `data/keyspace/table`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path(Vec<String>);

impl Path {
    /// The path of what a statement names; `current` is the keyspace of names that say none.
    pub(super) fn of(
        resource: &Resource,
        current: Option<&str>,
        catalog: &Catalog,
    ) -> Result<Self, QueryError> {
        let parts: Vec<&str> = match resource {
            Resource::AllKeyspaces => vec!["data"],
            Resource::Keyspace(keyspace) => vec!["data", keyspace],
            Resource::Table(name) => {
                let Some(keyspace) = name.keyspace.as_deref().or(current) else {
                    return Err(QueryError::invalid(
                        "No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename",
                    ));
                };
                vec!["data", keyspace, &name.table]
            }
            Resource::AllRoles => vec!["roles"],
            Resource::Role(role) => vec!["roles", role],
            Resource::AllFunctions => vec!["functions"],
            Resource::AllMBeans => vec!["mbean"],
        };
        let path = Self(parts.into_iter().map(str::to_owned).collect());
        path.check(catalog)?;
        Ok(path)
    }

    /// Whether there is such a keyspace or table.
    fn check(&self, catalog: &Catalog) -> Result<(), QueryError> {
        let exists = match self.parts()[..] {
            ["data", keyspace] => catalog.keyspace(keyspace).is_some(),
            ["data", keyspace, table] => catalog.table(keyspace, table).is_some(),
            _ => true,
        };
        if exists {
            return Ok(());
        }
        Err(QueryError::Invalid(format!("Resource {} doesn't exist", self.shown())))
    }

    fn parts(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }

    /// As a node lists it.
    pub(super) fn shown(&self) -> String {
        match self.parts()[..] {
            ["data"] => "<all keyspaces>".to_owned(),
            ["data", keyspace] => format!("<keyspace {keyspace}>"),
            ["data", keyspace, table] => format!("<table {keyspace}.{table}>"),
            ["roles"] => "<all roles>".to_owned(),
            ["roles", role] => format!("<role {role}>"),
            ["functions"] => "<all functions>".to_owned(),
            _ => "<all mbeans>".to_owned(),
        }
    }

    /// The Java class of such a resource.
    fn class(&self) -> &'static str {
        match self.parts()[0] {
            "data" => "DataResource",
            "roles" => "RoleResource",
            "functions" => "FunctionResource",
            _ => "JMXResource",
        }
    }

    /// Those of `permissions` that there are for it.
    pub(super) fn applicable(
        &self,
        permissions: Vec<Permission>,
    ) -> Result<Vec<Permission>, QueryError> {
        use Permission::{
            Alter, Authorize, Create, Describe, Drop, Execute, Modify, Select, SelectMasked, Unmask,
        };
        let known: &[Permission] = match self.parts()[..] {
            ["data", _, _] => &[Alter, Drop, Select, Modify, Authorize, Unmask, SelectMasked],
            ["data", ..] => &[Create, Alter, Drop, Select, Modify, Authorize, Unmask, SelectMasked],
            ["roles"] => &[Create, Alter, Drop, Authorize, Describe],
            ["roles", _] => &[Alter, Drop, Authorize, Describe],
            ["functions"] => &[Create, Alter, Drop, Authorize, Execute],
            _ => &[Select, Modify, Authorize, Describe, Execute],
        };
        let applicable: Vec<_> =
            permissions.into_iter().filter(|permission| known.contains(permission)).collect();
        if applicable.is_empty() {
            return Err(QueryError::Syntax(format!(
                "Resource type {} does not support any of the requested permissions",
                self.class()
            )));
        }
        Ok(applicable)
    }

    /// Whether it is `other`, or holds it.
    pub(super) fn covers(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}
