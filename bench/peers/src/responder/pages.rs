use std::cell::OnceCell;

use bytes::Bytes;
use helenus_protocol::{Response, ResultMetadata, Rows};

use super::answers::{columns, without_columns, write_row};
use super::dialect::Dialect;
use crate::Error;
use crate::items::{PAGE_ROWS, PAGES, payload};

/// The pages of a scan, each made when it is first asked for.
#[derive(Debug)]
pub(super) struct Pages {
    dialect: Dialect,
    with_metadata: Vec<OnceCell<Bytes>>,
    without_metadata: Vec<OnceCell<Bytes>>,
}

impl Pages {
    pub(super) fn new(dialect: Dialect) -> Self {
        let none = || vec![OnceCell::new(); PAGES];
        Self { dialect, with_metadata: none(), without_metadata: none() }
    }

    /// The frame of the page that a paging state asks for.
    pub(super) fn page(
        &self,
        paging_state: Option<&[u8]>,
        skip_metadata: bool,
    ) -> Result<&Bytes, Error> {
        let number = match paging_state {
            Some(state) => usize::from(u16::from_be_bytes(state.try_into()?)),
            None => 0,
        };
        let (pages, metadata) = match skip_metadata {
            true => (&self.without_metadata, without_columns()),
            false => (&self.with_metadata, ResultMetadata::of(columns())),
        };
        let page = pages.get(number).ok_or_else(|| format!("there is no page {number}"))?;
        Ok(match page.get() {
            Some(frame) => frame,
            None => {
                let frame = self.make(number, metadata)?;
                page.get_or_init(|| frame.into())
            }
        })
    }

    fn make(&self, number: usize, metadata: ResultMetadata) -> Result<Vec<u8>, Error> {
        let columns = columns();
        let mut content = Vec::new();
        for id in number * PAGE_ROWS..(number + 1) * PAGE_ROWS {
            let id = i64::try_from(id)?;
            write_row(id, &payload(id), &columns, &mut content)?;
        }
        let next = u16::try_from(number + 1)?;
        let has_next = usize::from(next) < PAGES;
        let paging_state = has_next.then(|| Bytes::copy_from_slice(&next.to_be_bytes()));
        let metadata = ResultMetadata { paging_state, ..metadata };
        let rows = Rows { metadata, count: PAGE_ROWS, content: content.into() };
        self.dialect.frame(Response::Rows(rows), 0)
    }
}
