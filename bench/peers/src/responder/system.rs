//! The system tables that drivers read when they connect.

use helenus_protocol::{
    ColumnSpec, CqlType, EncodeRow, ErrorKind, ResultMetadata, RowWriter, Rows, ServerError, Value,
};
use uuid::Uuid;

use super::cluster::{Cluster, DATACENTER, Node};
use super::select::{Column, Select};
use crate::items::{KEYSPACE, TABLE};

const SCHEMA_VERSION: Uuid = Uuid::from_u128(0x7363_6865_6d61_4000_8000_0000_0000_0001);

#[derive(Debug)]
pub(super) struct SystemTables {
    cluster: Cluster,
}

/// A table as one node shows it.
struct Table {
    columns: Vec<(&'static str, CqlType)>,
    rows: Vec<Vec<Value>>,
}

impl SystemTables {
    pub(super) fn new(cluster: Cluster) -> Self {
        Self { cluster }
    }

    /// What a node answers.
    pub(super) fn select(&self, node: usize, select: &Select) -> Result<Rows, ServerError> {
        let Select { keyspace, table, .. } = select;
        let Some(found) = self.table(node, keyspace, table) else {
            let kind = ErrorKind::Invalid;
            return Err(ServerError::new(kind, format!("table {keyspace}.{table} does not exist")));
        };
        let picked = found.pick(&select.columns)?;
        let spec = |(name, ty): &(&str, CqlType)| {
            ColumnSpec::new(keyspace.as_str(), table.as_str(), *name, ty.clone())
        };
        let columns: Vec<_> = picked.columns.iter().map(spec).collect();
        let mut content = Vec::new();
        for row in &picked.rows {
            let mut writer = RowWriter::new(&columns, &mut content);
            let written = row.encode_row(&mut writer).and_then(|()| writer.finish());
            written.map_err(|error| ServerError::new(ErrorKind::ServerError, error.to_string()))?;
        }
        let count = picked.rows.len();
        Ok(Rows { metadata: ResultMetadata::of(columns), count, content: content.into() })
    }

    fn table(&self, node: usize, keyspace: &str, table: &str) -> Option<Table> {
        Some(match (keyspace, table) {
            ("system", "local") => self.local(node),
            ("system", "peers") => self.peers(node),
            ("system", "peers_v2") => self.peers_v2(node),
            ("system_schema", "keyspaces") => self.keyspaces(),
            ("system_schema", "tables") => tables(),
            ("system_schema", "columns") => columns(),
            ("system_schema", "types") => empty(&[
                ("keyspace_name", text_type()),
                ("type_name", text_type()),
                ("field_names", list_type()),
                ("field_types", list_type()),
            ]),
            ("system_schema", "views") => empty(&[
                ("keyspace_name", text_type()),
                ("view_name", text_type()),
                ("base_table_name", text_type()),
            ]),
            _ => return None,
        })
    }

    fn local(&self, node: usize) -> Table {
        let local = &self.cluster.nodes[node];
        let mut columns = node_columns();
        columns.splice(
            ..0,
            [
                ("key", CqlType::Text),
                ("broadcast_address", CqlType::Inet),
                ("cluster_name", CqlType::Text),
                ("cql_version", CqlType::Text),
                ("listen_address", CqlType::Inet),
                ("native_protocol_version", CqlType::Text),
                ("partitioner", CqlType::Text),
                ("rpc_address", CqlType::Inet),
                ("rpc_port", CqlType::Int),
            ],
        );
        let mut row = node_values(local);
        row.splice(
            ..0,
            [
                text("local"),
                inet(local),
                text("bench"),
                text("3.4.7"),
                inet(local),
                text("5"),
                text("org.apache.cassandra.dht.Murmur3Partitioner"),
                inet(local),
                Value::Int(local.port.into()),
            ],
        );
        Table { columns, rows: vec![row] }
    }

    fn peers(&self, node: usize) -> Table {
        let mut columns = node_columns();
        columns.splice(..0, [("peer", CqlType::Inet), ("rpc_address", CqlType::Inet)]);
        let row = |peer: &Node| {
            let mut row = node_values(peer);
            row.splice(..0, [inet(peer), inet(peer)]);
            row
        };
        Table { columns, rows: self.others(node).map(row).collect() }
    }

    fn peers_v2(&self, node: usize) -> Table {
        let mut columns = node_columns();
        columns.splice(
            ..0,
            [
                ("peer", CqlType::Inet),
                ("peer_port", CqlType::Int),
                ("native_address", CqlType::Inet),
                ("native_port", CqlType::Int),
            ],
        );
        let row = |peer: &Node| {
            let mut row = node_values(peer);
            let port = Value::Int(peer.port.into());
            row.splice(..0, [inet(peer), Value::Int(7000), inet(peer), port]);
            row
        };
        Table { columns, rows: self.others(node).map(row).collect() }
    }

