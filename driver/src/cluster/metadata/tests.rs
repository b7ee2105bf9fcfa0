use bytes::Bytes;
use helenus_protocol::{ColumnSpec, CqlType, ResultMetadata};

use super::*;

type Cells = Vec<Option<Vec<u8>>>;

fn rows(columns: &[(&str, CqlType)], rows: &[Cells]) -> Rows {
    let column = |(name, of): &(&str, CqlType)| ColumnSpec::new("system", "t", *name, of.clone());
    let columns: Vec<_> = columns.iter().map(column).collect();
    let mut content = Vec::new();
    for cell in rows.iter().flatten() {
        let length = cell.as_ref().map_or(-1, |bytes| i32::try_from(bytes.len()).unwrap());
        content.extend(length.to_be_bytes());
        content.extend(cell.iter().flatten());
    }
    let metadata = ResultMetadata {
        column_count: columns.len(),
        columns: Some(columns),
        ..ResultMetadata::default()
    };
    Rows { metadata, count: rows.len(), content: Bytes::from(content) }
}

fn set(texts: &[&str]) -> Vec<u8> {
    let mut set = i32::try_from(texts.len()).unwrap().to_be_bytes().to_vec();
    for text in texts {
        set.extend(i32::try_from(text.len()).unwrap().to_be_bytes());
        set.extend(text.as_bytes());
    }
    set
}

fn columns(address: &'static str) -> Vec<(&'static str, CqlType)> {
    let tokens = CqlType::Set(Box::new(CqlType::Text));
    vec![
        ("host_id", CqlType::Uuid),
        (address, CqlType::Inet),
        ("data_center", CqlType::Text),
        ("rack", CqlType::Text),
        ("release_version", CqlType::Text),
        ("tokens", tokens),
    ]
}

/// A row of the node with this number.
fn whole(number: u8) -> Cells {
    vec![
        Some(Uuid::from_u128(number.into()).as_bytes().to_vec()),
        Some(vec![10, 0, 0, number]),
        Some(b"dc1".to_vec()),
        Some(b"r1".to_vec()),
        Some(b"5.0.6".to_vec()),
        Some(set(&["-5", "7"])),
    ]
}

#[test]
fn broken_rows_of_peers_are_skipped_and_the_others_are_taken() {
    let local = rows(&columns("rpc_address"), &[whole(1)]);
    let mut broken: Vec<_> = [0, 1, 2, 3, 5].map(|column| (column, None)).into();
    broken.push((5, Some(set(&["no token"]))));
    let mut all = vec![whole(2)];
    for (number, (column, cell)) in (3..).zip(broken) {
        let mut row = whole(number);
        row[column] = cell;
        all.push(row);
    }
    // One that is there already, and the node itself.
    all.extend([whole(2), whole(1), whole(90)]);
    let peers = (PEERS, rows(&columns("rpc_address"), &all));
    let nodes = nodes(([10, 0, 0, 1], 9042).into(), None, &local, &peers).unwrap();
    let addresses: Vec<_> = nodes.iter().map(|node| node.address.to_string()).collect();
    assert_eq!(addresses, ["10.0.0.1:9042", "10.0.0.2:9042", "10.0.0.90:9042"]);
}

#[test]
fn a_node_that_does_not_know_itself_is_no_contact() {
    let peers = (PEERS, rows(&columns("rpc_address"), &[whole(2)]));
    let contact = ([10, 0, 0, 1], 9042).into();
    let mut broken = whole(1);
    broken[0] = None;
    for row in [vec![], vec![broken]] {
        let local = rows(&columns("rpc_address"), &row);
        let error = nodes(contact, None, &local, &peers).unwrap_err();
        assert!(matches!(error, MetadataError::NoLocal), "{error}");
    }
}
