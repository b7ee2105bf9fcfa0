//! No input makes the decoders reserve more than a small multiple of the bytes that have arrived.
//!
//! One test, because the allocator counts for the whole process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod strategy;

use bytes::Bytes;
use helenus_protocol::{
    ColumnSpec, CqlType, DecodeValue, EncodeValue, FrameFlags, Opcode, ProtocolVersion, Reader,
    RequestBody, ResponseBody, ResultMetadata, Rows, UdtType, Value,
};
use peak_alloc::PeakAlloc;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use strategy::{cql_type, request, response_body, typed_value, version};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Bytes that may be reserved for each byte that arrived: a column's two bytes become 88 in memory, a vector's
/// one-byte text 32, and a list that grows holds its old half beside its new whole.
const MULTIPLE: usize = 100;
/// Bytes that may be reserved whatever arrived, such as an error's text.
const CONSTANT: usize = 4096;

#[track_caller]
fn is_bounded(what: &str, input: usize, decode: impl FnOnce()) {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    decode();
    let reserved = HEAP.peak_usage().saturating_sub(before);
    assert!(
        reserved <= input * MULTIPLE + CONSTANT,
        "{what}: {reserved} bytes reserved for {input}"
    );
}

fn body_is_bounded(what: &str, version: ProtocolVersion, flags: u8, opcode: Opcode, body: &Bytes) {
    let flags = FrameFlags::from_bits(flags);
    is_bounded(what, body.len(), || {
        let _ = RequestBody::decode(version, flags, opcode, body);
    });
    is_bounded(what, body.len(), || {
        let _ = ResponseBody::decode(version, flags, opcode, body);
    });
}

fn value_is_bounded(what: &str, ty: &CqlType, bytes: &[u8]) {
    is_bounded(what, bytes.len(), || {
        let _ = Value::decode(ty, Some(bytes));
    });
}

