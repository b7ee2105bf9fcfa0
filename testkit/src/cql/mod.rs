//! CQL as text: tokens, statements, types.

pub(crate) mod ast;
mod data_type;
mod lexer;
mod parser;
mod quoted_name;
mod script;
mod scylla_clauses;
mod syntax_error;
mod type_class;

pub(crate) use data_type::DataType;
pub(crate) use parser::parse;
#[cfg(test)]
pub(crate) use parser::parse_data_type;
pub(crate) use quoted_name::QuotedName;
pub(crate) use script::split;
pub(crate) use scylla_clauses::without_scylla_clauses;
pub(crate) use syntax_error::SyntaxError;
