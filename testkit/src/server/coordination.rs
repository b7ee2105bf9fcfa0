//! Whether a coordinator may begin: enough replicas have to be up.

use helenus_protocol::{Cell, Consistency, QueryParameters, SerialConsistency};

use super::session::Session;
use crate::engine::{Planned, Touched};
use crate::query_error::QueryError;
use crate::replica::Availability;

impl Session {
    /// Refuses a statement for which too few replicas are up, before anything is done.
    pub(super) fn check_replicas(
        &self,
        planned: &Planned,
        values: &[Cell<'_>],
        parameters: &QueryParameters<'_>,
    ) -> Result<(), QueryError> {
        if planned.is_conditional() {
            let serial = parameters.serial_consistency.unwrap_or(SerialConsistency::Serial);
            self.check_level(planned, values, serial.into())?;
        }
        self.check_level(planned, values, parameters.consistency)
    }

    fn check_level(
        &self,
        planned: &Planned,
        values: &[Cell<'_>],
        level: Consistency,
    ) -> Result<(), QueryError> {
        let members = &self.cluster.members;
        let availability = Availability {
            placement: &self.cluster.placement,
            datacenter: &self.member.datacenter,
            is_up: &|node| members.get(node).is_some_and(|member| member.is_up()),
        };
        if self.cluster.all_are_up() {
            let mut is_settled = true;
            for strategy in planned.strategies() {
                match availability.check_while_all_are_up(strategy, level) {
                    Some(checked) => checked?,
                    None => is_settled = false,
                }
            }
            if is_settled {
                return Ok(());
            }
        }
        for touched in self.cluster.engine.touched(planned, values)? {
            match touched {
                Touched::Token(token, strategy) => {
                    availability.check_token(token, strategy, level)?;
                }
                Touched::Range(first, last, strategy) => {
                    availability.check_range(first, last, strategy, level)?;
                }
                Touched::Everywhere => {
                    let alive = members.iter().filter(|member| member.is_up()).count();
                    let required = members.len();
                    if alive < required {
                        let consistency = Consistency::All;
                        return Err(QueryError::Unavailable { consistency, required, alive });
                    }
                }
            }
        }
        Ok(())
    }
}
