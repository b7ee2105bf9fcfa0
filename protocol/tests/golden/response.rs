use bytes::Bytes;
use helenus_protocol::{
    ColumnSpec, CqlType, Dialect, Event, Opcode, Prepared, PreparedMetadata, Request, Response,
    ResponseBody, ResultMetadata, Rows, SchemaChange, SchemaChangeKind, SchemaTarget, StatusChange,
    Supported, TopologyChange, UdtType,
};

use super::{V4, V5, hex, is_response};

fn column(table: &str, name: &str, ty: CqlType) -> ColumnSpec {
    ColumnSpec::new("ks", table, name, ty)
}

fn rows(metadata: ResultMetadata, count: usize, content: &str) -> Response {
    Response::Rows(Rows { metadata, count, content: hex(content).into() })
}

#[test]
fn supported() {
    let options = vec![
        ("COMPRESSION".into(), vec!["snappy".into(), "lz4".into()]),
        ("CQL_VERSION".into(), vec!["3.4.7".into()]),
    ];
    let golden =
        "0002 000B'COMPRESSION' 0002 0006'snappy' 0003'lz4' 000B'CQL_VERSION' 0001 0005'3.4.7'";
    is_response(V5, Response::Supported(Supported { options }), golden);
}

#[test]
fn the_steps_of_authentication() {
    let authenticator = "PasswordAuthenticator".to_owned();
    let golden = "0015'PasswordAuthenticator'";
    is_response(V4, Response::Authenticate { authenticator }, golden);
    is_response(V4, Response::AuthChallenge(Some(Bytes::from_static(&[1]))), "00000001 01");
    is_response(V4, Response::AuthSuccess(None), "FFFFFFFF");
    is_response(V4, Response::Ready, "");
}

#[test]
fn results_of_few_words() {
    is_response(V4, Response::Void, "00000001");
    is_response(V4, Response::SetKeyspace("ks".into()), "00000003 0002'ks'");
}

#[test]
fn rows_of_one_table() {
    let columns = vec![column("t", "k", CqlType::Int), column("t", "v", CqlType::Text)];
    let golden = "00000002 00000001 00000002 0002'ks' 0001't' 0001'k' 0009 0001'v' 000D
        00000002 00000004 00000001 00000001'x' 00000004 00000002 FFFFFFFF";
    let content = "00000004 00000001 00000001'x' 00000004 00000002 FFFFFFFF";
    is_response(V4, rows(ResultMetadata::of(columns), 2, content), golden);
}

#[test]
fn rows_of_several_tables() {
    let columns = vec![column("t", "k", CqlType::Int), column("u", "v", CqlType::Int)];
    let golden = "00000002 00000000 00000002
        0002'ks' 0001't' 0001'k' 0009 0002'ks' 0001'u' 0001'v' 0009 00000000";
    is_response(V4, rows(ResultMetadata::of(columns), 0, ""), golden);
}

#[test]
fn rows_whose_metadata_was_skipped() {
    let metadata = ResultMetadata { column_count: 2, ..ResultMetadata::default() };
    let golden = "00000002 00000005 00000002 00000001 00000001 07 FFFFFFFF";
    is_response(V5, rows(metadata, 1, "00000001 07 FFFFFFFF"), golden);
}

#[test]
fn rows_with_more_pages_and_changed_metadata() {
    let metadata = ResultMetadata {
        paging_state: Some(Bytes::from_static(&[0xCA])),
        new_metadata_id: Some(Bytes::from_static(&[0xFE, 0xED])),
        ..ResultMetadata::of(vec![column("t", "k", CqlType::Int)])
    };
    let golden = "00000002 0000000B 00000001 00000001 CA 0002 FEED
        0002'ks' 0001't' 0001'k' 0009 00000000";
    is_response(V5, rows(metadata, 0, ""), golden);
}

