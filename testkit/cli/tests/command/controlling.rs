//! `fault`, `node` and `load`, and the lines below them.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use helenus_protocol::Response;

use crate::client::Client;
use crate::directory::Directory;
use crate::served::{Served, failure, success};

const CONTROL: [&str; 2] = ["--control", "127.0.0.1:0"];
const CQL: &str = "SELECT key FROM system.local";

fn message(response: Response) -> String {
    match response {
        Response::Error(error) => error.message,
        _ => String::new(),
    }
}

#[test]
fn faults_are_added_listed_and_cleared() {
    let served = Served::start(&[&CONTROL[..], &["--nodes", "2"]].concat());
    let control = ["--control", served.control()];
    let fault = |words: &[&str]| success(&[&["fault"], words, &control].concat());
    let overloaded = [
        "add",
        "error",
        "overloaded",
        "--node",
        "1",
        "--times",
        "2",
        "--matching",
        "FROM system.local",
    ];
    assert_eq!(fault(&overloaded), "1\n");
    assert_eq!(
        fault(&["add", "delay", "1ms..2ms", "--probability", "0.5", "--to", "execute"]),
        "2\n"
    );
    let clients = served.addresses().into_iter().map(Client::connect);
    let mut clients: Vec<_> = clients.map(Result::unwrap).collect();
    assert_eq!(message(clients[0].query(CQL).unwrap()), "");
    assert_eq!(message(clients[1].query(CQL).unwrap()), "injected: overloaded");
    let address = served.addresses()[1];
    let first = format!(
        "1: error overloaded matching \"FROM system.local\" times 2 on node {address}: 1 strikes\n"
    );
    let second = "2: delay 1ms..2ms to EXECUTE probability 0.5 on all nodes: 0 strikes\n";
    assert_eq!(fault(&["list"]), first + second);
    assert_eq!(fault(&["clear", "1"]), "cleared: 1\n");
    assert_eq!(message(clients[1].query(CQL).unwrap()), "");
    assert_eq!(fault(&["clear"]), "cleared: 1\n");
    assert_eq!(fault(&["list"]), "");
}

#[test]
fn nodes_go_and_come_over_a_unix_socket() {
    let directory = Directory::new();
    let socket = directory.path("control.sock");
    // What a process that was killed leaves behind does not matter.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let mut served =
        Served::start(&["--control", &socket, "--dcs", "a:1,b:1", "--until-stdin-ends"]);
    let node = |words: &[&str]| success(&[&["node"], words, &["--control", &socket]].concat());
    node(&["down", "1"]);
    assert!(Client::connect(served.addresses()[1]).is_err());
    assert!(node(&["list"]).lines().nth(1).unwrap().contains("in b (rack1) is down"));
    node(&["up", "1"]);
    let mut client = Client::connect(served.addresses()[1]).unwrap();
    node(&["pause", "0"]);
    node(&["resume", "0"]);
    let address = node(&["add", "--datacenter", "c"]);
    assert_eq!(Client::connect(address.trim()).unwrap().count(CQL), 1);
    assert_eq!(client.count("SELECT * FROM system.peers"), 2);
    node(&["replace", "2"]);
    node(&["cut-off", "a"]);
    node(&["bring-back", "a"]);
    node(&["decommission", "2"]);
    assert_eq!(client.count("SELECT * FROM system.peers"), 1);
    served.end_stdin();
    assert!(served.wait().success());
    assert!(!std::path::Path::new(&socket).exists());
}

#[test]
fn a_script_is_loaded_while_the_cluster_runs() {
    let directory = Directory::new();
    let served = Served::start(&CONTROL);
    let script = "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};";
    let file = directory.file("a.cql", script);
    let load = ["load", &file, "--control", served.control()];
    assert_eq!(success(&load), "statements: 1\n");
    assert!(failure(&load).contains("statement 1 of 1, on line 1, failed: "));
    let long = directory.file("long.cql", &" ".repeat(17 * 1024 * 1024));
    let said = failure(&["load", &long, "--control", served.control()]);
    assert!(said.contains("and may have 16777216"), "{said}");
}

#[test]
fn what_cannot_be_done_is_told() {
    let served = Served::start(&CONTROL);
    let control = served.control();
    for (arguments, part) in [
        (&["node", "down", "3"][..], "there is no node 3: the cluster has 1"),
        (&["node", "decommission", "0"], "a cluster cannot have no nodes"),
        (&["node", "cut-off", "x"], "there is no data center x"),
        (&["fault", "add", "slow"], "there is no fault \"slow\""),
        (&["fault", "add", "close", "--probability", "2"], "a number from 0 to 1, not \"2\""),
        (&["fault", "add", "close", "--node", "7"], "there is no node 7"),
        (&["fault", "clear", "9"], "there is no fault 9"),
        (&["load", "/nowhere.cql"], "cannot read /nowhere.cql"),
    ] {
        let said = failure(&[arguments, &["--control", control]].concat());
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
    let said = failure(&["node", "list", "--control", "/tmp/there-is/no.sock"]);
    assert!(said.contains("no cluster answers on /tmp/there-is/no.sock"), "{said}");
}

#[test]
fn lines_that_are_no_requests_are_answered_and_the_connection_goes_on() {
    let served = Served::start(&CONTROL);
    let mut stream = TcpStream::connect(served.control()).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut ask = |line: &str| {
        stream.write_all(line.as_bytes()).unwrap();
        stream.write_all(b"\n").unwrap();
        lines.next().unwrap().unwrap()
    };
    assert!(
        ask("hello")
            .starts_with(r#"{"error":{"kind":"bad-request","message":"expected value at line 1"#)
    );
    assert!(ask(r#"{"do":"explode"}"#).contains("unknown variant `explode`"));
    assert!(ask(r#"{"do":"up","node":5}"#).starts_with(r#"{"error":{"kind":"no-such-node""#));
    let both = r#"{"do":"inject","fault":"close","node":0,"datacenter":"a"}"#;
    assert!(ask(both).contains("for a node or for a data center, not for both"));
    assert!(ask(r#"{"do":"nodes"}"#).starts_with(r#"{"ok":[{"#));
}
