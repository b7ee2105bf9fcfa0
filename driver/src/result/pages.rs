use futures::stream::{self, Stream, TryStreamExt};
use helenus_protocol::{BoundValues, DecodeRow};

use super::QueryResult;
use crate::{PreparedStatement, RequestError, RowsError, Session};

/// The pages of a result, fetched one at a time as they are asked for.
#[derive(Debug)]
pub struct Pages {
    session: Session,
    statement: PreparedStatement,
    values: BoundValues,
    next: Next,
}

#[derive(Debug)]
enum Next {
    First,
    From(Vec<u8>),
    Done,
}

impl Pages {
    pub(crate) fn new(session: Session, statement: PreparedStatement, values: BoundValues) -> Self {
        Self { session, statement, values, next: Next::First }
    }

    /// The next page; `None` behind the last one. A page may be empty with others behind it.
    ///
    /// # Errors
    /// As [`Session::execute`]; the same page can then be asked for again.
    pub async fn next_page(&mut self) -> Result<Option<QueryResult>, RequestError> {
        let state = match &self.next {
            Next::First => None,
            Next::From(state) => Some(state.as_slice()),
            Next::Done => return Ok(None),
        };
        let page = self.session.execute_page(&self.statement, &self.values, state).await?;
        self.next = match page.paging_state() {
            Some(state) => Next::From(state.to_vec()),
            None => Next::Done,
        };
        Ok(Some(page))
    }

    /// All rows of all pages, each owned. The next page is fetched when the one before it has been read.
    pub fn into_rows<T>(self) -> impl Stream<Item = Result<T, PageError>>
    where
        T: for<'a> DecodeRow<'a>,
    {
        let pages = stream::try_unfold(self, |mut pages| async move {
            let Some(page) = pages.next_page().await? else { return Ok::<_, PageError>(None) };
            let rows: Vec<T> = page
                .rows()
                .map_err(RowsError::from)?
                .collect::<Result<_, _>>()
                .map_err(RowsError::from)?;
            Ok(Some((stream::iter(rows.into_iter().map(Ok)), pages)))
        });
        pages.try_flatten()
    }
}

/// Why a stream of rows broke off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// A page could not be fetched.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A page's rows cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
}
