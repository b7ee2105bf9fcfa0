use bytes::Bytes;
use helenus_protocol::{
    AuthResponse, Batch, BatchKind, BatchStatement, BoundValues, Cell, Execute, NamedValues,
    Prepare, ProtocolVersion, Query, QueryParameters, Register, Request, Startup, Statement,
    Values,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{bytes, consistency, text};

/// Leaked, so that requests which borrow can be values of a strategy.
fn leaked_text() -> impl Strategy<Value = &'static str> {
    text().prop_map(|text| &*text.leak())
}

fn leaked_bytes() -> impl Strategy<Value = &'static [u8]> {
    bytes().prop_map(|bytes| &*Vec::from(bytes).leak())
}

fn cell() -> impl Strategy<Value = Option<Option<Bytes>>> {
    option::of(option::of(bytes()))
}

fn as_cell(cell: Option<&Option<Bytes>>) -> Cell<'_> {
    match cell {
        None => Cell::Unset,
        Some(None) => Cell::Null,
        Some(Some(bytes)) => Cell::Value(bytes),
    }
}

fn positional() -> impl Strategy<Value = Values<'static>> {
    vec(cell(), 0..5).prop_map(|cells| {
        let mut values = BoundValues::default();
        for cell in &cells {
            values.push(as_cell(cell.as_ref())).unwrap();
        }
        Box::leak(Box::new(values)).as_values()
    })
}

fn named() -> impl Strategy<Value = Values<'static>> {
    vec((text(), cell()), 0..5).prop_map(|cells| {
        let mut values = NamedValues::new();
        for (name, cell) in &cells {
            values.push(name, as_cell(cell.as_ref())).unwrap();
        }
        Box::leak(Box::new(values)).as_values()
    })
}

fn only_v5<T: Clone + std::fmt::Debug + 'static>(
    version: ProtocolVersion,
    strategy: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    match version {
        ProtocolVersion::V4 => Just(None).boxed(),
        ProtocolVersion::V5 => option::of(strategy).boxed(),
    }
}

/// What a batch may say, too.
fn batch_parameters(version: ProtocolVersion) -> impl Strategy<Value = QueryParameters<'static>> {
    let now = only_v5(version, any::<i32>());
    let keyspace = only_v5(version, leaked_text());
    (consistency(), option::of(consistency()), option::of(any::<i64>()), keyspace, now).prop_map(
        |(consistency, serial_consistency, timestamp, keyspace, now_in_seconds)| QueryParameters {
            serial_consistency,
            timestamp,
            keyspace,
            now_in_seconds,
            ..QueryParameters::new(consistency)
        },
    )
}

fn parameters(version: ProtocolVersion) -> impl Strategy<Value = QueryParameters<'static>> {
    let values = prop_oneof![positional(), named()];
    let paging = (option::of(any::<i32>()), option::of(leaked_bytes()));
    (batch_parameters(version), values, any::<bool>(), paging).prop_map(
        |(parameters, values, skip_metadata, (page_size, paging_state))| QueryParameters {
            values,
            skip_metadata,
            page_size,
            paging_state,
            ..parameters
        },
    )
}

fn statement() -> impl Strategy<Value = BatchStatement<'static>> {
    let statement = prop_oneof![
        leaked_text().prop_map(Statement::Cql),
        leaked_bytes().prop_map(Statement::Prepared),
    ];
    (statement, positional()).prop_map(|(statement, values)| BatchStatement { statement, values })
}

fn batch(version: ProtocolVersion) -> impl Strategy<Value = Batch<'static>> {
    let kinds = [BatchKind::Logged, BatchKind::Unlogged, BatchKind::Counter];
    let kind = prop::sample::select(kinds.to_vec());
    (kind, vec(statement(), 0..4), batch_parameters(version))
        .prop_map(|(kind, statements, parameters)| Batch { kind, statements, parameters })
}

fn execute(version: ProtocolVersion) -> impl Strategy<Value = Execute<'static>> {
    (leaked_bytes(), leaked_bytes(), parameters(version)).prop_map(
        move |(id, metadata_id, parameters)| {
            let result_metadata_id = (version == ProtocolVersion::V5).then_some(metadata_id);
            Execute { id, result_metadata_id, parameters }
        },
    )
}

/// Any request that the version can say.
pub(crate) fn request(version: ProtocolVersion) -> impl Strategy<Value = Request<'static>> {
    let options = vec((text(), text()), 0..4);
    prop_oneof![
        options.prop_map(|options| Request::Startup(Startup { options })),
        Just(Request::Options),
        option::of(leaked_bytes()).prop_map(|token| Request::AuthResponse(AuthResponse { token })),
        (leaked_text(), parameters(version))
            .prop_map(|(cql, parameters)| Request::Query(Query { cql, parameters })),
        (leaked_text(), only_v5(version, leaked_text()))
            .prop_map(|(cql, keyspace)| Request::Prepare(Prepare { cql, keyspace })),
        execute(version).prop_map(Request::Execute),
        batch(version).prop_map(Request::Batch),
        vec(text(), 0..4).prop_map(|events| Request::Register(Register { events })),
    ]
}
