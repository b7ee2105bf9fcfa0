//! `serve`, and what it is told.

use helenus_protocol::Response;
use rustix::process::Signal;

use crate::client::Client;
use crate::directory::Directory;
use crate::served::{Served, failure};

const SCHEMA: &str =
    "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
CREATE TABLE ks.t (k int PRIMARY KEY, v text);
INSERT INTO ks.t (k, v) VALUES (1, 'a;b');
";

#[test]
fn a_cluster_is_served_with_its_schema_until_sigterm() {
    let directory = Directory::new();
    let schema = directory.file("schema.cql", SCHEMA);
    let arguments = ["--nodes", "3", "--dcs", "dc1:2,dc2:1", "--load", &schema];
    let mut served = Served::start(&arguments);
    assert_eq!(served.printed.len(), 3);
    for address in served.addresses() {
        assert_eq!(Client::connect(address).unwrap().count("SELECT * FROM ks.t"), 1);
    }
    let mut client = Client::connect(served.addresses()[2]).unwrap();
    assert_eq!(
        client.count("SELECT * FROM system.peers WHERE data_center = 'dc1' ALLOW FILTERING"),
        2
    );
    served.signal(Signal::TERM);
    assert!(served.wait().success());
}

#[test]
fn a_cluster_may_end_with_the_standard_input() {
    let mut served = Served::start(&["--until-stdin-ends"]);
    served.end_stdin();
    assert!(served.wait().success());
    let mut served = Served::start(&["--until-stdin-ends"]);
    served.signal(Signal::INT);
    assert!(served.wait().success());
}

#[test]
fn a_file_describes_a_cluster_and_the_command_line_goes_before_it() {
    let directory = Directory::new();
    // An address that no other process of these tests has.
    let [x, y, ..] = std::process::id().to_le_bytes();
    let address = format!("127.{}.{y}.1", x.max(1));
    let options = "dcs = 'a:2,b:2'\nport = 19811\none-address = true\nusers = ['ada:lovelace']";
    let config = format!("{options}\nfirst-address = '{address}'\nfaults = ['error overloaded']");
    let config = directory.file("cluster.toml", &config);
    let served = Served::start(&["--config", &config, "--dcs", "c:2"]);
    let expected = [19811, 19812].map(|port| format!("{address}:{port}"));
    assert_eq!(served.addresses(), expected);
    let refused = Client::connect(served.addresses()[1]).err().unwrap();
    assert!(refused.to_string().contains("PasswordAuthenticator"), "{refused}");
}

#[test]
fn data_survive_a_process_that_is_killed() {
    let directory = Directory::new();
    let data = directory.path("data");
    let schema = directory.file("schema.cql", SCHEMA);
    let served = Served::start(&["--data", &data, "--load", &schema]);
    let mut client = Client::connect(served.addresses()[0]).unwrap();
    for key in 0..100 {
        client.query(&format!("INSERT INTO ks.t (k, v) VALUES ({key}, 'x')")).unwrap();
    }
    let said = failure(&["serve", "--data", &data]);
    assert!(said.contains("are in use by another cluster"), "{said}");
    served.signal(Signal::KILL);
    drop(served);
    let served = Served::start(&["--data", &data]);
    let mut client = Client::connect(served.addresses()[0]).unwrap();
    assert_eq!(client.count("SELECT * FROM ks.t"), 100);
}

#[test]
fn nodes_may_be_scylladb_s() {
    let served = Served::start(&["--shards", "2", "--tablets", "4"]);
    let mut client = Client::connect(served.addresses()[0]).unwrap();
    assert!(client.count("SELECT * FROM system_schema.scylla_keyspaces USING TIMEOUT 1s") > 0);
    let said = failure(&["serve", "--shards", "0"]);
    assert!(said.contains("a cluster cannot have no shards"), "{said}");
}

#[test]
fn a_fault_may_be_there_from_the_start() {
    let served = Served::start(&["--fault", "error overloaded matching \"FROM system.local\""]);
    let mut client = Client::connect(served.addresses()[0]).unwrap();
    let answer = client.query("SELECT * FROM system.local").unwrap();
    assert!(matches!(answer, Response::Error(error) if error.message.contains("overloaded")));
}

#[test]
fn certificates_are_written_where_tls_is_spoken() {
    let directory = Directory::new();
    let served = Served::start(&["--tls", &directory.path("tls"), "--certificate", "expired"]);
    assert_eq!(served.printed.len(), 1);
    for (file, kind) in
        [("authority", "CERTIFICATE"), ("client", "CERTIFICATE"), ("client-key", "PRIVATE KEY")]
    {
        let pem = std::fs::read_to_string(directory.path(&format!("tls/{file}.pem"))).unwrap();
        assert!(pem.contains(kind), "{file}");
    }
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_served() {
    let directory = Directory::new();
    let wrong_config = directory.file("wrong.toml", "port = 1\nnodse = 3");
    let wrong_schema = directory.file("wrong.cql", "USE system;\nSELECT nothing FROM local;");
    for (arguments, parts) in [
        (&["--dcs", "dc1"][..], &["is no data center"][..]),
        (&["--nodes", "2", "--dcs", "a:1"], &["2 nodes", "1 together"]),
        (&["--nodes", "0"], &["a cluster cannot have no nodes"]),
        (&["--config", "/nowhere.toml"], &["cannot read /nowhere.toml", "No such file"]),
        (&["--config", &wrong_config], &["wrong.toml is wrong", "line 2", "unknown field `nodse`"]),
        (&["--load", &wrong_schema], &["wrong.cql", "statement 2 of 2, on line 2"]),
        (&["--fault", "delay soon"], &["\"delay soon\" cannot be", "such as 5ms"]),
        (&["--first-address", "203.0.113.7"], &["cannot listen on 203.0.113.7:9042"]),
        (&["--control", "0.0.0.0:0"], &["0.0.0.0:0 is no loopback address"]),
        (&["--control", "here"], &["neither an address with a port"]),
        (&["--require-client-certificate"], &["--require-client-certificate needs --tls"]),
        (&["--user", "secret"], &["a user is a name and a password"]),
    ] {
        let said = failure(&[&["serve"], arguments].concat());
        assert!(parts.iter().all(|part| said.contains(part)), "{arguments:?}: {said}");
    }
}
