use std::collections::HashSet;
use std::fmt;

/// What a run of test programs printed of its tests, in the form of libtest and libtest-mimic.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    ignored: usize,
    ran_names: HashSet<String>,
    ignored_names: Vec<String>,
}

impl Tally {
    pub(crate) fn read_line(&mut self, line: &str) {
        let line = without_colors(line);
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += count(result, "passed");
            self.failed += count(result, "failed");
            self.ignored += count(result, "ignored");
        } else if let Some((name, outcome)) =
            line.strip_prefix("test ").and_then(|test| test.split_once(" ... "))
        {
            let name = name.trim_end().to_owned();
            match outcome.split(',').next().unwrap_or_default().trim() {
                "ignored" => self.ignored_names.push(name),
                // What a test prints itself stands where its outcome would be.
                _ => {
                    self.ran_names.insert(name);
                }
            }
        }
    }
}

/// Reads `3` from `ok. 3 passed; 0 failed; …`.
fn count(result: &str, what: &str) -> usize {
    let words: Vec<&str> = result.split([' ', ';']).collect();
    words.windows(2).find(|pair| pair[1] == what).and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

fn without_colors(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

/// One step of a test run and how it went.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// The test programs ran, at least in part.
    Ran { tally: Tally, success: bool },
    /// It could not be run, for this reason.
    Failed(String),
    /// It was not run, for this reason.
    Skipped(String),
}

/// All steps of a test run. Displays as a table that ends with the line `N passed, N failed, N skipped`.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) steps: Vec<Step>,
}

impl Summary {
    pub(crate) fn failed(&self) -> usize {
        self.steps
            .iter()
            .map(|step| match &step.outcome {
                // Programs that do not compile or crash fail without a failed test.
                Outcome::Ran { tally, success: false } => tally.failed.max(1),
                Outcome::Ran { tally, success: true } => tally.failed,
                Outcome::Failed(_) => 1,
                Outcome::Skipped(_) => 0,
            })
            .sum()
    }

    fn passed(&self) -> usize {
        self.tallies().map(|tally| tally.passed).sum()
    }

    /// Ignored tests that no other step ran, and one for each step that was skipped.
    fn skipped(&self) -> usize {
        let ignored: usize = self.tallies().map(|tally| tally.ignored).sum();
        let named: usize = self.tallies().map(|tally| tally.ignored_names.len()).sum();
        let steps =
            self.steps.iter().filter(|step| matches!(step.outcome, Outcome::Skipped(_))).count();
        ignored.saturating_sub(named - self.never_ran().len()) + steps
    }

    /// A test that is ignored without a cluster in one step and runs with one in another was not skipped.
    fn never_ran(&self) -> Vec<&str> {
        let ran_elsewhere =
            |name: &String| self.tallies().any(|tally| tally.ran_names.contains(name));
        let ignored = self.tallies().flat_map(|tally| &tally.ignored_names);
        let mut seen = HashSet::new();
        ignored
            .filter(|name| !ran_elsewhere(name) && seen.insert(*name))
            .map(String::as_str)
            .collect()
    }

    fn tallies(&self) -> impl Iterator<Item = &Tally> {
        self.steps.iter().filter_map(|step| match &step.outcome {
            Outcome::Ran { tally, .. } => Some(tally),
            Outcome::Failed(_) | Outcome::Skipped(_) => None,
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            match &step.outcome {
                Outcome::Ran { tally, success } => {
                    let verdict = if *success { "ok" } else { "FAILED" };
                    let Tally { passed, failed, ignored, .. } = tally;
                    writeln!(
                        f,
                        "{verdict:<8} {}: {passed} passed, {failed} failed, {ignored} ignored",
                        step.name
                    )?;
                }
                Outcome::Failed(reason) => writeln!(f, "FAILED   {}: {reason}", step.name)?,
                Outcome::Skipped(reason) => writeln!(f, "skipped  {}: {reason}", step.name)?,
            }
        }
        for name in self.never_ran() {
            writeln!(f, "ignored  {name}")?;
        }
        write!(f, "{} passed, {} failed, {} skipped", self.passed(), self.failed(), self.skipped())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(output: &str, success: bool) -> Step {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read_line(line));
        Step { name: "step".into(), outcome: Outcome::Ran { tally, success } }
    }

    fn last_line(steps: Vec<Step>) -> String {
        Summary { steps }.to_string().lines().last().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_results_of_all_programs_of_a_step_are_added_up() {
        let output = "running 2 tests\n\
            test frame::tests::reads ... ok\n\
            test slow ... ignored, takes an hour\n\
            test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s\n\
            test src/lib.rs - Session (line 3) - compile ... ok\n\
            test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s\n";
        let summary = Summary { steps: vec![ran(output, false)] };
        assert_eq!(summary.never_ran(), ["slow"]);
        assert_eq!(
            summary.to_string(),
            "FAILED   step: 11 passed, 2 failed, 1 ignored\nignored  slow\n11 passed, 2 failed, 1 skipped"
        );
    }

    #[test]
    fn names_padded_or_colored_by_libtest_mimic_are_read_too() {
        let mut tally = Tally::default();
        tally.read_line("test a_long_name ... \u{1b}[32mok\u{1b}[0m");
        tally.read_line("test short       ... \u{1b}[33mignored\u{1b}[0m");
        tally.read_line(
            "test result: \u{1b}[32mok\u{1b}[0m. 1 passed; 0 failed; 1 ignored; 0 measured",
        );
        assert_eq!(tally.ignored_names, ["short"]);
        assert!(tally.ran_names.contains("a_long_name"));
        assert_eq!((tally.passed, tally.failed, tally.ignored), (1, 0, 1));
    }

    #[test]
    fn a_test_that_prints_has_run() {
        let mut tally = Tally::default();
        tally.read_line("test prints ... 12 requests ... and more");
        tally.read_line("ok");
        assert!(tally.ran_names.contains("prints"), "{tally:?}");
    }

    #[test]
    fn a_test_ignored_in_one_step_and_run_in_another_is_not_skipped() {
        let without = "test needs_cluster ... ignored\ntest never ... ignored\n\
            test result: ok. 0 passed; 0 failed; 2 ignored";
        let with = "test needs_cluster ... ok\ntest result: ok. 1 passed; 0 failed; 0 ignored";
        assert_eq!(
            last_line(vec![ran(without, true), ran(with, true)]),
            "1 passed, 0 failed, 1 skipped"
        );
    }

    #[test]
    fn what_does_not_compile_has_failed_and_what_is_not_run_is_skipped() {
        let skipped = Step { name: "real".into(), outcome: Outcome::Skipped("no Java".into()) };
        assert_eq!(last_line(vec![ran("", false), skipped]), "0 passed, 1 failed, 1 skipped");
    }
}
