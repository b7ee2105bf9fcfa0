//! Which consistency levels a statement may be run with.

use helenus_protocol::Consistency;

use super::modification::ModificationPlan;
use super::planned::{Plan, Planned};
use crate::query_error::QueryError;
use crate::replica::Strategy;

use Consistency::{Any, EachQuorum, LocalSerial, Serial};

impl Planned {
    /// Refuses a level that makes no sense for the statement; `is_batched` says that it came in a BATCH request.
    pub(crate) fn check_level(
        &self,
        level: Consistency,
        is_batched: bool,
    ) -> Result<(), QueryError> {
        match &self.plan {
            Plan::Select(_) if level == Any => {
                Err(QueryError::invalid("ANY ConsistencyLevel is only supported for writes"))
            }
            Plan::Modification(plan) if plan.is_conditional() => plan.check_commit_level(level),
            Plan::Modification(plan) if !is_batched => plan.check_write_level(level),
            Plan::Batch(batch) => {
                let mut conditional = batch.statements.iter().filter(|plan| plan.is_conditional());
                conditional.try_for_each(|plan| plan.check_commit_level(level))
            }
            _ => Ok(()),
        }
    }
}

/// The level that a condition is looked at with: the one that a client asked for, if it asked for one.
pub(crate) fn serial_level(asked: Option<Consistency>) -> Result<Consistency, QueryError> {
    let level = asked.unwrap_or(Serial);
    if !level.is_serial() {
        return Err(QueryError::invalid(
            "Invalid consistency for conditional update. Must be one of SERIAL or LOCAL_SERIAL",
        ));
    }
    Ok(level)
}

impl ModificationPlan {
    fn check_write_level(&self, level: Consistency) -> Result<(), QueryError> {
        let counts = self.table.is_counter();
        let problem = match level {
            Any if counts => format!(
                "Consistency level ANY is not yet supported for counter table {}",
                self.table.name
            ),
            Serial | LocalSerial if counts => {
                "Counter operations are inherently non-serializable".to_owned()
            }
            Serial | LocalSerial => {
                "You must use conditional updates for serializable writes".to_owned()
            }
            _ => return Ok(()),
        };
        Err(QueryError::Invalid(problem))
    }

    /// The level is that of what a condition lets be written; the condition has its own.
    fn check_commit_level(&self, level: Consistency) -> Result<(), QueryError> {
        let problem = match level {
            Serial | LocalSerial => format!(
                "{level} is not supported as conditional update commit consistency. Use ANY if you \
                 mean \"make sure it is accepted but I don't care how many replicas commit it for \
                 non-SERIAL reads\""
            ),
            EachQuorum if matches!(*self.table.strategy, Strategy::Simple(_)) => {
                "consistency level EACH_QUORUM not compatible with replication strategy \
                 (org.apache.cassandra.locator.SimpleStrategy)"
                    .to_owned()
            }
            _ => return Ok(()),
        };
        Err(QueryError::Invalid(problem))
    }
}
