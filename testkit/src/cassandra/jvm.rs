use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::state::ClusterState;
use super::{Error, config};

const MAIN_CLASS: &str = "org.apache.cassandra.service.CassandraDaemon";

/// Packages of the JDK that Cassandra uses although they are not exported.
const EXPORTS: [&str; 10] = [
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.rmi/sun.rmi.transport.tcp",
    "java.sql/java.sql",
    "jdk.attach/sun.tools.attach",
    "jdk.compiler/com.sun.tools.javac.file",
];

/// Packages of the JDK whose private members Cassandra reads by reflection.
const OPENS: [&str; 23] = [
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.math",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.nio.charset",
    "java.base/java.nio.file.spi",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "java.compiler/javax.tools",
    "jdk.compiler/com.sun.tools.javac",
    "jdk.management/com.sun.management.internal",
    "jdk.naming.dns/com.sun.jndi.dns",
];

/// The command that runs a node whose files are in `home`.
pub(super) fn command(cluster: &ClusterState, home: &Path) -> Result<Command, Error> {
    let conf = config::directory(home);
    let mut command = Command::new(&cluster.java);
    command
        .arg(format!("-javaagent:{}", memory_meter(&cluster.jars)?.display()))
        .args([
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:MaxDirectMemorySize=128M",
        ])
        .args([format!("-Xms{}M", cluster.heap_mib.min(64)), format!("-Xmx{}M", cluster.heap_mib)])
        .args(["-XX:+ExitOnOutOfMemoryError", "-XX:+PerfDisableSharedMem"])
        .args(["-Djdk.attach.allowAttachSelf=true", "-Dio.netty.tryReflectionSetAccessible=true"]);
    for package in EXPORTS {
        command.arg(format!("--add-exports={package}=ALL-UNNAMED"));
    }
    for package in OPENS {
        command.arg(format!("--add-opens={package}=ALL-UNNAMED"));
    }
    command
        .arg(format!("-Dcassandra.config=file://{}/cassandra.yaml", conf.display()))
        .arg(format!("-Dcassandra.storagedir={}", home.display()))
        .arg(format!("-Dlogback.configurationFile={}/logback.xml", conf.display()))
        .arg("-Dcassandra-foreground=yes")
        .arg(format!("-Dcassandra.jmx.local.port={}", free_port()?))
        .args(["-Dcassandra.skip_wait_for_gossip_to_settle=0", "-Dcassandra.ring_delay_ms=1000"])
        .arg("-Dcassandra.shutdown_announce_in_ms=500")
        .args([
            "-Dcassandra.superuser_setup_delay_ms=0",
            "-Dcassandra.consistent.rangemovement=false",
        ])
        // Roles on every node: a login works while other nodes are down.
        .arg(format!("-Dcassandra.system_auth.default_rf={}", cluster.nodes.len()))
        .arg("-classpath")
        .arg(format!("{}:{}/*", conf.display(), cluster.jars.display()))
        .arg(MAIN_CLASS)
        .current_dir(home)
        .stdin(Stdio::null());
    Ok(command)
}

/// The agent that measures objects, whose version differs between releases.
fn memory_meter(jars: &Path) -> Result<PathBuf, Error> {
    let is_jamm = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("jamm-"))
    };
    let entries = fs::read_dir(jars).map_err(Error::io("read", jars))?;
    entries.flatten().map(|entry| entry.path()).find(is_jamm).ok_or_else(|| Error::Io {
        action: "find jamm-*.jar in",
        path: jars.to_owned(),
        source: std::io::ErrorKind::NotFound.into(),
    })
}

/// JMX listens on 127.0.0.1 whatever address a node has, so no two nodes of the machine may use the same port.
fn free_port() -> Result<u16, Error> {
    let any = (Ipv4Addr::LOCALHOST, 0);
    let port = TcpListener::bind(any).and_then(|listener| listener.local_addr());
    port.map(|address| address.port())
        .map_err(|source| Error::Address { address: any.into(), source })
}
