use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use futures::TryStreamExt;
use scylla::client::PoolSize;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::response::PagingState;
use scylla::statement::prepared::PreparedStatement;

use super::peer::{Peer, check};
use super::scan::Scan;
use super::{Compression, Options, tls};
use crate::Error;
use crate::items::{READ, SCAN, WRITE};

pub(super) struct Scylla {
    session: Session,
    read: PreparedStatement,
    write: PreparedStatement,
    scan: PreparedStatement,
}

impl Scylla {
    pub(super) async fn connect(options: &Options) -> Result<Self, Error> {
        let session = session(options).await?;
        Ok(Self {
            read: session.prepare(READ).await?,
            write: session.prepare(WRITE).await?,
            scan: session.prepare(SCAN).await?,
            session,
        })
    }
}

pub(super) async fn session(options: &Options) -> Result<Session, Error> {
    let connections = usize::try_from(options.connections)?;
    let connections = NonZeroUsize::new(connections).ok_or("there must be a connection")?;
    let compression =
        (options.compression == Compression::Lz4).then_some(scylla::client::Compression::Lz4);
    let session = SessionBuilder::new()
        .known_nodes(&options.contact_points)
        .pool_size(PoolSize::PerHost(connections))
        .compression(compression)
        .tls_context(tls::config(options)?)
        .build()
        .await?;
    Ok(session)
}

impl Peer for Scylla {
    async fn read(&self, id: i64) -> Result<(), Error> {
        let result = self.session.execute_unpaged(&self.read, (id,)).await?;
        let rows = result.into_rows_result()?;
        let (found, payload) = rows.single_row::<(i64, &[u8])>()?;
        check(id, found, payload)
    }

    async fn write(&self, id: i64, payload: &[u8]) -> Result<(), Error> {
        self.session.execute_unpaged(&self.write, (id, payload)).await?;
        Ok(())
    }

    async fn scan(&self, scan: &mut Scan<'_>) -> Result<(), Error> {
        let mut state = PagingState::start();
        loop {
            let (page, next) = self.session.execute_single_page(&self.scan, (), state).await?;
            let page = page.into_rows_result()?;
            for row in page.rows::<(i64, &[u8])>()? {
                let (id, payload) = row?;
                scan.row(id, payload);
            }
            scan.page();
            match next.into_paging_control_flow() {
                ControlFlow::Continue(next) => state = next,
                ControlFlow::Break(()) => return Ok(()),
            }
        }
    }

    async fn stream(&self, scan: &mut Scan<'_>) -> Result<(), Error> {
        let pager = self.session.execute_iter(self.scan.clone(), ()).await?;
        let mut rows = pager.rows_stream::<(i64, Vec<u8>)>()?;
        while let Some((id, payload)) = rows.try_next().await? {
            scan.row(id, &payload);
        }
        scan.page();
        Ok(())
    }
}
