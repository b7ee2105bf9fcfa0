//! `watch`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::client::Client;
use crate::served::{Served, command};

fn watched(json: bool) -> Vec<String> {
    let mut served = Served::start(&["--control", "127.0.0.1:0", "--until-stdin-ends"]);
    let mut arguments = vec!["watch", "--control", served.control()];
    if json {
        arguments.push("--json");
    }
    let mut watching = command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut client = Client::connect(served.addresses()[0]).unwrap();
    // Watching begins at some point: the requests from then on come in order.
    let first = std::thread::scope(|scope| {
        let first = scope.spawn(|| lines.next().unwrap().unwrap());
        let mut number = 0;
        while !first.is_finished() {
            client.query(&format!("SELECT key FROM system.local /* {number} */")).unwrap();
            number += 1;
        }
        first.join().unwrap()
    });
    client.query("SELECT release_version FROM system.local").unwrap();
    let mut seen = vec![first];
    while !seen.last().unwrap().contains("release_version") {
        seen.push(lines.next().unwrap().unwrap());
    }
    served.end_stdin();
    assert!(served.wait().success());
    assert!(lines.next().is_none());
    assert!(watching.wait().unwrap().success());
    seen
}

#[test]
fn requests_are_printed_as_they_come_until_the_cluster_ends() {
    let lines = watched(false);
    assert!(lines.len() >= 2);
    assert!(lines[0].contains("QUERY ONE: SELECT key FROM system.local"), "{}", lines[0]);
    assert!(lines.last().unwrap().ends_with("SELECT release_version FROM system.local"));
}

#[test]
fn programs_get_json() {
    let lines = watched(true);
    let last: serde_json::Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    let request = &last["request"];
    assert_eq!(request["opcode"], "Query");
    assert_eq!(request["consistency"], "ONE");
    assert_eq!(request["statements"][0]["cql"], "SELECT release_version FROM system.local");
}