    fn others(&self, node: usize) -> impl Iterator<Item = &Node> {
        let nodes = self.cluster.nodes.iter().enumerate();
        nodes.filter(move |(number, _)| *number != node).map(|(_, peer)| peer)
    }

    fn keyspaces(&self) -> Table {
        let columns = vec![
            ("keyspace_name", CqlType::Text),
            ("durable_writes", CqlType::Boolean),
            ("replication", map_type()),
        ];
        let class =
            |name: &str| (text("class"), text(&format!("org.apache.cassandra.locator.{name}")));
        let copies = (text(DATACENTER), text(&self.cluster.replication_factor().to_string()));
        let row = |name: &str, replication: Vec<(Value, Value)>| {
            vec![text(name), Value::Boolean(true), Value::Map(replication)]
        };
        let rows = vec![
            row(KEYSPACE, vec![class("NetworkTopologyStrategy"), copies]),
            row("system", vec![class("LocalStrategy")]),
            row("system_schema", vec![class("LocalStrategy")]),
        ];
        Table { columns, rows }
    }
}

impl Table {
    /// Some of the columns, in another order; all of them where none is named.
    fn pick(self, wanted: &[Column]) -> Result<Self, ServerError> {
        if wanted.is_empty() {
            return Ok(self);
        }
        let mut places = Vec::new();
        for Column { name, as_json } in wanted {
            let place = self.columns.iter().position(|(known, _)| known == name);
            let unknown =
                || ServerError::new(ErrorKind::Invalid, format!("Undefined column name {name}"));
            places.push((place.ok_or_else(unknown)?, *as_json));
        }
        let column = |(place, as_json): &(usize, bool)| {
            let (name, ty) = &self.columns[*place];
            (*name, if *as_json { CqlType::Text } else { ty.clone() })
        };
        let value = |row: &Vec<Value>, (place, as_json): &(usize, bool)| match as_json {
            true => Value::Text(json(&row[*place])),
            false => row[*place].clone(),
        };
        let row = |row: &Vec<Value>| places.iter().map(|place| value(row, place)).collect();
        Ok(Self {
            columns: places.iter().map(column).collect(),
            rows: self.rows.iter().map(row).collect(),
        })
    }
}

/// What all tables of nodes have.
fn node_columns() -> Vec<(&'static str, CqlType)> {
    vec![
        ("data_center", CqlType::Text),
        ("host_id", CqlType::Uuid),
        ("rack", CqlType::Text),
        ("release_version", CqlType::Text),
        ("schema_version", CqlType::Uuid),
        ("tokens", CqlType::Set(Box::new(CqlType::Text))),
    ]
}

fn node_values(node: &Node) -> Vec<Value> {
    vec![
        text(DATACENTER),
        Value::Uuid(node.host_id),
        text(&node.rack),
        text("5.0.6"),
        Value::Uuid(SCHEMA_VERSION),
        Value::List(node.tokens.iter().map(|token| text(token)).collect()),
    ]
}

fn tables() -> Table {
    Table {
        columns: vec![("keyspace_name", CqlType::Text), ("table_name", CqlType::Text)],
        rows: vec![vec![text(KEYSPACE), text(TABLE)]],
    }
}

fn columns() -> Table {
    let names = ["keyspace_name", "table_name", "column_name", "clustering_order", "kind"];
    let mut columns: Vec<_> = names.map(|name| (name, CqlType::Text)).into();
    columns.extend([("position", CqlType::Int), ("type", CqlType::Text)]);
    let row = |name: &str, kind: &str, position: i32, ty: &str| {
        let mut row: Vec<_> = [KEYSPACE, TABLE, name, "none", kind].map(text).into();
        row.extend([Value::Int(position), text(ty)]);
        row
    };
    let rows = vec![row("id", "partition_key", 0, "bigint"), row("payload", "regular", -1, "blob")];
    Table { columns, rows }
}

fn empty(columns: &[(&'static str, CqlType)]) -> Table {
    Table { columns: columns.to_vec(), rows: Vec::new() }
}

fn text_type() -> CqlType {
    CqlType::Text
}

fn list_type() -> CqlType {
    CqlType::List(Box::new(CqlType::Text))
}

fn map_type() -> CqlType {
    CqlType::Map(Box::new(CqlType::Text), Box::new(CqlType::Text))
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn inet(node: &Node) -> Value {
    Value::Inet(node.address.into())
}

/// A `map<text, text>` as `toJson` writes it.
fn json(value: &Value) -> String {
    let Value::Map(entries) = value else { return "null".to_owned() };
    let entry = |(key, value): &(Value, Value)| match (key, value) {
        (Value::Text(key), Value::Text(value)) => (key.clone(), value.clone().into()),
        _ => (String::new(), serde_json::Value::Null),
    };
    serde_json::Value::Object(entries.iter().map(entry).collect()).to_string()
}
