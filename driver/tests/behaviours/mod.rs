//! What a session does on any cluster, embedded or real.

mod altered;
mod batches;
pub(crate) mod in_flight;
mod paging;
mod statements;
mod values;

pub(crate) use altered::{
    altered_tables_are_never_misread, pages_of_altered_tables_are_never_misread,
};
pub(crate) use batches::batches_are_written_whole;
pub(crate) use in_flight::every_stream_gets_its_own_answer;
pub(crate) use paging::{pages_hold_every_row_once, rows_stream_across_pages};
pub(crate) use statements::{
    errors_say_what_where_and_why, simple_statements_take_values, statements_are_prepared_once,
};
pub(crate) use values::values_of_every_native_type_come_back;

use helenus::Session;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Creates a keyspace of this name, empty, with so many copies of each row.
pub(crate) async fn keyspace(session: &Session, name: &str, copies: usize) -> Outcome {
    session.query(format!("DROP KEYSPACE IF EXISTS {name}"), ()).await?;
    let replication = format!("{{'class': 'SimpleStrategy', 'replication_factor': {copies}}}");
    session.query(format!("CREATE KEYSPACE {name} WITH replication = {replication}"), ()).await?;
    Ok(())
}
