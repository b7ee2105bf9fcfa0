use bench_codec::{Error, Task};
use bench_machine::Callgrind;

/// Instructions of one run of the candidate at `place`: what a long series takes more than a short one.
pub(crate) fn per_run(callgrind: Callgrind, task: &Task, place: usize) -> Result<f64, Error> {
    let (short, long) = (2, 2 + 10_000u32.div_ceil(task.units as u32));
    let count = |times: u32| {
        let arguments = [task.name, &place.to_string(), &times.to_string()].map(str::to_owned);
        callgrind.count(env!("CARGO_BIN_EXE_repeat"), arguments)
    };
    let more = count(long)? - count(short)?;
    Ok(more as f64 / f64::from(long - short))
}
