use std::net::SocketAddr;

use bytes::Bytes;
use helenus_protocol::{
    Event, Prepared, PreparedMetadata, ProtocolVersion, Response, ResponseBody, ResultMetadata,
    Rows, SchemaChange, SchemaChangeKind, SchemaTarget, ServerError, StatusChange, Supported,
    TopologyChange,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

use super::error::error_kind;
use super::types::columns;
use super::{bytes, text};

/// Any response that the version can say, with any prefix.
pub(crate) fn response_body(version: ProtocolVersion) -> impl Strategy<Value = ResponseBody> {
    let tracing_id = option::of(any::<[u8; 16]>().prop_map(Uuid::from_bytes));
    let payload = vec((text(), option::of(bytes())), 0..3);
    (tracing_id, vec(text(), 0..3), payload, response(version)).prop_map(
        |(tracing_id, warnings, payload, response)| ResponseBody {
            tracing_id,
            warnings,
            payload,
            response,
        },
    )
}

fn response(version: ProtocolVersion) -> impl Strategy<Value = Response> {
    prop_oneof![
        (error_kind(version), text())
            .prop_map(|(kind, message)| Response::Error(ServerError::new(kind, message))),
        Just(Response::Ready),
        text().prop_map(|authenticator| Response::Authenticate { authenticator }),
        vec((text(), vec(text(), 0..3)), 0..4)
            .prop_map(|options| Response::Supported(Supported { options })),
        Just(Response::Void),
        rows().prop_map(Response::Rows),
        text().prop_map(Response::SetKeyspace),
        prepared(version).prop_map(Response::Prepared),
        schema_change().prop_map(Response::SchemaChange),
        event().prop_map(Response::Event),
        option::of(bytes()).prop_map(Response::AuthChallenge),
        option::of(bytes()).prop_map(Response::AuthSuccess),
    ]
}

fn metadata() -> impl Strategy<Value = ResultMetadata> {
    (columns(), any::<bool>(), option::of(bytes()), option::of(bytes())).prop_map(
        |(columns, is_left_out, paging_state, new_metadata_id)| {
            let metadata = ResultMetadata::of(columns);
            let columns = metadata.columns.filter(|_| !is_left_out);
            ResultMetadata { columns, paging_state, new_metadata_id, ..metadata }
        },
    )
}

/// Rows whose cells are any bytes; a result without columns has none.
fn rows() -> impl Strategy<Value = Rows> {
    (metadata(), 0..4_usize).prop_flat_map(|(metadata, rows)| {
        let count = if metadata.column_count == 0 { 0 } else { rows };
        let cells = vec(option::of(bytes()), count * metadata.column_count);
        (Just(metadata), cells).prop_map(move |(metadata, cells)| {
            let mut content = Vec::new();
            for cell in &cells {
                let length = cell.as_ref().map_or(-1, |cell| i32::try_from(cell.len()).unwrap());
                content.extend_from_slice(&length.to_be_bytes());
                content.extend_from_slice(cell.as_ref().map_or(&[], Bytes::as_ref));
            }
            Rows { metadata, count, content: content.into() }
        })
    })
}

fn prepared(version: ProtocolVersion) -> impl Strategy<Value = Prepared> {
    let markers = (any::<i32>(), vec(any::<u16>(), 0..4), columns()).prop_map(
        |(flags, partition_key, columns)| PreparedMetadata {
            flags: flags & !1,
            partition_key,
            columns,
        },
    );
    (bytes(), bytes(), markers, metadata()).prop_map(move |(id, metadata_id, metadata, result)| {
        let result_metadata_id = (version == ProtocolVersion::V5).then_some(metadata_id);
        Prepared { id, result_metadata_id, metadata, result }
    })
}

fn schema_change() -> impl Strategy<Value = SchemaChange> {
    let kinds = [SchemaChangeKind::Created, SchemaChangeKind::Updated, SchemaChangeKind::Dropped];
    let arguments = || vec(text(), 0..3);
    let target = prop_oneof![
        Just(SchemaTarget::Keyspace),
        text().prop_map(SchemaTarget::Table),
        text().prop_map(SchemaTarget::Type),
        (text(), arguments()).prop_map(|(name, of)| SchemaTarget::Function(name, of)),
        (text(), arguments()).prop_map(|(name, of)| SchemaTarget::Aggregate(name, of)),
    ];
    (prop::sample::select(kinds.to_vec()), text(), target)
        .prop_map(|(kind, keyspace, target)| SchemaChange { kind, keyspace, target })
}

fn event() -> impl Strategy<Value = Event> {
    let topology = prop::sample::select(vec![
        TopologyChange::NewNode,
        TopologyChange::RemovedNode,
        TopologyChange::MovedNode,
    ]);
    let status = prop_oneof![Just(StatusChange::Up), Just(StatusChange::Down)];
    let address = || (any::<std::net::IpAddr>(), any::<u16>()).prop_map(SocketAddr::from);
    prop_oneof![
        (topology, address()).prop_map(|(change, address)| Event::Topology(change, address)),
        (status, address()).prop_map(|(change, address)| Event::Status(change, address)),
        schema_change().prop_map(Event::Schema),
    ]
}
