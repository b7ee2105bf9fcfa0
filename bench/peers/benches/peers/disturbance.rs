use std::fs;
use std::time::Instant;

use bench_peers::Error;

/// The kernel's unit of processor time, in seconds: what it tells of programs is given in it.
const TICK: f64 = 0.01;

/// Watches how much of the machine other programs use.
#[derive(Debug)]
pub(crate) struct Disturbance {
    start: Instant,
    all: f64,
    responder: f64,
}

impl Disturbance {
    /// Watches from now on. The responder is known by its process id, if there is one.
    pub(crate) fn watch(responder: Option<u32>) -> Result<Self, Error> {
        Ok(Self { start: Instant::now(), all: all()?, responder: of(responder)? })
    }

    /// How many cores others used, when the client used so many seconds of processor time.
    pub(crate) fn cores(&self, responder: Option<u32>, client: f64) -> Result<f64, Error> {
        let own = of(responder)? - self.responder + client;
        let others = all()? - self.all - own;
        Ok((others / self.start.elapsed().as_secs_f64()).max(0.0))
    }
}

/// Seconds that all programs have used.
fn all() -> Result<f64, Error> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().ok_or("/proc/stat is empty")?;
    let ticks: Vec<f64> = line.split_whitespace().skip(1).flat_map(str::parse).collect();
    let [user, nice, system, _idle, _iowait, irq, softirq, ..] = ticks[..] else {
        return Err(format!("/proc/stat says {line:?}").into());
    };
    Ok((user + nice + system + irq + softirq) * TICK)
}

/// Seconds that one program has used.
fn of(process: Option<u32>) -> Result<f64, Error> {
    let Some(process) = process else { return Ok(0.0) };
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The program's name may hold anything but ends with the last parenthesis.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let mut fields = fields.split_whitespace().skip(11).flat_map(str::parse::<f64>);
    match (fields.next(), fields.next()) {
        (Some(user), Some(system)) => Ok((user + system) * TICK),
        _ => Err(format!("/proc/{process}/stat says {stat:?}").into()),
    }
}
