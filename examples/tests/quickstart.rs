//! Runs quickstart as a person would, on embedded clusters.

mod program;

use helenus_testkit::EmbeddedCluster;
use program::Quickstart;

#[test]
fn it_succeeds_with_nothing_else_running() {
    let run = Quickstart::new().run();
    run.succeeded();
    assert!(run.output.contains("10000 of 10000 at a replica"), "{run:?}");
}

#[test]
fn a_wrong_address_ends_it_with_what_to_do() {
    // Nothing listens on a port that was free a moment ago.
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("a free port").to_string();
    let run = Quickstart::new().args(["--contact-points", &address]).run();
    run.failed_with(&[&address, "Check that the addresses and the port are right"]);
}

#[test]
fn a_server_that_hangs_ends_it_within_the_connect_timeout() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("its address").to_string();
    let arguments = ["--contact-points", &address, "--connect-timeout", "200"];
    Quickstart::new().args(arguments).run().failed_with(&[&address, "within 200 ms"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_wrong_data_center_ends_it_with_the_right_ones() {
    let cluster =
        EmbeddedCluster::builder().datacenter("east", 1).start().await.expect("a cluster");
    let points = cluster.contact_points().join(",");
    let run = Quickstart::new().args(["--contact-points", &points, "--local-dc", "East"]).run();
    run.failed_with(&["\"East\"", "it has east"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_wrong_password_ends_it_without_showing_it() {
    let cluster = EmbeddedCluster::builder().authentication("ann", "right");
    let cluster = cluster.start().await.expect("a cluster");
    let points = cluster.contact_points().join(",");
    let login = ["--contact-points", &points, "--user", "ann"];
    let run = Quickstart::new().args(login).env("HELENUS_PASSWORD", "wr0ng").run();
    run.failed_with(&["Check the user name and the password"]);
    assert!(!run.errors.contains("wr0ng"), "{run:?}");
    Quickstart::new().args(login).env("HELENUS_PASSWORD", "right").run().succeeded();
}
