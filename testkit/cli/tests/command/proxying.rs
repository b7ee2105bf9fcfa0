//! `proxy` and `replay`.

use helenus_protocol::Response;

use crate::client::Client;
use crate::directory::Directory;
use crate::served::{Served, failure, success};

const CQL: &str = "SELECT key FROM system.local";

#[test]
fn a_proxy_records_what_a_replay_answers() {
    let directory = Directory::new();
    let recording = directory.path("a.rec");
    let served = Served::start(&[]);
    let to = ["--to", served.addresses()[0], "--record", &recording, "--until-stdin-ends"];
    let mut proxy = Served::run("proxy", &to);
    assert_eq!(Client::connect(proxy.addresses()[0]).unwrap().count(CQL), 1);
    proxy.end_stdin();
    assert!(proxy.wait().success());
    drop(served);

    let mut replay = Served::run("replay", &[&recording, "--until-stdin-ends"]);
    let mut client = Client::connect(replay.addresses()[0]).unwrap();
    assert_eq!(client.count(CQL), 1);
    let unknown = client.query("SELECT * FROM system.peers").unwrap();
    assert!(matches!(unknown, Response::Error(error) if error.message.contains("has no answer")));
    replay.end_stdin();
    assert!(replay.wait().success());
}

#[test]
fn faults_strike_at_a_proxy_too() {
    let served = Served::start(&[]);
    let fault = "error overloaded matching \"FROM system.local\"";
    let arguments = ["--to", served.addresses()[0], "--fault", fault, "--control", "127.0.0.1:0"];
    let proxy = Served::run("proxy", &arguments);
    let control = ["--control", proxy.control()];
    let mut client = Client::connect(proxy.addresses()[0]).unwrap();
    assert!(matches!(client.query(CQL).unwrap(), Response::Error(_)));
    let listed = success(&[&["fault", "list"][..], &control].concat());
    assert_eq!(listed, format!("1: {fault} on the proxy: 1 strikes\n"));
    success(&[&["fault", "clear"][..], &control].concat());
    assert_eq!(client.count(CQL), 1);
    assert_eq!(
        success(&[&["fault", "add", "close", "--times", "1"][..], &control].concat()),
        "2\n"
    );
    assert!(client.query(CQL).is_err());
    let said = failure(&[&["node", "list"][..], &control].concat());
    assert!(said.contains("a proxy knows only faults"), "{said}");
    let said = failure(&[&["watch"][..], &control].concat());
    assert!(said.contains("are recorded"), "{said}");
}

#[test]
fn what_cannot_be_recorded_or_replayed_is_told() {
    let directory = Directory::new();
    let text = directory.file("a.rec", "SELECT");
    for (arguments, part) in [
        (&["proxy"][..], "--to <TO>"),
        (&["proxy", "--to", "somewhere"], "invalid value 'somewhere'"),
        (&["proxy", "--to", "127.0.0.1:9", "--record", "/no/where"], "cannot write /no/where"),
        (&["replay", &text], "a.rec is not a recording"),
        (&["replay", "/no/where"], "cannot read /no/where"),
    ] {
        let said = failure(arguments);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}
