use helenus_protocol::{
    AuthResponse, Batch, BatchKind, BatchStatement, BoundValues, Cell, Compression, Consistency,
    EncodeError, Execute, NamedValues, Opcode, Prepare, Query, QueryParameters, Register, Request,
    Startup, Statement, Values, WireError,
};

use super::{V4, V5, hex, is_request};

fn named() -> NamedValues {
    let mut values = NamedValues::new();
    values.push("a", Cell::Value(&[7])).unwrap();
    values.push("b", Cell::Null).unwrap();
    values.push("c", Cell::Unset).unwrap();
    values
}

fn positional() -> BoundValues {
    let mut values = BoundValues::default();
    values.push(Cell::Value(&[0, 0, 0, 9])).unwrap();
    values.push(Cell::Value(&[])).unwrap();
    values
}

fn every_parameter(values: Values<'_>) -> QueryParameters<'_> {
    QueryParameters {
        consistency: Consistency::Quorum,
        values,
        skip_metadata: true,
        page_size: Some(5000),
        paging_state: Some(&[0xCA, 0xFE]),
        serial_consistency: Some(Consistency::LocalSerial),
        timestamp: Some(-2),
        keyspace: None,
        now_in_seconds: None,
    }
}

#[test]
fn startup() {
    let startup = Startup::new(Some(Compression::Lz4));
    let golden = "0002 000B'CQL_VERSION' 0005'3.0.0' 000B'COMPRESSION' 0003'lz4'";
    is_request(V4, &Request::Startup(startup), golden);
}

#[test]
fn register() {
    let golden = "0003 000F'TOPOLOGY_CHANGE' 000D'STATUS_CHANGE' 000D'SCHEMA_CHANGE'";
    is_request(V5, &Request::Register(Register::all()), golden);
}

#[test]
fn auth_response() {
    let token = Some(&b"\0user\0pass"[..]);
    is_request(V5, &Request::AuthResponse(AuthResponse { token }), "0000000A 00'user'00'pass'");
    is_request(V4, &Request::AuthResponse(AuthResponse { token: None }), "FFFFFFFF");
}

#[test]
fn query_with_every_parameter_in_v4() {
    let values = named();
    let query = Query { cql: "SELECT k", parameters: every_parameter(values.as_values()) };
    let golden = "00000008'SELECT k' 0004 7F
        0003 0001'a' 00000001 07 0001'b' FFFFFFFF 0001'c' FFFFFFFE
        00001388 00000002 CAFE 0009 FFFFFFFFFFFFFFFE";
    is_request(V4, &Request::Query(query), golden);
}

#[test]
fn query_with_every_parameter_in_v5() {
    let values = named();
    let parameters = QueryParameters {
        keyspace: Some("ks"),
        now_in_seconds: Some(1_700_000_000),
        ..every_parameter(values.as_values())
    };
    let golden = "00000008'SELECT k' 0004 000001FF
        0003 0001'a' 00000001 07 0001'b' FFFFFFFF 0001'c' FFFFFFFE
        00001388 00000002 CAFE 0009 FFFFFFFFFFFFFFFE 0002'ks' 6553F100";
    is_request(V5, &Request::Query(Query { cql: "SELECT k", parameters }), golden);
}

#[test]
fn query_without_parameters() {
    let query = Query { cql: "", parameters: QueryParameters::new(Consistency::LocalOne) };
    is_request(V4, &Request::Query(query.clone()), "00000000 000A 00");
    is_request(V5, &Request::Query(query), "00000000 000A 00000000");
}

#[test]
fn execute() {
    let values = positional();
    let parameters = QueryParameters {
        values: values.as_values(),
        skip_metadata: true,
        ..QueryParameters::new(Consistency::One)
    };
    let v4 = Execute { id: &[0xAB, 0xCD], result_metadata_id: None, parameters };
    let v5 = Execute { result_metadata_id: Some(&[0xEF]), ..v4.clone() };
    let golden = "0002 ABCD 0001 03 0002 00000004 00000009 00000000";
    is_request(V4, &Request::Execute(v4), golden);
    let golden = "0002 ABCD 0001 EF 0001 00000003 0002 00000004 00000009 00000000";
    is_request(V5, &Request::Execute(v5), golden);
}

#[test]
fn prepare() {
    let without = Prepare { cql: "SELECT k", keyspace: None };
    is_request(V4, &Request::Prepare(without.clone()), "00000008'SELECT k'");
    is_request(V5, &Request::Prepare(without), "00000008'SELECT k' 00000000");
    let with = Request::Prepare(Prepare { cql: "SELECT k", keyspace: Some("ks") });
    is_request(V5, &with, "00000008'SELECT k' 00000001 0002'ks'");
    assert!(matches!(with.encode(V4, &mut Vec::new()), Err(EncodeError::NeedsV5 { .. })));
}

#[test]
fn batch() {
    let values = positional();
    let statements = vec![
        BatchStatement { statement: Statement::Cql("INSERT"), values: Values::default() },
        BatchStatement { statement: Statement::Prepared(&[0xAB]), values: values.as_values() },
    ];
    let parameters = QueryParameters {
        serial_consistency: Some(Consistency::Serial),
        timestamp: Some(1),
        ..QueryParameters::new(Consistency::EachQuorum)
    };
    let v4 = Batch { kind: BatchKind::Unlogged, statements, parameters };
    let parameters =
        QueryParameters { keyspace: Some("ks"), now_in_seconds: Some(-1), ..v4.parameters.clone() };
    let v5 = Batch { parameters, ..v4.clone() };
    let golden = "01 0002 00 00000006'INSERT' 0000
        01 0001 AB 0002 00000004 00000009 00000000
        0007 30 0008 0000000000000001";
    is_request(V4, &Request::Batch(v4), golden);
    let golden = "01 0002 00 00000006'INSERT' 0000
        01 0001 AB 0002 00000004 00000009 00000000
        0007 000001B0 0008 0000000000000001 0002'ks' FFFFFFFF";
    is_request(V5, &Request::Batch(v5), golden);
}

#[test]
fn a_batch_knows_no_names() {
    let values = named();
    let statement = BatchStatement { statement: Statement::Cql(""), values: values.as_values() };
    let batch = Batch {
        kind: BatchKind::Logged,
        statements: vec![statement],
        parameters: QueryParameters::default(),
    };
    let encoded = Request::Batch(batch).encode(V4, &mut Vec::new());
    assert_eq!(encoded, Err(EncodeError::NamedInBatch));
    let body = hex("00 0000 0001 40");
    let decoded = Request::decode(V4, Opcode::Batch, &body);
    assert!(matches!(decoded, Err(WireError::Unknown { .. })));
}

#[test]
fn a_value_s_length_below_unset_is_refused() {
    let body = hex("00000000 0001 01 0001 FFFFFFFD");
    let decoded = Request::decode(V4, Opcode::Query, &body);
    assert_eq!(decoded, Err(WireError::Length { what: "a value", length: -3 }));
}
