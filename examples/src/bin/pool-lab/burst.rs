use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use futures::future::join_all;
use helenus_examples::Termination;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::chart::Chart;
use crate::lab::{Kind, Lab};
use crate::sample::{Course, Phase, Stage};
use crate::screen::Screen;
use crate::verdict::Verdict;

/// How often the pools are looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The load, and the pools that are to take it.
#[derive(Debug, Clone, Args)]
pub(crate) struct BurstOptions {
    /// The least connections.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) min: u16,

    /// The most connections.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max: u16,

    /// Requests that a connection carries at once.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) requests: u16,

    /// Requests per second while it is quiet.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) quiet_rate: u32,

    /// Requests per second in the burst.
    #[arg(long, default_value_t = 1500, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) burst_rate: u32,

    /// How long it is quiet before the burst, and again behind it, in seconds.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) quiet: f64,

    /// How long the burst is, in seconds.
    #[arg(long, default_value_t = 15.0)]
    pub(crate) burst: f64,

    /// Where the curves are drawn.
    #[arg(long)]
    pub(crate) svg: Option<PathBuf>,

    /// Prints the result only, and draws nothing into the terminal.
    #[arg(long)]
    pub(crate) plain: bool,
}

impl BurstOptions {
    fn stages(&self) -> Result<[Stage; 3], Box<dyn Error>> {
        let quiet = Duration::try_from_secs_f64(self.quiet)?;
        let burst = Duration::try_from_secs_f64(self.burst)?;
        let stages = [
            (Phase::Before, self.quiet_rate, quiet),
            (Phase::Burst, self.burst_rate, burst),
            (Phase::After, self.quiet_rate, quiet),
        ]
        .map(|(phase, rate, length)| Stage { phase, rate, length });
        Ok(stages)
    }
}

pub(crate) async fn run(options: &BurstOptions) -> Result<ExitCode, Box<dyn Error>> {
    if options.max <= options.min {
        return Err("--max must be more than --min".into());
    }
    let stages = options.stages()?;
    let kinds = [Kind::Fixed(options.min), Kind::Fixed(options.max), Kind::Adaptive];
    let mut labs = Vec::new();
    for kind in kinds {
        labs.push(Lab::start(kind, options).await?);
    }
    let mut courses = vec![Course::default(); labs.len()];
    let signal = tokio::select! {
        // Whoever sees it run can end it.
        biased;
        signal = Termination::wait() => Some(signal?),
        () = drive(&labs, &mut courses, &stages, options) => None,
    };
    let courses = labs.iter().map(Lab::kind).zip(courses).collect::<Vec<_>>();
    let verdict = Verdict::of(&labs, &courses, options);
    join_all(labs.into_iter().map(Lab::shutdown)).await;
    if let Some(signal) = signal {
        eprintln!("pool-lab: told to end before the experiment was over; everything is closed");
        return Ok(signal.exit_code());
    }
    println!("{verdict}");
    if let Some(path) = &options.svg {
        let chart = Chart { courses: &courses, stages: &stages };
        std::fs::write(path, chart.to_string())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        println!("the curves are in {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts all pools through the phases, and looks on.
async fn drive(labs: &[Lab], courses: &mut [Course], stages: &[Stage], options: &BurstOptions) {
    let length: Duration = stages.iter().map(|stage| stage.length).sum();
    println!("three pools are put to work for {:.0} s", length.as_secs_f64());
    let mut screen = Screen::new(!options.plain);
    let begun = Instant::now();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut ends = begun;
    for Stage { phase, rate, length } in stages.iter().copied() {
        ends += length;
        labs.iter().for_each(|lab| lab.set_load(phase, rate));
        while Instant::now() < ends {
            looks.tick().await;
            for (lab, course) in labs.iter().zip(&mut *courses) {
                course.push(lab.sample(begun.elapsed(), phase));
            }
            screen.draw(labs, courses, phase, begun.elapsed());
        }
    }
}
