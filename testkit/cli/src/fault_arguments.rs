//! `helenus-testkit fault …`.

use std::fmt::Write;

use clap::{Args, Subcommand};

use crate::arguments::Remote;
use crate::client::{ask, print};
use crate::control::Request;
use crate::error::CliError;
use crate::serve::parse_fault;

#[derive(Args)]
pub(crate) struct FaultArguments {
    #[command(subcommand)]
    action: FaultAction,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Subcommand)]
enum FaultAction {
    /// Let something go wrong, and print its number.
    Add(Box<AddArguments>),
    /// Print what goes wrong.
    List,
    /// End a fault, or all of them.
    Clear {
        /// The fault's number; all unless given.
        number: Option<u64>,
    },
}

#[derive(Args)]
struct AddArguments {
    /// What goes wrong: delay 5ms, delay 5ms..9ms, delay-percentiles 50:1ms,99:8ms, service-time 2ms/4, drop-answers,
    /// duplicate-answers, wrong-stream, oversized-length, wrong-header-checksum, wrong-checksum, garbage 64, close,
    /// close-mid-frame, reset, error overloaded, unprepared, hang-startup, pause-reads, connection-limit 3 or
    /// refuse-connections-beyond 3.
    #[arg(required = true)]
    fault: Vec<String>,
    /// Only on this node, counted from 0.
    #[arg(long, conflicts_with = "datacenter")]
    node: Option<usize>,
    /// Only on the nodes of this data center.
    #[arg(long)]
    datacenter: Option<String>,
    /// Strike only requests with a statement that contains this.
    #[arg(long)]
    matching: Option<String>,
    /// Strike only requests of this kind, such as EXECUTE.
    #[arg(long)]
    to: Option<String>,
    /// Strike only requests on this connection, by its number.
    #[arg(long)]
    connection: Option<u64>,
    /// Strike what nodes tell coordinators as replicas, and not what they tell clients.
    #[arg(long)]
    as_replica: bool,
    /// Strike only this often.
    #[arg(long)]
    times: Option<u64>,
    /// Strike each request with this probability, from 0 to 1.
    #[arg(long)]
    probability: Option<f64>,
    /// What chance is drawn from; 0 unless set.
    #[arg(long)]
    seed: Option<u64>,
}

impl FaultArguments {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        match self.action {
            FaultAction::Add(add) => {
                // What is wrong with it is found without asking.
                let fault = parse_fault(&add.text())?.to_string();
                let request = Request::Inject { fault, node: add.node, datacenter: add.datacenter };
                let answer = ask(&self.remote, &request).await?;
                print(&answer["fault"].to_string())
            }
            FaultAction::List => {
                let answer = ask(&self.remote, &Request::Faults).await?;
                answer.as_array().into_iter().flatten().try_for_each(|fault| {
                    let text = |name: &str| fault[name].as_str().unwrap_or_default().to_owned();
                    let (number, strikes) = (&fault["fault"], &fault["strikes"]);
                    print(&format!(
                        "{number}: {} on {}: {strikes} strikes",
                        text("what"),
                        text("on")
                    ))
                })
            }
            FaultAction::Clear { number } => {
                let answer = ask(&self.remote, &Request::Clear { fault: number }).await?;
                print(&format!("cleared: {}", answer["cleared"]))
            }
        }
    }
}

impl AddArguments {
    /// The fault as a text has it.
    fn text(&self) -> String {
        let mut text = self.fault.join(" ");
        if self.as_replica {
            text.push_str(" as-replica");
        }
        let quoted =
            |word: &str| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
        let options = [
            ("matching", self.matching.as_deref().map(quoted)),
            ("to", self.to.clone()),
            ("connection", self.connection.map(|number| number.to_string())),
            ("times", self.times.map(|number| number.to_string())),
            ("probability", self.probability.map(|number| number.to_string())),
            ("seed", self.seed.map(|number| number.to_string())),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                // Writing to a string does not fail.
                let _ = write!(text, " {name} {value}");
            }
        }
        text
    }
}