/// `count` elements of a list, each of which is `element`.
fn list_of(count: usize, element: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(count).unwrap().to_be_bytes().to_vec();
    for _ in 0..count {
        bytes.extend_from_slice(&u32::try_from(element.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(element);
    }
    bytes
}

fn hostile_values() {
    let list = |ty| CqlType::List(Box::new(ty));
    let vector = |ty, dimension| CqlType::Vector(Box::new(ty), dimension);

    let nothing = vector(CqlType::Float, 0);
    value_is_bounded("a vector of nothing", &vector(nothing.clone(), u16::MAX), &[]);
    let nested = vector(vector(vector(nothing, u16::MAX), u16::MAX), u16::MAX);
    value_is_bounded("vectors of nothing", &nested, &[]);
    value_is_bounded("a list of vectors of nothing", &list(nested), &list_of(100, &[0]));
    let huge = (0..6).fold(CqlType::Float, |element, _| vector(element, u16::MAX));
    value_is_bounded("a vector larger than memory", &huge, &[0; 16]);
    let empties = vector(CqlType::Tuple(vec![]), u16::MAX);
    value_is_bounded("a vector of empty tuples", &empties, &[0; 0xFFFF]);

    let wide = CqlType::Tuple(vec![CqlType::Int; 0xFFFF]);
    value_is_bounded("a list of short tuples", &list(wide), &list_of(100, &[0xFF; 4]));
    let udt = CqlType::Udt(Box::new(UdtType {
        keyspace: "ks".into(),
        name: "u".into(),
        fields: vec![("long".repeat(16_000).into(), CqlType::Int)],
    }));
    value_is_bounded("a list of long names", &list(udt), &list_of(100, &[0xFF; 4]));

    let deep = (0..32).fold(CqlType::Int, |element, _| list(element));
    let mut claims = vec![0; 40_000];
    for (level, claim) in claims.chunks_mut(8).enumerate().take(32) {
        let left = u32::try_from(40_000 - 8 * (level + 1)).unwrap();
        claim[..4].copy_from_slice(&(left / 4).to_be_bytes());
        claim[4..].copy_from_slice(&left.to_be_bytes());
    }
    value_is_bounded("lists that claim to be long", &deep, &claims);
}

fn hostile_types() {
    // Each tuple claims as many elements as the bytes behind it can hold.
    let mut claims = Vec::new();
    for level in 1..=34_u16 {
        claims.extend_from_slice(&[0x00, 0x31]);
        claims.extend_from_slice(&(30_000 - 2 * level).to_be_bytes());
    }
    claims.resize(60_000, 0);
    is_bounded("tuples that claim to be wide", claims.len(), || {
        let _ = CqlType::decode(&mut Reader::new(&claims));
    });
    for class in ["TupleType(a", "UserType(k,61", "ListType("] {
        for repeated in [",a", ",61:a", "(", ","] {
            let text = format!("{class}{}", repeated.repeat(20_000));
            let mut bytes = vec![0x00, 0x00];
            bytes.extend_from_slice(&u16::try_from(text.len().min(0xFFFF)).unwrap().to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
            is_bounded(class, bytes.len(), || {
                let _ = CqlType::decode(&mut Reader::new(&bytes));
            });
        }
    }
}

fn hostile_messages() {
    use ProtocolVersion::{V4, V5};

    for fill in [0x00, 0x01, 0x7F, 0xFF] {
        for number in 0..=0x10 {
            let Some(opcode) = Opcode::from_number(number) else { continue };
            for length in [8, 64, 5_000] {
                let body = Bytes::from(vec![fill; length]);
                for flags in [0x00, 0x04, 0x08, 0x0E] {
                    body_is_bounded("a monotonous body", V4, flags, opcode, &body);
                    body_is_bounded("a monotonous body", V5, flags, opcode, &body);
                }
            }
        }
    }
    // Rows of very many columns, each nameless and of the smallest type.
    for flags in [0, 1] {
        let mut rows = vec![0, 0, 0, 2, 0, 0, 0, flags, 0, 0, 0x20, 0, 0, 0, 0, 0];
        let column: &[u8] = if flags == 1 { &[0, 0, 0, 9] } else { &[0, 0, 0, 0, 0, 0, 0, 9] };
        rows.extend(column.repeat(0x2000));
        body_is_bounded("many columns", V5, 0, Opcode::Result, &rows.into());
    }
}

fn any_and_damaged() {
    let mut runner = TestRunner::deterministic();
    let opcode = (0..=0x10_u8).prop_filter_map("an unknown opcode", Opcode::from_number);
    let any_body = (version(), any::<u8>(), opcode, vec(any::<u8>(), 0..200));
    let ran = runner.run(&any_body, |(version, flags, opcode, body)| {
        body_is_bounded("any body", version, flags, opcode, &body.into());
        Ok(())
    });
    ran.unwrap();

    let versions = [ProtocolVersion::V4, ProtocolVersion::V5];
    for version in versions {
        let damage = || (any::<prop::sample::Index>(), prop::sample::select(vec![0, 0x7F, 0xFF]));
        let ran = runner.run(&(request(version), damage()), |(request, (at, byte))| {
            let mut body = Vec::new();
            request.encode(version, &mut body).unwrap();
            if !body.is_empty() {
                let at = at.index(body.len());
                body[at] = byte;
            }
            body_is_bounded("a damaged request", version, 0, request.opcode(), &body.into());
            Ok(())
        });
        ran.unwrap();
        let ran = runner.run(&(response_body(version), damage()), |(response, (at, byte))| {
            let mut body = Vec::new();
            response.encode(version, &mut body).unwrap();
            if !body.is_empty() {
                let at = at.index(body.len());
                body[at] = byte;
            }
            let (flags, opcode) = (response.flags().bits(), response.response.opcode());
            body_is_bounded("a damaged response", version, flags, opcode, &body.into());
            Ok(())
        });
        ran.unwrap();
    }

    let ran = runner.run(&typed_value(), |(ty, value)| {
        let mut bytes = Vec::new();
        value.encode(&ty, &mut bytes).unwrap();
        value_is_bounded("a value", &ty, &bytes);
        Ok(())
    });
    ran.unwrap();
    let ran = runner.run(&(cql_type(), vec(any::<u8>(), 0..100)), |(ty, bytes)| {
        value_is_bounded("any bytes as a value", &ty, &bytes);
        Ok(())
    });
    ran.unwrap();
}

fn borrowed_rows_reserve_nothing() {
    let columns = [
        ColumnSpec::new("ks", "t", "id", CqlType::BigInt),
        ColumnSpec::new("ks", "t", "name", CqlType::Text),
    ];
    let row = b"\0\0\0\x08\0\0\0\0\0\0\0\x07\0\0\0\x08borrowed".repeat(1000);
    let metadata = ResultMetadata::of(columns.to_vec());
    let rows = Rows { metadata, count: 1000, content: row.into() };
    let read = rows.typed::<(i64, &str)>(&columns).unwrap();
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let sum = read.fold(0, |sum, row| {
        sum + row.map_or(0, |(id, name)| id + i64::try_from(name.len()).unwrap())
    });
    assert_eq!(HEAP.peak_usage(), before);
    assert_eq!(sum, 15_000);
}

#[test]
fn memory_is_bounded_by_the_input() {
    hostile_values();
    hostile_types();
    hostile_messages();
    any_and_damaged();
    borrowed_rows_reserve_nothing();
}
