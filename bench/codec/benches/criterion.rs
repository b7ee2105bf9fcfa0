//! The codec's tasks under Criterion, for figures to hold against an earlier run's:
//! `cargo bench --manifest-path bench/Cargo.toml --bench criterion`.

use bench_codec::{Error, Task};
use criterion::{BenchmarkId, Criterion, Throughput};

fn main() -> Result<(), Error> {
    let mut criterion = Criterion::default().configure_from_args();
    for task in Task::all()? {
        let mut group = criterion.benchmark_group(task.name);
        group.throughput(Throughput::Elements(u64::try_from(task.units)?));
        for candidate in &task.candidates {
            let id = BenchmarkId::from_parameter(candidate);
            group.bench_function(id, |bencher| bencher.iter(|| candidate.run()));
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
