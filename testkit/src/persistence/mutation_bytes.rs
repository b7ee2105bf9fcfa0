//! Mutations as bytes.

use std::ops::Bound;

use super::bytes_in::BytesIn;
use super::bytes_out::BytesOut;
use crate::storage::{
    CellChange, Change, Clustering, ClusteringRange, ElementChange, Lifetime, Mutation,
    PartitionKey, RowWrite,
};

const WRITE: u8 = 0;
const DELETE_PARTITION: u8 = 1;
const DELETE_ROWS: u8 = 2;
const DELETE_ROW: u8 = 3;

const SET: u8 = 0;
const DELETE: u8 = 1;
const ADD: u8 = 2;
const ELEMENTS: u8 = 3;

const UNBOUNDED: u8 = 0;
const INCLUDED: u8 = 1;
const EXCLUDED: u8 = 2;

pub(super) fn write(mutation: &Mutation, out: &mut BytesOut) {
    out.slice(&mutation.key.bytes);
    out.long(mutation.timestamp);
    match &mutation.change {
        Change::Write(row) => {
            out.byte(WRITE);
            out.option(row.clustering.as_ref(), write_clustering);
            out.byte(u8::from(row.inserts_row));
            out.int(row.lifetime.ttl);
            out.int(row.lifetime.expires_at);
            write_cells(&row.cells, out);
            write_cells(&row.statics, out);
        }
        Change::DeletePartition => out.byte(DELETE_PARTITION),
        Change::DeleteRows(range) => {
            out.byte(DELETE_ROWS);
            let (lower, upper) = range.ends();
            write_bound(lower, out);
            write_bound(upper, out);
        }
        Change::DeleteRow(clustering) => {
            out.byte(DELETE_ROW);
            write_clustering(out, clustering);
        }
    }
}

pub(super) fn read(bytes: &mut BytesIn<'_>) -> Option<Mutation> {
    let key = PartitionKey::new(bytes.slice()?.into());
    let timestamp = bytes.long()?;
    let change = match bytes.byte()? {
        WRITE => Change::Write(RowWrite {
            clustering: bytes.option(read_clustering)?,
            inserts_row: bytes.bool()?,
            lifetime: Lifetime { ttl: bytes.int()?, expires_at: bytes.int()? },
            cells: bytes.list(read_cell)?,
            statics: bytes.list(read_cell)?,
        }),
        DELETE_PARTITION => Change::DeletePartition,
        DELETE_ROWS => {
            let (lower, upper) = (read_bound(bytes)?, read_bound(bytes)?);
            Change::DeleteRows(ClusteringRange::between(lower, upper))
        }
        DELETE_ROW => Change::DeleteRow(read_clustering(bytes)?),
        _ => return None,
    };
    Some(Mutation { key, timestamp, change })
}

fn write_clustering(out: &mut BytesOut, Clustering { order, values }: &Clustering) {
    out.slice(order);
    out.slice(values);
}

fn read_clustering(bytes: &mut BytesIn<'_>) -> Option<Clustering> {
    Some(Clustering { order: bytes.slice()?.into(), values: bytes.slice()?.into() })
}

fn write_bound(bound: Bound<&[u8]>, out: &mut BytesOut) {
    match bound {
        Bound::Unbounded => out.byte(UNBOUNDED),
        Bound::Included(order) => {
            out.byte(INCLUDED);
            out.slice(order);
        }
        Bound::Excluded(order) => {
            out.byte(EXCLUDED);
            out.slice(order);
        }
    }
}

fn read_bound(bytes: &mut BytesIn<'_>) -> Option<Bound<Box<[u8]>>> {
    Some(match bytes.byte()? {
        UNBOUNDED => Bound::Unbounded,
        INCLUDED => Bound::Included(bytes.slice()?.into()),
        EXCLUDED => Bound::Excluded(bytes.slice()?.into()),
        _ => return None,
    })
}

fn write_cells(cells: &[(usize, CellChange)], out: &mut BytesOut) {
    out.count(cells.len());
    for (slot, change) in cells {
        out.count(*slot);
        match change {
            CellChange::Set(value) => {
                out.byte(SET);
                out.slice(value);
            }
            CellChange::Delete => out.byte(DELETE),
            CellChange::Add(delta) => {
                out.byte(ADD);
                out.long(*delta);
            }
            CellChange::Elements { replaces, changes } => {
                out.byte(ELEMENTS);
                out.byte(u8::from(*replaces));
                out.count(changes.len());
                for ElementChange { order, path, value } in changes {
                    out.slice(order);
                    out.slice(path);
                    out.option(value.as_deref(), BytesOut::slice);
                }
            }
        }
    }
}

fn read_cell(bytes: &mut BytesIn<'_>) -> Option<(usize, CellChange)> {
    let slot = bytes.index()?;
    let change = match bytes.byte()? {
        SET => CellChange::Set(bytes.slice()?.into()),
        DELETE => CellChange::Delete,
        ADD => CellChange::Add(bytes.long()?),
        ELEMENTS => {
            CellChange::Elements { replaces: bytes.bool()?, changes: bytes.list(read_element)? }
        }
        _ => return None,
    };
    Some((slot, change))
}

fn read_element(bytes: &mut BytesIn<'_>) -> Option<ElementChange> {
    let (order, path) = (bytes.slice()?.into(), bytes.slice()?.into());
    let value = bytes.option(BytesIn::slice)?.map(Into::into);
    Some(ElementChange { order, path, value })
}
