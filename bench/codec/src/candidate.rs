use std::fmt;
use std::hint::black_box;

use crate::Driver;

/// One way to do a task.
pub struct Candidate {
    /// Whose.
    pub driver: Driver,
    /// Which, where a driver has several.
    pub how: &'static str,
    work: Box<dyn Fn()>,
}

impl Candidate {
    pub(crate) fn new<T>(
        driver: Driver,
        how: &'static str,
        work: impl Fn() -> T + 'static,
    ) -> Self {
        Self {
            driver,
            how,
            work: Box::new(move || {
                black_box(work());
            }),
        }
    }

    /// Does the task once.
    pub fn run(&self) {
        (self.work)();
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("driver", &self.driver).finish_non_exhaustive()
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self.how {
            "" => self.driver.to_string(),
            how => format!("{}, {how}", self.driver),
        })
    }
}
