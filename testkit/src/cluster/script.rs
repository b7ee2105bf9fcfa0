//! Scripts that are run without a client.

use helenus_protocol::Response;

use super::EmbeddedCluster;
use crate::cql;
use crate::engine::{Execution, PageRequest, StatementTime};
use crate::query_error::QueryError;
use crate::system::NodeTables;

/// A script that could not be run to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// The text cannot be cut into statements; nothing was run.
    #[error("the script is not CQL: {problem}")]
    NotCql {
        /// What is wrong, and where.
        problem: String,
    },
    /// A statement failed; those before it were run, those behind it were not.
    #[error("statement {number} of {count}, on line {line}, failed: {problem}: {statement}")]
    Statement {
        /// Which one it is, from one.
        number: usize,
        /// Statements in the script.
        count: usize,
        /// The line on which it begins, from one. Lines in `problem` count from there.
        line: u32,
        /// Its text, perhaps shortened.
        statement: String,
        /// What a client would have been told.
        problem: String,
    },
}

/// Characters of a statement that an error shows.
const SHOWN: usize = 200;

impl EmbeddedCluster {
    /// Runs statements, one after another, each ended by a semicolon, as `cqlsh` would: `USE` is for those behind it.
    /// Clients hear of changes of the schema. Returns how many statements there were.
    ///
    /// Faults and nodes that are down do not matter, as no node is asked; nor does the request log see anything.
    ///
    /// ```
    /// use helenus_testkit::EmbeddedCluster;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cluster = EmbeddedCluster::start(1).await?;
    /// let statements = cluster.load(
    ///     "CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
    ///      USE shop;
    ///      CREATE TABLE orders (id int PRIMARY KEY, what text); -- one row will do
    ///      INSERT INTO orders (id, what) VALUES (1, 'tea; green');",
    /// )?;
    /// assert_eq!(statements, 4);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A text that is no CQL, or the first statement that fails.
    pub fn load(&self, script: &str) -> Result<usize, ScriptError> {
        let statements = cql::split(script)
            .map_err(|error| ScriptError::NotCql { problem: error.to_string() })?;
        let mut keyspace = None;
        for (index, statement) in statements.iter().enumerate() {
            self.run_alone(statement.text, &mut keyspace).map_err(|error| {
                let end = statement.text.floor_char_boundary(SHOWN);
                ScriptError::Statement {
                    number: index + 1,
                    count: statements.len(),
                    line: statement.line,
                    statement: statement.text[..end].to_owned(),
                    problem: error.to_string(),
                }
            })?;
        }
        Ok(statements.len())
    }

    fn run_alone(&self, cql: &str, keyspace: &mut Option<String>) -> Result<(), QueryError> {
        let member = self.state.topology().members[0].clone();
        let tables = NodeTables { cluster: &self.state, member: &member };
        let planned = self.state.plan(cql, keyspace.as_deref())?;
        let execution = Execution {
            virtual_tables: &tables,
            values: &[],
            page: PageRequest { size: None, state: None, skip_metadata: false },
            time: StatementTime::default(),
            user: None,
        };
        let outcome = self.state.engine.execute(&planned, execution)?;
        if let Response::SetKeyspace(used) = outcome.response {
            *keyspace = Some(used);
        }
        for change in outcome.schema_changes {
            self.state.announce_schema_change(change);
        }
        Ok(())
    }
}
