//! The tables that every node has, as CQL that Cassandra 5.0 could have been asked with.

/// A keyspace of the server's own and its tables.
pub(super) struct Definition {
    pub(super) keyspace: &'static str,
    pub(super) is_virtual: bool,
    pub(super) tables: &'static [&'static str],
}

pub(super) const DEFINITIONS: [Definition; 4] = [
    Definition { keyspace: "system", is_virtual: false, tables: SYSTEM },
    Definition { keyspace: "system_schema", is_virtual: false, tables: SCHEMA },
    Definition { keyspace: "system_traces", is_virtual: false, tables: TRACES },
    Definition { keyspace: "system_virtual_schema", is_virtual: true, tables: VIRTUAL_SCHEMA },
];

const SYSTEM: &[&str] = &[
    "CREATE TABLE system.local (key text PRIMARY KEY, bootstrapped text, broadcast_address inet, broadcast_port int, \
     cluster_name text, cql_version text, data_center text, gossip_generation int, host_id uuid, listen_address inet, \
     listen_port int, native_protocol_version text, partitioner text, rack text, release_version text, \
     rpc_address inet, rpc_port int, schema_version uuid, tokens set<text>, truncated_at map<uuid, blob>) \
     WITH comment = 'information about the local node'",
    "CREATE TABLE system.peers (peer inet PRIMARY KEY, data_center text, host_id uuid, preferred_ip inet, rack text, \
     release_version text, rpc_address inet, schema_version uuid, tokens set<text>) \
     WITH comment = 'information about known peers in the cluster'",
    "CREATE TABLE system.peers_v2 (peer inet, peer_port int, data_center text, host_id uuid, native_address inet, \
     native_port int, preferred_ip inet, preferred_port int, rack text, release_version text, schema_version uuid, \
     tokens set<text>, PRIMARY KEY (peer, peer_port)) \
     WITH comment = 'information about known peers in the cluster'",
];

const SCHEMA: &[&str] = &[
    "CREATE TABLE system_schema.keyspaces (keyspace_name text PRIMARY KEY, durable_writes boolean, \
     replication frozen<map<text, text>>) WITH comment = 'keyspace definitions'",
    "CREATE TABLE system_schema.tables (keyspace_name text, table_name text, additional_write_policy text, \
     allow_auto_snapshot boolean, bloom_filter_fp_chance double, caching frozen<map<text, text>>, cdc boolean, \
     comment text, compaction frozen<map<text, text>>, compression frozen<map<text, text>>, crc_check_chance double, \
     dclocal_read_repair_chance double, default_time_to_live int, extensions frozen<map<text, blob>>, \
     flags frozen<set<text>>, gc_grace_seconds int, id uuid, incremental_backups boolean, max_index_interval int, \
     memtable text, memtable_flush_period_in_ms int, min_index_interval int, read_repair text, \
     read_repair_chance double, speculative_retry text, PRIMARY KEY (keyspace_name, table_name)) \
     WITH comment = 'table definitions'",
    "CREATE TABLE system_schema.columns (keyspace_name text, table_name text, column_name text, clustering_order text, \
     column_name_bytes blob, kind text, position int, type text, \
     PRIMARY KEY (keyspace_name, table_name, column_name)) WITH comment = 'column definitions'",
    "CREATE TABLE system_schema.dropped_columns (keyspace_name text, table_name text, column_name text, \
     dropped_time timestamp, kind text, type text, PRIMARY KEY (keyspace_name, table_name, column_name)) \
     WITH comment = 'dropped column registry'",
    "CREATE TABLE system_schema.types (keyspace_name text, type_name text, field_names frozen<list<text>>, \
     field_types frozen<list<text>>, PRIMARY KEY (keyspace_name, type_name)) \
     WITH comment = 'user defined type definitions'",
    "CREATE TABLE system_schema.functions (keyspace_name text, function_name text, \
     argument_types frozen<list<text>>, argument_names frozen<list<text>>, body text, \
     called_on_null_input boolean, language text, return_type text, \
     PRIMARY KEY (keyspace_name, function_name, argument_types)) WITH comment = 'user defined function definitions'",
    "CREATE TABLE system_schema.aggregates (keyspace_name text, aggregate_name text, \
     argument_types frozen<list<text>>, final_func text, initcond text, return_type text, state_func text, \
     state_type text, PRIMARY KEY (keyspace_name, aggregate_name, argument_types)) \
     WITH comment = 'user defined aggregate definitions'",
    "CREATE TABLE system_schema.triggers (keyspace_name text, table_name text, trigger_name text, \
     options frozen<map<text, text>>, PRIMARY KEY (keyspace_name, table_name, trigger_name)) \
     WITH comment = 'trigger definitions'",
    "CREATE TABLE system_schema.indexes (keyspace_name text, table_name text, index_name text, kind text, \
     options frozen<map<text, text>>, PRIMARY KEY (keyspace_name, table_name, index_name)) \
     WITH comment = 'secondary index definitions'",
    "CREATE TABLE system_schema.views (keyspace_name text, view_name text, additional_write_policy text, \
     allow_auto_snapshot boolean, base_table_id uuid, base_table_name text, bloom_filter_fp_chance double, \
     caching frozen<map<text, text>>, cdc boolean, comment text, compaction frozen<map<text, text>>, \
     compression frozen<map<text, text>>, crc_check_chance double, dclocal_read_repair_chance double, \
     default_time_to_live int, extensions frozen<map<text, blob>>, gc_grace_seconds int, id uuid, \
     include_all_columns boolean, incremental_backups boolean, max_index_interval int, memtable text, \
     memtable_flush_period_in_ms int, min_index_interval int, read_repair text, read_repair_chance double, \
     speculative_retry text, where_clause text, PRIMARY KEY (keyspace_name, view_name)) \
     WITH comment = 'view definitions'",
];

const TRACES: &[&str] = &[
    "CREATE TABLE system_traces.sessions (session_id uuid PRIMARY KEY, client inet, command text, coordinator inet, \
     coordinator_port int, duration int, parameters map<text, text>, request text, started_at timestamp) \
     WITH comment = 'tracing sessions' AND gc_grace_seconds = 0",
    "CREATE TABLE system_traces.events (session_id uuid, event_id timeuuid, activity text, source inet, \
     source_elapsed int, source_port int, thread text, PRIMARY KEY (session_id, event_id)) \
     WITH comment = 'tracing events' AND gc_grace_seconds = 0",
];

const VIRTUAL_SCHEMA: &[&str] = &[
    "CREATE TABLE system_virtual_schema.keyspaces (keyspace_name text PRIMARY KEY) \
     WITH comment = 'virtual keyspace definitions'",
    "CREATE TABLE system_virtual_schema.tables (keyspace_name text, table_name text, comment text, \
     PRIMARY KEY (keyspace_name, table_name)) WITH comment = 'virtual table definitions'",
    "CREATE TABLE system_virtual_schema.columns (keyspace_name text, table_name text, column_name text, \
     clustering_order text, column_name_bytes blob, kind text, position int, type text, \
     PRIMARY KEY (keyspace_name, table_name, column_name)) WITH comment = 'virtual column definitions'",
];
