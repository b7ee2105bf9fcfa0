//! Runs quickstart as a person would, on embedded clusters.

mod program;

use std::process::Command;
use std::time::Duration;

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

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_signal_ends_it_once_requests_under_way_are_finished() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let cluster = EmbeddedCluster::start(1).await.expect("a cluster");
        let points = cluster.contact_points().join(",");
        let arguments = ["--contact-points", &points, "--rows", "100000000"];
        let running = Quickstart::new().args(arguments).start();
        let bound = Duration::from_secs(20);
        let writes =
            |cluster: &EmbeddedCluster| cluster.requests().executing("INSERT").count() > 99;
        cluster.wait_until(bound, writes).await.expect("it writes");
        let pid = running.0.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.expect("kill runs").success());
        let run = tokio::task::spawn_blocking(|| running.end()).await.expect("it ends");
        assert_eq!(run.code, Some(code), "{run:?}");
        assert!(run.errors.contains("requests under way were finished"), "{run:?}");
        let is_gone = |cluster: &EmbeddedCluster| cluster.connections().is_empty();
        cluster.wait_until(bound, is_gone).await.expect("no connection is left");
    }
}