#[test]
fn columns_of_every_kind_of_type() {
    let udt = UdtType {
        keyspace: "ks".into(),
        name: "u".into(),
        fields: vec![("a".into(), CqlType::Int), ("b".into(), CqlType::Text)],
    };
    let map = CqlType::Map(Box::new(CqlType::Text), Box::new(CqlType::Udt(Box::new(udt))));
    let columns = vec![
        column("t", "a", CqlType::List(Box::new(CqlType::Int))),
        column("t", "b", CqlType::Set(Box::new(CqlType::Inet))),
        column("t", "c", map),
        column("t", "d", CqlType::Tuple(vec![CqlType::Date, CqlType::Time])),
        column("t", "e", CqlType::Custom("com.example.Mine".into())),
    ];
    let golden = "00000002 00000001 00000005 0002'ks' 0001't'
        0001'a' 0020 0009
        0001'b' 0022 0010
        0001'c' 0021 000D 0030 0002'ks' 0001'u' 0002 0001'a' 0009 0001'b' 000D
        0001'd' 0031 0002 0011 0012
        0001'e' 0000 0010'com.example.Mine'
        00000000";
    is_response(V5, rows(ResultMetadata::of(columns), 0, ""), golden);
}

#[test]
fn a_duration_has_a_code_in_v5_and_a_class_in_v4() {
    let metadata = || ResultMetadata::of(vec![column("t", "d", CqlType::Duration)]);
    let golden = "00000002 00000001 00000001 0002'ks' 0001't' 0001'd' 0015 00000000";
    is_response(V5, rows(metadata(), 0, ""), golden);
    let golden = "00000002 00000001 00000001 0002'ks' 0001't' 0001'd'
        0000 002C'org.apache.cassandra.db.marshal.DurationType' 00000000";
    is_response(V4, rows(metadata(), 0, ""), golden);
}

#[test]
fn a_vector_is_a_class() {
    let vector = CqlType::Vector(Box::new(CqlType::Float), 3);
    let golden = "00000002 00000001 00000001 0002'ks' 0001't' 0001'v'
        0000 0059'org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType , 3)'
        00000001 0000000C 3F800000 40000000 40400000";
    let metadata = ResultMetadata::of(vec![column("t", "v", vector)]);
    is_response(V5, rows(metadata, 1, "0000000C 3F800000 40000000 40400000"), golden);
}

fn insert(result_metadata_id: Option<Bytes>) -> Prepared {
    Prepared {
        id: Bytes::from_static(&[0xAB, 0xCD]),
        result_metadata_id,
        metadata: PreparedMetadata {
            flags: 0,
            partition_key: vec![1],
            columns: vec![column("t", "v", CqlType::Text), column("t", "k", CqlType::Int)],
        },
        result: ResultMetadata::default(),
    }
}

#[test]
fn prepared_with_markers() {
    let golden = "00000004 0002 ABCD
        00000001 00000002 00000001 0001 0002'ks' 0001't' 0001'v' 000D 0001'k' 0009
        00000004 00000000";
    is_response(V4, Response::Prepared(insert(None)), golden);
    let golden = "00000004 0002 ABCD 0010 D41D8CD98F00B204E9800998ECF8427E
        00000001 00000002 00000001 0001 0002'ks' 0001't' 0001'v' 000D 0001'k' 0009
        00000004 00000000";
    let md5_of_nothing = hex("D41D8CD98F00B204E9800998ECF8427E").into();
    is_response(V5, Response::Prepared(insert(Some(md5_of_nothing))), golden);
}

#[test]
fn prepared_without_markers() {
    let prepared = Prepared {
        id: Bytes::from_static(&[0xAB]),
        result_metadata_id: None,
        metadata: PreparedMetadata::default(),
        result: ResultMetadata::of(vec![column("t", "k", CqlType::Int)]),
    };
    let golden = "00000004 0001 AB 00000000 00000000 00000000
        00000001 00000001 0002'ks' 0001't' 0001'k' 0009";
    is_response(V4, Response::Prepared(prepared), golden);
}

