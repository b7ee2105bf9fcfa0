/// What a JVM that cannot begin to run says on the line before the reason.
const JVM_ERROR: &str = "Error occurred during initialization of VM";

/// The line of a failed program's log that says why it failed: the first error with the deepest cause below it, else
/// the last line that says anything.
pub(super) fn telling_line(log: &str) -> String {
    let lines: Vec<&str> = log.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let Some(index) = lines.iter().position(|line| is_error(line)) else {
        return lines
            .last()
            .map_or_else(|| "it wrote nothing".to_owned(), |line| line.trim().to_owned());
    };
    let trace: Vec<&str> =
        lines[index + 1..].iter().copied().take_while(|line| is_trace(line)).collect();
    let cause = trace
        .iter()
        .rev()
        .find_map(|line| line.strip_prefix("Caused by: "))
        .or_else(|| trace.first().copied().filter(|line| is_throwable(line)))
        .or_else(|| lines.get(index + 1).copied().filter(|_| lines[index] == JVM_ERROR));
    match cause {
        Some(cause) => format!("{}: {cause}", lines[index].trim_end_matches(':')),
        None => lines[index].trim().to_owned(),
    }
}

fn is_error(line: &str) -> bool {
    line.starts_with("ERROR")
        || line.starts_with("[ERROR]")
        || line.starts_with("Error")
        || line.starts_with("Exception")
        || is_throwable(line)
}

fn is_trace(line: &str) -> bool {
    let unindented = line.trim_start();
    unindented.starts_with("at ")
        || unindented.starts_with("...")
        || line.starts_with("Caused by: ")
        || unindented.starts_with("Suppressed: ")
        || is_throwable(line)
}

/// Whether the line begins with the full name of a Java exception, as the first line of a stack trace does.
fn is_throwable(line: &str) -> bool {
    let name = line.split([':', ' ']).next().unwrap_or_default();
    name.contains('.')
        && (name.ends_with("Exception") || name.ends_with("Error"))
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_told_with_its_deepest_cause() {
        let log = "INFO  [main] CassandraDaemon.java:1 - JVM vendor\n\
            ERROR [main] CassandraDaemon.java:887 - Exception encountered during startup\n\
            java.lang.RuntimeException: Unable to start\n\
            \tat org.apache.cassandra.Foo.bar(Foo.java:1)\n\
            Caused by: java.net.BindException: Address already in use\n\
            \tat java.base/sun.nio.ch.Net.bind0(Native Method)\n\
            \t... 12 common frames omitted\n\
            ERROR [main] Other.java:1 - a later one\n";
        assert_eq!(
            telling_line(log),
            "ERROR [main] CassandraDaemon.java:887 - Exception encountered during startup: \
             java.net.BindException: Address already in use"
        );
    }

    #[test]
    fn an_error_without_a_cause_is_told_with_its_exception() {
        let log = "ERROR [main] Daemon.java:1 - Fatal configuration error\n\
            org.apache.cassandra.exceptions.ConfigurationException: Invalid yaml\n\
            \tat org.apache.cassandra.Foo.bar(Foo.java:1)\nINFO  after";
        assert_eq!(
            telling_line(log),
            "ERROR [main] Daemon.java:1 - Fatal configuration error: \
             org.apache.cassandra.exceptions.ConfigurationException: Invalid yaml"
        );
    }

    #[test]
    fn a_jvm_that_does_not_come_up_has_an_error_of_its_own() {
        let log = "Error occurred during initialization of VM\nToo small maximum heap\n";
        assert_eq!(
            telling_line(log),
            "Error occurred during initialization of VM: Too small maximum heap"
        );
        assert_eq!(
            telling_line("Error: Could not find or load main class Foo"),
            "Error: Could not find or load main class Foo"
        );
    }

    #[test]
    fn without_an_error_the_last_line_speaks() {
        assert_eq!(telling_line("INFO  one\nINFO  two\n\n"), "INFO  two");
        assert_eq!(telling_line(""), "it wrote nothing");
    }
}
