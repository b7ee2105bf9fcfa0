use std::fs;
use std::path::{Path, PathBuf};

use helenus_protocol::Response;
use uuid::Uuid;

use super::entry::Entry;
use super::restoring::open_with_growth;
use super::{DataError, RestoredData};
use crate::engine::{Engine, Execution, NoVirtualTables, PageRequest, StatementTime};
use crate::query_error::QueryError;

/// A directory that goes when it is dropped.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("helenus-{}", Uuid::new_v4()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn log(&self) -> PathBuf {
        self.0.join("data.log")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const SCHEMA: [&str; 2] = [
    "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    "CREATE TABLE ks.t (k int PRIMARY KEY, v text)",
];

fn open(directory: &Path, growth: u64) -> Result<(Engine, RestoredData), DataError> {
    let engine = Engine::new();
    let restored = open_with_growth(&engine, directory, growth)?;
    Ok((engine, restored))
}

fn run(engine: &Engine, cql: &str) -> Result<Response, QueryError> {
    let execution = Execution {
        virtual_tables: &NoVirtualTables,
        values: &[],
        page: PageRequest { size: None, state: None, skip_metadata: false },
        time: StatementTime::default(),
        user: None,
    };
    Ok(engine.execute(&engine.plan(cql, None)?, execution)?.response)
}

fn count(engine: &Engine) -> usize {
    match run(engine, "SELECT k FROM ks.t") {
        Ok(Response::Rows(rows)) => rows.count,
        other => panic!("{other:?}"),
    }
}

fn insert(engine: &Engine, key: usize) {
    let cql = format!("INSERT INTO ks.t (k, v) VALUES ({key}, 'the value of row {key}')");
    run(engine, &cql).unwrap();
}

#[test]
fn a_log_that_has_grown_is_written_anew_and_keeps_all() {
    let directory = Directory::new();
    let (engine, _) = open(&directory.0, 10_000).unwrap();
    for cql in SCHEMA {
        run(&engine, cql).unwrap();
    }
    let mut longest = 0;
    for round in 0..5000 {
        insert(&engine, round % 10);
        longest = longest.max(fs::metadata(directory.log()).unwrap().len());
    }
    assert!((10_000..20_000).contains(&longest), "{longest}");
    run(&engine, "TRUNCATE ks.t").unwrap();
    insert(&engine, 77);
    drop(engine);
    let (engine, restored) = open(&directory.0, 10_000).unwrap();
    assert_eq!((count(&engine), restored.schema_statements, restored.cut_off), (1, 2, 0));
}

#[test]
fn a_log_that_is_cut_off_anywhere_gives_what_was_written_before() {
    let directory = Directory::new();
    let (engine, _) = open(&directory.0, u64::MAX).unwrap();
    for cql in SCHEMA {
        run(&engine, cql).unwrap();
    }
    let mut lengths = vec![fs::metadata(directory.log()).unwrap().len()];
    for key in 0..4 {
        insert(&engine, key);
        lengths.push(fs::metadata(directory.log()).unwrap().len());
    }
    drop(engine);
    let whole = fs::read(directory.log()).unwrap();
    assert_eq!(whole.len() as u64, lengths[4]);
    let near = lengths.iter().flat_map(|length| [*length, length + 1, length + 30]);
    for end in near.filter(|end| *end <= lengths[4]) {
        fs::write(directory.log(), &whole[..usize::try_from(end).unwrap()]).unwrap();
        let (engine, restored) = open(&directory.0, u64::MAX).unwrap();
        let rows = lengths.iter().filter(|length| **length <= end).count() - 1;
        assert_eq!(count(&engine), rows, "{end}");
        assert_eq!(restored.cut_off, end - lengths[rows]);
        // It goes on behind what is left.
        insert(&engine, 99);
        drop(engine);
        let (engine, restored) = open(&directory.0, u64::MAX).unwrap();
        assert_eq!((count(&engine), restored.cut_off), (rows + 1, 0));
    }
}

#[test]
fn what_cannot_be_written_is_not_done_and_nothing_comes_behind_it() {
    let directory = Directory::new();
    let (engine, _) = open(&directory.0, u64::MAX).unwrap();
    for cql in SCHEMA {
        run(&engine, cql).unwrap();
    }
    insert(&engine, 1);
    engine.storage.journal().unwrap().break_log();
    let failed = run(&engine, "INSERT INTO ks.t (k) VALUES (2)").unwrap_err();
    assert!(failed.to_string().starts_with("the data cannot be written to "), "{failed}");
    let failed = run(&engine, "INSERT INTO ks.t (k) VALUES (2)").unwrap_err();
    assert!(failed.to_string().contains("is broken"), "{failed}");
    assert_eq!(count(&engine), 1);
    drop(engine);
    assert_eq!(count(&open(&directory.0, u64::MAX).unwrap().0), 1);
}

#[test]
fn bytes_that_are_no_entry_are_told_and_never_make_a_panic() {
    let directory = Directory::new();
    let (engine, _) = open(&directory.0, u64::MAX).unwrap();
    for cql in SCHEMA {
        run(&engine, cql).unwrap();
    }
    insert(&engine, 1);
    let log = fs::read(directory.log()).unwrap();
    for from in 0..log.len() {
        for length in [1, 5, 30, 200] {
            let end = log.len().min(from + length);
            let _ = Entry::decode(&log[from..end]);
        }
    }
    assert!(Entry::decode(&[]).is_none() && Entry::decode(&[9]).is_none());
}
