use cdrs_tokio::cluster::connection_pool::ConnectionPoolConfigBuilder;
use cdrs_tokio::cluster::session::{
    RustlsSessionBuilder, Session, SessionBuilder, TcpSessionBuilder,
};
use cdrs_tokio::cluster::{
    ConnectionManager, NodeRustlsConfigBuilder, NodeTcpConfigBuilder, RustlsConnectionManager,
    TcpConnectionManager,
};
use cdrs_tokio::frame::Version;
use cdrs_tokio::load_balancing::TopologyAwareLoadBalancingStrategy;
use cdrs_tokio::query::PreparedQuery;
use cdrs_tokio::query_values;
use cdrs_tokio::transport::{CdrsTransport, TransportRustls, TransportTcp};
use cdrs_tokio::types::IntoRustByIndex;
use cdrs_tokio::types::blob::Blob;
use cdrs_tokio::types::rows::Row;
use rustls::pki_types::ServerName;

use super::peer::{Peer, check};
use super::scan::Scan;
use super::{Compression, Options, Protocol, tls};
use crate::Error;
use crate::items::{PAGE_ROWS, READ, SCAN, WRITE};

type Balancing<T, M> = TopologyAwareLoadBalancingStrategy<T, M>;

pub(super) struct Cdrs<T: CdrsTransport + 'static, M: ConnectionManager<T> + 'static> {
    session: Session<T, M, Balancing<T, M>>,
    read: PreparedQuery,
    write: PreparedQuery,
    scan: PreparedQuery,
}

impl Cdrs<TransportTcp, TcpConnectionManager> {
    pub(super) async fn connect(options: &Options) -> Result<Self, Error> {
        let points = options.contact_points.iter().map(|point| point.as_str().into()).collect();
        let config = NodeTcpConfigBuilder::new()
            .with_contact_points(points)
            .with_version(version(options))
            .build()
            .await?;
        let builder = TcpSessionBuilder::new(Balancing::new(None, false), config);
        Self::open(options, builder).await
    }
}

impl Cdrs<TransportRustls, RustlsConnectionManager> {
    pub(super) async fn connect_tls(options: &Options) -> Result<Self, Error> {
        let points = options.contact_points.iter().map(|point| point.as_str().into()).collect();
        let tls = tls::config(options)?.ok_or("no certificate is trusted")?;
        let config = NodeRustlsConfigBuilder::new(ServerName::try_from("localhost")?, tls)
            .with_contact_points(points)
            .with_version(version(options))
            .build()
            .await?;
        let builder = RustlsSessionBuilder::new(Balancing::new(None, false), config);
        Self::open(options, builder).await
    }
}

fn version(options: &Options) -> Version {
    match options.protocol {
        Protocol::V4 => Version::V4,
        Protocol::V5 => Version::V5,
    }
}

impl<T: CdrsTransport + 'static, M: ConnectionManager<T> + 'static> Cdrs<T, M> {
    async fn open(
        options: &Options,
        builder: impl SessionBuilder<T, M, Balancing<T, M>>,
    ) -> Result<Self, Error> {
        let connections = usize::try_from(options.connections)?;
        let pool = ConnectionPoolConfigBuilder::new().with_local_size(connections).build();
        let compression = match options.compression {
            Compression::None => cdrs_tokio::compression::Compression::None,
            Compression::Lz4 => cdrs_tokio::compression::Compression::Lz4,
        };
        let builder = builder.with_connection_pool_config(pool).with_compression(compression);
        let session = builder.build().await?;
        Ok(Self {
            read: session.prepare(READ).await?,
            write: session.prepare(WRITE).await?,
            scan: session.prepare(SCAN).await?,
            session,
        })
    }
}

impl<T, M> Peer for Cdrs<T, M>
where
    T: CdrsTransport + 'static,
    M: ConnectionManager<T> + Send + Sync + 'static,
{
    async fn read(&self, id: i64) -> Result<(), Error> {
        let envelope = self.session.exec_with_values(&self.read, query_values!(id)).await?;
        let rows = envelope.response_body()?.into_rows().ok_or("a read gave no rows")?;
        let [row] = rows.as_slice() else {
            return Err(format!("a read gave {} rows", rows.len()).into());
        };
        let (found, payload) = columns(row)?;
        check(id, found, &payload.into_vec())
    }

    async fn write(&self, id: i64, payload: &[u8]) -> Result<(), Error> {
        let values = query_values!(id, Blob::new(payload.to_vec()));
        self.session.exec_with_values(&self.write, values).await?;
        Ok(())
    }

    async fn scan(&self, scan: &mut Scan<'_>) -> Result<(), Error> {
        let mut paged = self.session.paged(i32::try_from(PAGE_ROWS)?);
        let mut pager = paged.exec(&self.scan);
        loop {
            for row in pager.next().await? {
                let (id, payload) = columns(&row)?;
                scan.row(id, &payload.into_vec());
            }
            scan.page();
            if !pager.has_more() {
                return Ok(());
            }
        }
    }

    async fn stream(&self, _: &mut Scan<'_>) -> Result<(), Error> {
        Err("cdrs-tokio has no stream of rows".into())
    }
}

fn columns(row: &Row) -> Result<(i64, Blob), Error> {
    Ok((row.get_r_by_index(0)?, row.get_r_by_index(1)?))
}
