//! What keyspaces and tables may be called. Types may be called anything.

use crate::query_error::QueryError;

/// Of a keyspace, in characters.
const LONGEST_KEYSPACE_NAME: usize = 48;
/// What a file's name of 255 characters leaves, beside the table's id.
const LONGEST_TABLE_NAME: usize = 222;

pub(super) fn check_keyspace_name(name: &str) -> Result<(), QueryError> {
    if !is_word(name) {
        return Err(QueryError::Invalid(format!(
            "Keyspace name must not be empty and must contain alphanumeric or underscore \
             characters only (got \"{name}\")"
        )));
    }
    check_length("Keyspace", name, LONGEST_KEYSPACE_NAME).map_err(QueryError::Invalid)
}

/// Of a table, or a view.
pub(super) fn check_table_name(keyspace: &str, name: &str) -> Result<(), QueryError> {
    let checked = if is_word(name) {
        check_length("Table", name, LONGEST_TABLE_NAME)
    } else {
        Err(format!(
            "Table name must not be empty or not contain non-alphanumeric-underscore characters \
             (got \"{name}\")"
        ))
    };
    checked.map_err(|problem| QueryError::Configuration(format!("{keyspace}.{name}: {problem}")))
}

fn check_length(what: &str, name: &str, longest: usize) -> Result<(), String> {
    if name.len() <= longest {
        return Ok(());
    }
    let length = name.len();
    Err(format!(
        "{what} name must not be more than {longest} characters long (got {length} characters for \
         \"{name}\")"
    ))
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
