//! The same reads by way of a proxy, which has a thread for itself.

use std::net::SocketAddr;
use std::thread;

use helenus_protocol::ProtocolVersion;
use helenus_testkit::{EmbeddedCluster, Proxy};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use crate::Figure;
use crate::process::thread_time;
use crate::reads::{MEASURED, Reader, WARM_UP};

/// Reads per second of the proxy's processor time, recorded or not.
pub(crate) fn rate(version: ProtocolVersion, records: bool) -> Figure {
    let (address, told) = oneshot::channel::<SocketAddr>();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = thread::spawn(|| {
        runtime().block_on(async {
            let cluster = EmbeddedCluster::start(1).await.unwrap();
            address.send(cluster.addresses()[0]).unwrap();
            let _ = stopped.await;
        });
    });
    let file = std::env::temp_dir().join(format!("helenus-{}.rec", std::process::id()));
    let path = file.clone();
    let proxying = thread::spawn(move || {
        runtime().block_on(async {
            let mut builder = Proxy::to(told.await.unwrap());
            if records {
                builder = builder.record(path);
            }
            let proxy = builder.start().await.unwrap();
            let address = proxy.address();
            let reader = spawn_blocking(move || Reader::prepare(address, version)).await.unwrap();
            let reader = spawn_blocking(move || reader.read_for(WARM_UP).0).await.unwrap();
            let before = thread_time();
            let (_, reads) = spawn_blocking(move || reader.read_for(MEASURED)).await.unwrap();
            let busy = thread_time() - before;
            proxy.shutdown().await.unwrap();
            (reads, busy)
        })
    });
    let (reads, busy) = proxying.join().unwrap();
    drop(stop);
    serving.join().unwrap();
    let _ = std::fs::remove_file(file);
    let rate = reads as f64 / busy.as_secs_f64();
    let recorded = if records { ", recorded" } else { "" };
    Figure {
        what: format!("reads by way of a proxy, {version}{recorded}"),
        measured: format!(
            "{rate:.0} per second of the proxy's processor time ({:.0} per second)",
            reads as f64 / MEASURED.as_secs_f64()
        ),
        wanted: "200,000",
        is_met: rate >= 200_000.0,
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
