//! What a consistency level takes.

use std::time::Duration;

use helenus_protocol::Consistency;

use super::Strategy;

/// So many replicas, in a data center or anywhere; of `EACH_QUORUM` in every data center. None for `ANY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Requirement<'a> {
    parts: Vec<(Option<&'a str>, usize)>,
}

/// A replica's data center, and after how long it answers, if it does in time.
pub(crate) type Answer<'a> = (&'a str, Option<Duration>);

/// How far a coordinator got within its timeout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Enough { after: Duration },
    TooFew { received: usize, required: usize },
}

impl<'a> Requirement<'a> {
    /// What `level` takes where the coordinator is in this data center.
    pub(crate) fn new(level: Consistency, strategy: &'a Strategy, datacenter: &'a str) -> Self {
        let local = Some(datacenter);
        let one = |place, count| Self { parts: vec![(place, count)] };
        match level {
            Consistency::Any => Self { parts: Vec::new() },
            Consistency::One => one(None, 1),
            Consistency::Two => one(None, 2),
            Consistency::Three => one(None, 3),
            Consistency::Quorum | Consistency::Serial => one(None, quorum(strategy.factor())),
            Consistency::All => one(None, strategy.factor()),
            Consistency::LocalOne => one(local, 1),
            Consistency::LocalQuorum | Consistency::LocalSerial => {
                one(local, quorum(strategy.factor_in(datacenter)))
            }
            Consistency::EachQuorum => match strategy {
                Strategy::NetworkTopology(factors) => {
                    let each =
                        factors.iter().map(|(name, factor)| (Some(&**name), quorum(*factor)));
                    Self { parts: each.collect() }
                }
                _ => one(None, quorum(strategy.factor())),
            },
        }
    }

    /// The first part that too few replicas are up for, as what it takes and what there is.
    pub(super) fn shortage(&self, live: impl Fn(Option<&str>) -> usize) -> Option<(usize, usize)> {
        let parts = self.parts.iter().map(|(place, required)| (*required, live(*place)));
        parts.into_iter().find(|(required, alive)| alive < required)
    }

    /// How far these answers, of all replicas that are up, get a coordinator.
    pub(crate) fn progress(&self, answers: &[Answer<'_>]) -> Progress {
        let (mut after, mut received) = (Duration::ZERO, 0);
        for (place, required) in &self.parts {
            let there = answers.iter().filter(|(name, _)| place.is_none_or(|place| place == *name));
            let mut times: Vec<_> = there.filter_map(|(_, time)| *time).collect();
            times.sort_unstable();
            times.truncate(*required);
            received += times.len();
            after = after.max(times.last().copied().unwrap_or_default());
        }
        let required = self.parts.iter().map(|(_, required)| required).sum();
        if received < required {
            return Progress::TooFew { received, required };
        }
        Progress::Enough { after }
    }
}

fn quorum(factor: usize) -> usize {
    factor / 2 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(datacenter: &str, milliseconds: u64) -> Answer<'_> {
        (datacenter, Some(Duration::from_millis(milliseconds)))
    }

    fn progress(level: Consistency, answers: &[Answer<'_>]) -> Progress {
        let factors = [("a".to_owned(), 3), ("b".to_owned(), 2)];
        let strategy = Strategy::NetworkTopology(factors.into());
        Requirement::new(level, &strategy, "a").progress(answers)
    }

    #[test]
    fn the_fastest_replicas_that_count_are_waited_for() {
        let answers =
            [answer("a", 50), answer("a", 10), answer("a", 30), answer("b", 1), answer("b", 70)];
        let after = |level| match progress(level, &answers) {
            Progress::Enough { after } => after.as_millis(),
            other => panic!("{level}: {other:?}"),
        };
        assert_eq!(after(Consistency::Any), 0);
        assert_eq!(after(Consistency::One), 1);
        assert_eq!(after(Consistency::LocalOne), 10);
        assert_eq!(after(Consistency::LocalQuorum), 30);
        assert_eq!(after(Consistency::Quorum), 30);
        assert_eq!(after(Consistency::EachQuorum), 70);
        assert_eq!(after(Consistency::All), 70);
    }

    #[test]
    fn replicas_that_do_not_answer_are_missing_where_they_count() {
        let answers = [answer("a", 1), answer("a", 2), ("a", None), answer("b", 3), ("b", None)];
        let short = |received, required| Progress::TooFew { received, required };
        assert_eq!(progress(Consistency::All, &answers), short(3, 5));
        assert_eq!(progress(Consistency::EachQuorum, &answers), short(3, 4));
        assert!(matches!(progress(Consistency::Quorum, &answers), Progress::Enough { .. }));
    }
}