#[test]
fn prepared_without_markers_under_the_global_bit() {
    let body = Bytes::from(hex("00000004 0001 AB 00000001 00000000 00000000 00000004 00000000"));
    let decoded = ResponseBody::decode(V4, Default::default(), Opcode::Result, &body).unwrap();
    let Response::Prepared(prepared) = decoded.response else { panic!("{decoded:?}") };
    assert_eq!(prepared.metadata, PreparedMetadata::default());
}

#[test]
fn metadata_ids_in_v4_where_they_were_agreed_on() {
    let mut dialect = Dialect::new(V4);
    dialect.metadata_ids = true;
    let golden = "00000004 0002 ABCD 0001 EF
        00000001 00000002 00000001 0001 0002'ks' 0001't' 0001'v' 000D 0001'k' 0009
        00000004 00000000";
    let id = Bytes::from_static(&[0xEF]);
    is_response(dialect, Response::Prepared(insert(Some(id))), golden);
    let execute = hex("0001 AB 0001 EF 0001 00");
    let decoded = Request::decode(dialect, Opcode::Execute, &execute).unwrap();
    let mut again = Vec::new();
    decoded.encode(V4, &mut again).unwrap();
    assert_eq!(again, execute);
}

fn changed(kind: SchemaChangeKind, target: SchemaTarget) -> SchemaChange {
    SchemaChange { kind, keyspace: "ks".into(), target }
}

#[test]
fn schema_changes() {
    use SchemaChangeKind::{Created, Dropped, Updated};

    let keyspace = changed(Created, SchemaTarget::Keyspace);
    let golden = "00000005 0007'CREATED' 0008'KEYSPACE' 0002'ks'";
    is_response(V4, Response::SchemaChange(keyspace), golden);
    let table = changed(Updated, SchemaTarget::Table("t".into()));
    let golden = "00000005 0007'UPDATED' 0005'TABLE' 0002'ks' 0001't'";
    is_response(V4, Response::SchemaChange(table), golden);
    let udt = changed(Dropped, SchemaTarget::Type("u".into()));
    let golden = "00000005 0007'DROPPED' 0004'TYPE' 0002'ks' 0001'u'";
    is_response(V5, Response::SchemaChange(udt), golden);
    let function = changed(Created, SchemaTarget::Function("f".into(), vec!["int".into()]));
    let golden = "00000005 0007'CREATED' 0008'FUNCTION' 0002'ks' 0001'f' 0001 0003'int'";
    is_response(V5, Response::SchemaChange(function), golden);
}

#[test]
fn events() {
    let v4 = "127.0.0.1:9042".parse().unwrap();
    let golden = "000F'TOPOLOGY_CHANGE' 0008'NEW_NODE' 04 7F000001 00002352";
    is_response(V4, Response::Event(Event::Topology(TopologyChange::NewNode, v4)), golden);
    let golden = "000F'TOPOLOGY_CHANGE' 000C'REMOVED_NODE' 04 7F000001 00002352";
    is_response(V4, Response::Event(Event::Topology(TopologyChange::RemovedNode, v4)), golden);
    let golden = "000F'TOPOLOGY_CHANGE' 000A'MOVED_NODE' 04 7F000001 00002352";
    is_response(V5, Response::Event(Event::Topology(TopologyChange::MovedNode, v4)), golden);
    let v6 = "[::1]:9042".parse().unwrap();
    let golden = "000D'STATUS_CHANGE' 0002'UP' 10 00000000000000000000000000000001 00002352";
    is_response(V5, Response::Event(Event::Status(StatusChange::Up, v6)), golden);
    let golden = "000D'STATUS_CHANGE' 0004'DOWN' 04 7F000001 00002352";
    is_response(V4, Response::Event(Event::Status(StatusChange::Down, v4)), golden);
    let target = SchemaTarget::Aggregate("a".into(), vec!["int".into(), "text".into()]);
    let change = changed(SchemaChangeKind::Dropped, target);
    let golden = "000D'SCHEMA_CHANGE' 0007'DROPPED' 0009'AGGREGATE' 0002'ks' 0001'a'
        0002 0003'int' 0004'text'";
    is_response(V4, Response::Event(Event::Schema(change)), golden);
}
