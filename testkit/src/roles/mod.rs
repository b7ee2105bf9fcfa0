//! Roles, what they are members of, and what they may do. Nobody is kept from anything: statements about permissions
//! are answered as a node answers them, and that is all.

mod permission;
mod registry;
mod resource;
mod role_statement;

pub(crate) use registry::Roles;
