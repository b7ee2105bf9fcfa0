use std::pin::pin;

use futures::TryStreamExt;
use helenus::{PoolConfig, PreparedStatement, ProtocolVersion, Session, TlsConfig};

use super::peer::{Peer, check};
use super::scan::Scan;
use super::{Compression, Options, Protocol};
use crate::Error;
use crate::items::{READ, SCAN, WRITE};

pub(super) struct Helenus {
    session: Session,
    read: PreparedStatement,
    write: PreparedStatement,
    scan: PreparedStatement,
}

impl Helenus {
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
    let mut builder = Session::builder()
        .contact_points(&options.contact_points)
        .pool(PoolConfig::fixed(options.connections as usize))
        .connection(|connection| {
            connection.max_version = match options.protocol {
                Protocol::V4 => ProtocolVersion::V4,
                Protocol::V5 => ProtocolVersion::V5,
            };
        });
    if options.compression == Compression::Lz4 {
        builder = builder.compression(helenus::Compression::Lz4);
    }
    if let Some(certificate) = &options.tls {
        builder = builder.tls(TlsConfig::builder().trust_pem_file(certificate).build()?);
    }
    Ok(builder.build().await?)
}

impl Peer for Helenus {
    async fn read(&self, id: i64) -> Result<(), Error> {
        let result = self.session.execute(&self.read, (id,)).await?;
        let (found, payload) = result.one_row::<(i64, &[u8])>()?;
        check(id, found, payload)
    }

    async fn write(&self, id: i64, payload: &[u8]) -> Result<(), Error> {
        self.session.execute(&self.write, (id, payload)).await?;
        Ok(())
    }

    async fn scan(&self, scan: &mut Scan<'_>) -> Result<(), Error> {
        let mut pages = self.session.pages(&self.scan, ())?;
        while let Some(page) = pages.next_page().await? {
            for row in page.rows::<(i64, &[u8])>()? {
                let (id, payload) = row?;
                scan.row(id, payload);
            }
            scan.page();
        }
        Ok(())
    }

    async fn stream(&self, scan: &mut Scan<'_>) -> Result<(), Error> {
        let mut rows = pin!(self.session.pages(&self.scan, ())?.into_rows::<(i64, Vec<u8>)>());
        while let Some((id, payload)) = rows.try_next().await? {
            scan.row(id, &payload);
        }
        scan.page();
        Ok(())
    }
}
