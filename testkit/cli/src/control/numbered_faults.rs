//! Faults at work, by number.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use helenus_testkit::{Fault, InjectedFault};
use serde_json::{Value, json};

use super::{Problem, ProblemKind};

/// Faults that may be at work at once.
const MOST_FAULTS: usize = 1000;

#[derive(Default)]
pub(super) struct NumberedFaults {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    at_work: BTreeMap<u64, FaultAtWork>,
}

struct FaultAtWork {
    injected: InjectedFault,
    text: String,
    place: String,
}

impl NumberedFaults {
    /// Injects a fault, unless there are too many, and tells its number.
    pub(super) fn add(
        &self,
        fault: Fault,
        place: &str,
        inject: impl FnOnce(Fault) -> InjectedFault,
    ) -> Result<Value, Problem> {
        let mut state = self.state();
        if state.at_work.len() >= MOST_FAULTS {
            let message = format!("{MOST_FAULTS} faults are at work: clear some first");
            return Err(Problem::new(ProblemKind::TooMany, message));
        }
        state.last += 1;
        let number = state.last;
        let text = fault.to_string();
        let injected = inject(fault);
        state.at_work.insert(number, FaultAtWork { injected, text, place: place.to_owned() });
        Ok(json!({ "fault": number }))
    }

    pub(super) fn list(&self) -> Value {
        let describe = |(number, fault): (&u64, &FaultAtWork)| {
            json!({
                "fault": number,
                "what": fault.text,
                "on": fault.place,
                "strikes": fault.injected.strikes(),
            })
        };
        self.state().at_work.iter().map(describe).collect()
    }

    /// Ends one, or all.
    pub(super) fn clear(&self, number: Option<u64>) -> Result<Value, Problem> {
        let mut state = self.state();
        let cleared = match number {
            None => std::mem::take(&mut state.at_work).len(),
            Some(number) => match state.at_work.remove(&number) {
                Some(_) => 1,
                None => {
                    let message = format!("there is no fault {number}");
                    return Err(Problem::new(ProblemKind::NoSuchFault, message));
                }
            },
        };
        Ok(json!({ "cleared": cleared }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
