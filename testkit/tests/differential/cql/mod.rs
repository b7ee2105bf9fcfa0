//! The same statements on an embedded cluster and on a real node have to come to the same.
//!
//! What these statements do not reach, and how it differs, is in DIFFERENCES.md.

mod answer;
mod bound;
mod generated;
mod side;

use fastrand::Rng;
use helenus_protocol::{BoundValues, ColumnSpec};
use helenus_testkit::EmbeddedCluster;
use tokio::runtime::Builder;

use self::answer::{Answer, Preparation};
use self::bound::bound;
use self::generated::generated;
use self::side::Side;
use crate::Outcome;
use crate::ground::Ground;

const FILES: [&str; 5] = [
    include_str!("schema.cql"),
    include_str!("selects.cql"),
    include_str!("modifications.cql"),
    include_str!("arithmetic.cql"),
    include_str!("ddl.cql"),
];
/// Statements whose values are left open.
const PREPARED: &str = include_str!("prepared.cql");

/// What statements are made up from unless a run names another seed: a difference that nobody looked for is to be found
/// by whoever looks for one, not by whoever changes something else.
const SEED: u64 = 7;

/// Tables that are written to in ways that the seed decides.
const TABLES: [&str; 7] = ["plain", "wide", "coll", "people", "natives", "pair", "vectors"];

/// How often a statement is executed with values for its markers.
const EXECUTIONS: usize = 600;

/// Small enough for most answers to have several.
const PAGE: i32 = 3;

/// What was compared, and what was not the same.
#[derive(Debug, Default)]
struct Comparison {
    statements: usize,
    /// How many times a prepared one was executed.
    executions: usize,
    /// Those that were read page by page, too.
    paged: usize,
    refused: usize,
    same_messages: usize,
    /// Statements that the real node could not carry out.
    failed: usize,
    differences: Vec<String>,
}

/// Runs all statements on both sides.
pub(crate) fn run(ground: &Ground) -> Outcome {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let cluster = runtime.block_on(EmbeddedCluster::start(1))?;
    let mut embedded = Side::open(cluster.addresses()[0])?;
    let mut real = Side::open(ground.node())?;
    let mut comparison = Comparison::default();
    let seed = if ground.is_seeded() { ground.seed() } else { SEED };
    let statements = FILES.iter().flat_map(|file| file.lines()).map(str::to_owned);
    let (schema, others): (Vec<_>, Vec<_>) =
        statements.enumerate().partition(|(at, _)| *at < FILES[0].lines().count());
    for (_, cql) in &schema {
        comparison.execute(cql, &mut embedded, &mut real)?;
    }
    let mut executable = Vec::new();
    for cql in PREPARED.lines() {
        let markers = comparison.prepare(cql, &mut embedded, &mut real)?;
        // What time it is differs from node to node.
        executable
            .extend(Some((cql, markers)).filter(|(_, m)| !m.is_empty() && !cql.contains("now()")));
    }
    for cql in generated(seed) {
        comparison.execute(&cql, &mut embedded, &mut real)?;
    }
    let mut rng = Rng::with_seed(seed);
    for _ in 0..EXECUTIONS {
        let (cql, markers) = &executable[rng.usize(..executable.len())];
        let values = bound(cql, markers, &mut rng)?;
        comparison.execute_bound(cql, &values, &mut embedded, &mut real)?;
    }
    for table in TABLES {
        comparison.execute(&format!("SELECT * FROM {table}"), &mut embedded, &mut real)?;
    }
    for table in TABLES {
        comparison.execute(&format!("TRUNCATE {table}"), &mut embedded, &mut real)?;
    }
    for (_, cql) in &others {
        comparison.execute(cql, &mut embedded, &mut real)?;
    }
    real.drop_keyspace()?;
    runtime.block_on(cluster.shutdown());
    comparison.report()
}

impl Comparison {
    /// The statement's markers, if both sides see the same.
    fn prepare(
        &mut self,
        cql: &str,
        embedded: &mut Side,
        real: &mut Side,
    ) -> Outcome<Vec<ColumnSpec>> {
        let (ours, theirs) = (embedded.prepare(cql)?, real.prepare(cql)?);
        self.statements += 1;
        if let (Preparation::Refused(ours), Preparation::Refused(theirs)) = (&ours, &theirs) {
            self.refused += 1;
            self.same_messages += usize::from(ours.message == theirs.message);
        }
        if ours != theirs {
            self.differ(cql, &format!("prepared\n  embedded {ours:?}\n  real     {theirs:?}"));
            return Ok(Vec::new());
        }
        Ok(match theirs {
            Preparation::Done { markers, .. } => markers,
            Preparation::Refused(_) => Vec::new(),
        })
    }

    fn execute_bound(
        &mut self,
        cql: &str,
        values: &BoundValues,
        embedded: &mut Side,
        real: &mut Side,
    ) -> Outcome {
        let (ours, theirs) =
            (embedded.execute_bound(cql, values)?, real.execute_bound(cql, values)?);
        self.executions += 1;
        if !theirs.is_failure() && ours != theirs {
            let values: Vec<_> = values.cells().collect();
            self.differ(cql, &format!(" {values:?}\n  embedded {ours}\n  real     {theirs}"));
        }
        Ok(())
    }

    fn execute(&mut self, cql: &str, embedded: &mut Side, real: &mut Side) -> Outcome {
        let (ours, theirs) = (embedded.execute(cql)?, real.execute(cql)?);
        self.statements += 1;
        if let (Answer::Refused(ours), Answer::Refused(theirs)) = (&ours, &theirs) {
            self.refused += 1;
            self.same_messages += usize::from(ours.message == theirs.message);
            if ours.message != theirs.message && std::env::var_os("HELENUS_TEST_MESSAGES").is_some()
            {
                eprintln!("{cql}\n  embedded {}\n  real     {}", ours.message, theirs.message);
            }
        }
        if theirs.is_failure() {
            self.failed += 1;
        } else if ours != theirs {
            self.differ(cql, &format!("\n  embedded {ours}\n  real     {theirs}"));
        } else if cql.starts_with("SELECT") && matches!(ours, Answer::Rows { .. }) {
            let ours = embedded.read_pages(cql, PAGE)?;
            let theirs = real.read_pages(cql, PAGE)?;
            self.paged += 1;
            if !theirs.is_failure() && ours != theirs {
                self.differ(cql, &format!(" in pages\n  embedded {ours}\n  real     {theirs}"));
            }
        }
        Ok(())
    }

    fn differ(&mut self, cql: &str, how: &str) {
        self.differences.push(format!("{cql}{how}"));
    }

    fn report(self) -> Outcome {
        eprintln!(
            "{} statements, {} of them paged, too; {} executions of prepared ones; {} that the real node failed to carry out; {} refused by both, {} of them in the same words",
            self.statements,
            self.paged,
            self.executions,
            self.failed,
            self.refused,
            self.same_messages,
        );
        if self.differences.is_empty() {
            return Ok(());
        }
        let differences = self.differences.join("\n");
        Err(format!("{} differences\n{differences}", self.differences.len()).into())
    }
}
