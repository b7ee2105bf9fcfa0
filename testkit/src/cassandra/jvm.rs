use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::process::Process;
use super::state::ClusterState;
use super::{Error, config};

const MAIN_CLASS: &str = "org.apache.cassandra.service.CassandraDaemon";
const NODETOOL_CLASS: &str = "org.apache.cassandra.tools.NodeTool";
const JMX_PORT: &str = "-Dcassandra.jmx.local.port=";
/// How long a node has to answer one call of `nodetool`: one that leaves hands over its rows first.
const JMX_TIME: Duration = Duration::from_secs(180);

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

/// How long a node waits for what the others know and do, in milliseconds.
const RING_DELAY: u32 = 1000;
/// As [`RING_DELAY`], for one that joins others that may be busy: it gives up if it has heard of none by then.
const RING_DELAY_OF_JOINING: u32 = 5000;

/// The command that runs a node whose files are in `home`.
pub(super) fn command(cluster: &ClusterState, home: &Path, joins: bool) -> Result<Command, Error> {
    let ring_delay = if joins { RING_DELAY_OF_JOINING } else { RING_DELAY };
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
        .args(["-Djdk.attach.allowAttachSelf=true", "-Dio.netty.tryReflectionSetAccessible=true"])
        .args(packages())
        .arg(format!("-Dcassandra.config=file://{}/cassandra.yaml", conf.display()))
        .arg(format!("-Dcassandra.storagedir={}", home.display()))
        .arg(format!("-Dlogback.configurationFile={}/logback.xml", conf.display()))
        .arg("-Dcassandra-foreground=yes")
        .arg(format!("{JMX_PORT}{}", free_port()?))
        .arg("-Dcassandra.skip_wait_for_gossip_to_settle=0")
        .arg(format!("-Dcassandra.ring_delay_ms={ring_delay}"))
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

/// The command that runs `nodetool` against the node that this process is.
pub(super) fn nodetool(
    cluster: &ClusterState,
    home: &Path,
    node: Process,
) -> Result<Command, Error> {
    let time = JMX_TIME.as_millis();
    let mut command = Command::new(&cluster.java);
    command
        .args(["-Xmx64M", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
        .args(packages())
        // A node that hangs would else be waited for without end.
        .arg(format!("-Dsun.rmi.transport.tcp.responseTimeout={time}"))
        .arg(format!("-Dsun.rmi.transport.tcp.handshakeTimeout={time}"))
        // It writes a history of its commands there.
        .arg(format!("-Duser.home={}", home.display()))
        .arg("-classpath")
        .arg(format!("{}/*", cluster.jars.display()))
        .arg(NODETOOL_CLASS)
        .args(["-h", "127.0.0.1", "-p", &jmx_port(node)?])
        .current_dir(home)
        .stdin(Stdio::null());
    Ok(command)
}

fn packages() -> impl Iterator<Item = String> {
    let exports = EXPORTS.iter().map(|package| format!("--add-exports={package}=ALL-UNNAMED"));
    exports.chain(OPENS.iter().map(|package| format!("--add-opens={package}=ALL-UNNAMED")))
}

/// Where the process listens for JMX, as its command line has it: each start takes another port.
fn jmx_port(node: Process) -> Result<String, Error> {
    let path = PathBuf::from(format!("/proc/{}/cmdline", node.pid));
    let command_line = fs::read(&path).map_err(Error::io("read", &path))?;
    let command_line = String::from_utf8_lossy(&command_line);
    let port = command_line.split('\0').find_map(|argument| argument.strip_prefix(JMX_PORT));
    port.map(str::to_owned).ok_or_else(|| Error::Io {
        action: "find the JMX port in",
        path,
        source: std::io::ErrorKind::NotFound.into(),
    })
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
