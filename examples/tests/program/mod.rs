use std::process::{Child, Command, Stdio};

/// The program, about to be run.
#[derive(Debug)]
pub(crate) struct Quickstart(Command);

/// The program, running.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

/// How it went.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Quickstart {
    pub(crate) fn new() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
        for variable in ["CONTACT_POINTS", "LOCAL_DC", "USER", "PASSWORD"] {
            command.env_remove(format!("HELENUS_{variable}"));
        }
        command.env("RUST_LOG", "off");
        Self(command)
    }

    pub(crate) fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn run(self) -> Run {
        self.start().end()
    }

    pub(crate) fn start(mut self) -> Running {
        let pipes = self.0.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(pipes.spawn().expect("quickstart starts"))
    }
}

impl Running {
    pub(crate) fn end(self) -> Run {
        let output = self.0.wait_with_output().expect("quickstart runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Run { code: output.status.code(), output: text(output.stdout), errors: text(output.stderr) }
    }
}

impl Run {
    pub(crate) fn succeeded(&self) {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert!(self.output.contains("every value was checked"), "{self:?}");
    }

    /// It ended with one paragraph that says all of this.
    pub(crate) fn failed_with(&self, words: &[&str]) {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.errors.trim_end().lines().count(), 1, "{self:?}");
        for word in words {
            assert!(self.errors.contains(word), "{word:?} is not in {self:?}");
        }
    }
}
