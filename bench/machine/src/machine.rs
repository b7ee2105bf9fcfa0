use std::process::Command;
use std::{fmt, fs, thread};

/// Where a measurement was made.
#[derive(Debug)]
pub struct Machine {
    processor: Option<String>,
    cores: usize,
    load: Option<String>,
    compiler: Option<String>,
}

impl Machine {
    /// This machine, now.
    pub fn here() -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processors.lines().find_map(|line| line.strip_prefix("model name"));
        let load = fs::read_to_string("/proc/loadavg").ok();
        let compiler = Command::new("rustc").arg("--version").output().ok();
        Self {
            processor: model.map(|model| model.trim_start_matches(['\t', ':', ' ']).to_owned()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            load: load.and_then(|load| load.split(' ').next().map(str::to_owned)),
            compiler: compiler.and_then(|output| String::from_utf8(output.stdout).ok()),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let processor = self.processor.as_deref().unwrap_or("unknown processor");
        write!(f, "{processor}, {} cores", self.cores)?;
        if let Some(load) = &self.load {
            write!(f, " (load {load})")?;
        }
        match &self.compiler {
            Some(compiler) => write!(f, ", {}", compiler.trim()),
            None => Ok(()),
        }
    }
}
