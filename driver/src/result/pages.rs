use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures::future::poll_fn;
use futures::stream::{self, Stream, TryStreamExt};
use helenus_protocol::{BoundValues, DecodeRow};

use super::QueryResult;
use crate::leak_watch::Holding;
use crate::{PreparedStatement, RequestError, RowsError, Session};

/// The pages of a result. While one is read, the next one is on its way.
///
/// Rows are lent by the page that they are in, without a copy:
///
/// ```
/// # use helenus::Session;
/// # use helenus_testkit::EmbeddedCluster;
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cluster = EmbeddedCluster::start(1).await?;
/// # let session = Session::builder().contact_points(cluster.contact_points()).build().await?;
/// let select = session.prepare("SELECT keyspace_name FROM system_schema.keyspaces").await?;
/// let mut pages = session.pages(&select, ())?;
/// while let Some(page) = pages.next_page().await? {
///     for row in page.rows::<(&str,)>()? {
///         let (keyspace,) = row?;
///         assert!(!keyspace.is_empty());
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// No more than two pages are held at once: the one that was given out and the one behind it. Dropped, it asks for
/// nothing more.
pub struct Pages {
    source: Arc<Source>,
    next: Next,
    /// The request for the next page, where it has been sent.
    under_way: Option<Fetch>,
    prefetches: bool,
    /// Where it is watched that it is used.
    holding: Option<Holding>,
}

type Fetch = Pin<Box<dyn Future<Output = Result<QueryResult, RequestError>> + Send + Sync>>;

/// What the pages are asked for with.
struct Source {
    session: Session,
    statement: PreparedStatement,
    values: BoundValues,
}

#[derive(Debug)]
enum Next {
    First,
    From(Vec<u8>),
    Done,
}

impl Pages {
    pub(crate) fn new(
        session: Session,
        statement: PreparedStatement,
        values: BoundValues,
        holding: Option<Holding>,
    ) -> Self {
        let source = Arc::new(Source { session, statement, values });
        Self { source, next: Next::First, under_way: None, prefetches: true, holding }
    }

    /// Whether the next page is asked for as soon as one is given out. Default yes; without it, it is asked for when it
    /// is wanted, and one page is held at once.
    #[must_use]
    pub fn with_prefetch(mut self, prefetches: bool) -> Self {
        self.prefetches = prefetches;
        self
    }

    /// The next page; `None` behind the last one. A page may be empty with others behind it.
    ///
    /// # Errors
    /// As [`Session::execute`]; the same page can then be asked for again.
    pub async fn next_page(&mut self) -> Result<Option<QueryResult>, RequestError> {
        self.touch();
        let fetch = match self.under_way.take() {
            Some(fetch) => fetch,
            None => match self.fetch(false) {
                Some(fetch) => fetch,
                None => return Ok(None),
            },
        };
        // It stays here while it is waited for, so that nothing is lost when this future is dropped.
        let page = self.under_way.insert(fetch).await;
        self.under_way = None;
        let page = page?;
        self.next = match page.paging_state() {
            Some(state) => Next::From(state.to_vec()),
            None => Next::Done,
        };
        if self.prefetches {
            self.send_next().await;
        }
        // The time that the page took was not idle.
        self.touch();
        Ok(Some(page))
    }

    fn touch(&self) {
        if let Some(holding) = &self.holding {
            holding.touch();
        }
    }

    /// Asks for the next page; one that is asked for ahead of time holds up no shutdown.
    fn fetch(&self, is_ahead: bool) -> Option<Fetch> {
        let source = Arc::clone(&self.source);
        let state = match &self.next {
            Next::First => None,
            Next::From(state) => Some(state.clone()),
            Next::Done => return None,
        };
        Some(Box::pin(async move {
            let Source { session, statement, values } = &*source;
            session.execute_page(statement, values, state.as_deref(), is_ahead).await
        }))
    }

    /// Sends the request for the next page; its answer waits at its connection until it is wanted.
    async fn send_next(&mut self) {
        let Some(mut fetch) = self.fetch(true) else { return };
        let first_poll = poll_fn(|context| Poll::Ready(fetch.as_mut().poll(context))).await;
        self.under_way = Some(match first_poll {
            Poll::Pending => fetch,
            Poll::Ready(page) => Box::pin(std::future::ready(page)),
        });
    }

    /// All rows of all pages, each owned.
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

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("statement", &self.source.statement.cql())
            .field("next", &self.next)
            .field("is_under_way", &self.under_way.is_some())
            .finish_non_exhaustive()
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
