use std::fs;
use std::path::{Path, PathBuf};

use super::options::{NATIVE_PORT, STORAGE_PORT};
use super::state::{ClusterState, NodeState};
use super::{Error, TlsFiles, TlsMode, Version};

/// Errors and what precedes them go to standard output, which is the node's `system.log`.
const LOGBACK: &str = r#"<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level [%thread] %date{ISO8601} %F:%L - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="STDOUT"/></root>
</configuration>
"#;

/// Writes a node's configuration into `home/conf`.
pub(super) fn write(cluster: &ClusterState, node: &NodeState, home: &Path) -> Result<(), Error> {
    let conf = directory(home);
    fs::create_dir_all(&conf).map_err(Error::io("create", &conf))?;
    let files = [
        ("cassandra.yaml", cassandra_yaml(cluster, node, home)),
        ("cassandra-rackdc.properties", format!("dc={}\nrack={}\n", node.dc, node.rack)),
        ("logback.xml", LOGBACK.to_owned()),
    ];
    for (name, text) in files {
        let path = conf.join(name);
        fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    Ok(())
}

pub(super) fn directory(home: &Path) -> PathBuf {
    home.join("conf")
}

fn cassandra_yaml(cluster: &ClusterState, node: &NodeState, home: &Path) -> String {
    // A seed takes no rows from others.
    let seeds = cluster.nodes.iter().filter(|node| !node.bootstraps);
    let seeds: Vec<String> =
        seeds.map(|node| format!("{}:{STORAGE_PORT}", node.address.ip())).collect();
    let bootstraps = node.bootstraps;
    let initial_token =
        node.token.map(|token| format!("initial_token: '{token}'\n")).unwrap_or_default();
    let (authenticator, authorizer) = match cluster.auth {
        Some(_) => ("PasswordAuthenticator", "CassandraAuthorizer"),
        None => ("AllowAllAuthenticator", "AllowAllAuthorizer"),
    };
    let version_specific = match cluster.version {
        // mmap survives a killed process, and direct I/O only slows small machines down.
        Version::V5_0 => "commitlog_disk_access_mode: legacy\nstorage_compatibility_mode: NONE\n",
        Version::V4_1 => "",
    };
    let tls = cluster.tls.as_ref().map(client_encryption).unwrap_or_default();
    format!(
        "\
cluster_name: '{name}'
num_tokens: {vnodes}
{initial_token}partitioner: org.apache.cassandra.dht.Murmur3Partitioner
endpoint_snitch: GossipingPropertyFileSnitch
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: '{seeds}'
listen_address: {ip}
rpc_address: {ip}
native_transport_port: {NATIVE_PORT}
storage_port: {STORAGE_PORT}
auto_bootstrap: {bootstraps}
data_file_directories: ['{home}/data']
commitlog_directory: '{home}/commitlog'
hints_directory: '{home}/hints'
saved_caches_directory: '{home}/saved_caches'
cdc_raw_directory: '{home}/cdc_raw'
commitlog_sync: periodic
commitlog_sync_period: 10000ms
commitlog_segment_size: 16MiB
commitlog_total_space: 64MiB
key_cache_size: 4MiB
counter_cache_size: 4MiB
file_cache_size: 16MiB
memtable_heap_space: 64MiB
memtable_offheap_space: 64MiB
concurrent_reads: 8
concurrent_writes: 8
concurrent_counter_writes: 8
concurrent_compactors: 1
hinted_handoff_enabled: false
auto_snapshot: false
materialized_views_enabled: true
user_defined_functions_enabled: true
sasi_indexes_enabled: true
authenticator: {authenticator}
authorizer: {authorizer}
role_manager: CassandraRoleManager
{version_specific}{tls}",
        name = cluster.name,
        vnodes = cluster.vnodes,
        seeds = seeds.join(","),
        ip = node.address.ip(),
        home = quotable(home),
    )
}

fn client_encryption(files: &TlsFiles) -> String {
    format!(
        "\
client_encryption_options:
  enabled: true
  optional: true
  require_client_auth: {mutual}
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
  keystore: '{keystore}'
  truststore: '{truststore}'
",
        mutual = files.mode == TlsMode::Mutual,
        keystore = quotable(&files.node),
        truststore = quotable(&files.authority),
    )
}

/// A path for between YAML's single quotes.
fn quotable(path: &Path) -> String {
    path.display().to_string().replace('\'', "''")
}

#[cfg(test)]
mod tests {
    use super::super::Credentials;
    use super::super::state::tests::example;
    use super::*;

    fn yaml(cluster: &ClusterState) -> String {
        cassandra_yaml(cluster, &cluster.nodes[1], Path::new("/home/node"))
    }

    fn has_line(yaml: &str, line: &str) -> bool {
        yaml.lines().any(|other| other == line)
    }

    #[test]
    fn a_node_gets_its_own_address_and_token_and_all_seeds() {
        let yaml = yaml(&example());
        for line in [
            "cluster_name: 'example'",
            "num_tokens: 1",
            "initial_token: '7'",
            "listen_address: 127.0.9.2",
            "rpc_address: 127.0.9.2",
            "      - seeds: '127.0.9.1:7000,127.0.9.2:7000'",
            "data_file_directories: ['/home/node/data']",
            "authenticator: AllowAllAuthenticator",
        ] {
            assert!(has_line(&yaml, line), "{line} is missing in\n{yaml}");
        }
        assert!(!yaml.contains("client_encryption_options"));
    }

    #[test]
    fn keys_that_only_one_version_knows_are_kept_from_the_other() {
        let mut cluster = example();
        assert!(yaml(&cluster).contains("commitlog_disk_access_mode"));
        cluster.version = Version::V4_1;
        assert!(!yaml(&cluster).contains("commitlog_disk_access_mode"));
        assert!(!yaml(&cluster).contains("storage_compatibility_mode"));
    }

    #[test]
    fn with_vnodes_there_is_no_initial_token() {
        let mut cluster = example();
        cluster.vnodes = 16;
        cluster.nodes[1].token = None;
        assert!(has_line(&yaml(&cluster), "num_tokens: 16"));
        assert!(!yaml(&cluster).contains("initial_token"));
    }

    #[test]
    fn authentication_and_mutual_tls_are_turned_on_by_the_state() {
        let mut cluster = example();
        cluster.auth = Some(Credentials::superuser());
        cluster.tls = Some(TlsFiles {
            mode: TlsMode::Mutual,
            authority: "/tls/authority.pem".into(),
            client_certificate: "/tls/client-certificate.pem".into(),
            client_key: "/tls/client-key.pem".into(),
            node: "/tls/node.pem".into(),
        });
        let yaml = yaml(&cluster);
        for line in [
            "authenticator: PasswordAuthenticator",
            "authorizer: CassandraAuthorizer",
            "  require_client_auth: true",
            "  keystore: '/tls/node.pem'",
            "  truststore: '/tls/authority.pem'",
        ] {
            assert!(has_line(&yaml, line), "{line} is missing in\n{yaml}");
        }
    }
}
