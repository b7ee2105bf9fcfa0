use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Instant;

use helenus::policies::Explanation;
use helenus::{PreparedStatement, Session, Token};

const KEYSPACE: &str = "helenus_quickstart";

/// The table, with the statements that write and read it.
pub(crate) struct Table {
    insert: PreparedStatement,
    select: PreparedStatement,
    scan: PreparedStatement,
}

/// A request that was answered.
pub(crate) struct Done {
    token: Option<Token>,
    coordinator: SocketAddr,
}

impl Done {
    /// Whether the node that ran the request holds a copy of its row.
    pub(crate) fn is_at_replica(&self, session: &Session) -> bool {
        let replicas = self.token.map(|token| session.replicas(KEYSPACE, token));
        replicas.is_some_and(|replicas| replicas.contains(&self.coordinator))
    }
}

/// What a row's columns besides the key hold.
fn values_of(row: i32) -> (String, f64) {
    (format!("row {row}, and a little text behind it"), f64::from(row) / 7.0)
}

impl Table {
    /// Creates the keyspace, with two copies of each row in every data center that has two nodes, and the table.
    pub(crate) async fn create(session: &Session) -> Result<Self, Box<dyn Error>> {
        let mut nodes: BTreeMap<String, usize> = BTreeMap::new();
        for node in session.metrics().nodes {
            *nodes.entry(node.datacenter).or_default() += 1;
        }
        let copies: Vec<String> =
            nodes.iter().map(|(dc, nodes)| format!("'{dc}': {}", nodes.min(&2))).collect();
        let copies = copies.join(", ");
        session.query(format!("DROP KEYSPACE IF EXISTS {KEYSPACE}"), ()).await?;
        session
            .query(
                format!(
                    "CREATE KEYSPACE {KEYSPACE} WITH replication = \
                     {{'class': 'NetworkTopologyStrategy', {copies}}}"
                ),
                (),
            )
            .await?;
        let columns = "id int PRIMARY KEY, name text, score double";
        session.query(format!("CREATE TABLE {KEYSPACE}.rows ({columns})"), ()).await?;

        let prepare = |cql: &str| {
            let cql = cql.replace("$table", &format!("{KEYSPACE}.rows"));
            async move { session.prepare(cql).await.map(|prepared| prepared.with_idempotence(true)) }
        };
        Ok(Self {
            insert: prepare("INSERT INTO $table (id, name, score) VALUES (?, ?, ?)").await?,
            select: prepare("SELECT name, score FROM $table WHERE id = ?").await?,
            scan: prepare("SELECT id, name, score FROM $table").await?,
        })
    }

    pub(crate) async fn write(&self, session: &Session, row: i32) -> Result<Done, Box<dyn Error>> {
        let (name, score) = values_of(row);
        let values = (row, name, score);
        let token = self.insert.token(&values)?;
        let coordinator = session.execute(&self.insert, values).await?.coordinator();
        Ok(Done { token, coordinator })
    }

    pub(crate) async fn read(&self, session: &Session, row: i32) -> Result<Done, Box<dyn Error>> {
        let token = self.select.token((row,))?;
        let result = session.execute(&self.select, (row,)).await?;
        check(row, result.one_row()?)?;
        Ok(Done { token, coordinator: result.coordinator() })
    }

    /// Where the read of a row may go.
    pub(crate) fn explain_read(
        &self,
        session: &Session,
        row: i32,
    ) -> Result<Explanation, Box<dyn Error>> {
        Ok(session.explain(&self.select, (row,))?)
    }

    /// Reads all rows page by page, checks that each is there once, and says how fast that was.
    pub(crate) async fn scan(
        &self,
        session: &Session,
        page_size: i32,
        rows: i32,
    ) -> Result<String, Box<dyn Error>> {
        let started = Instant::now();
        let mut seen = vec![false; usize::try_from(rows)?];
        let mut pages = session.pages(&self.scan.clone().with_page_size(page_size), ())?;
        let mut page_count = 0;
        while let Some(page) = pages.next_page().await? {
            page_count += 1;
            for row in page.rows::<(i32, &str, f64)>()? {
                let (id, name, score) = row?;
                check(id, (name, score))?;
                let seen = usize::try_from(id).ok().and_then(|id| seen.get_mut(id));
                match seen {
                    Some(seen @ false) => *seen = true,
                    Some(true) => return Err(format!("row {id} came twice").into()),
                    None => return Err(format!("row {id} was never written").into()),
                }
            }
        }
        if let Some(missing) = seen.iter().position(|seen| !seen) {
            return Err(format!("row {missing} is missing").into());
        }
        let per_second = f64::from(rows) / started.elapsed().as_secs_f64();
        Ok(format!("  scan {rows} rows in {page_count} pages, {per_second:.0} a second"))
    }

    /// Drops the keyspace.
    pub(crate) async fn drop(&self, session: &Session) -> Result<(), Box<dyn Error>> {
        session.query(format!("DROP KEYSPACE {KEYSPACE}"), ()).await?;
        Ok(())
    }
}

fn check(row: i32, found: (&str, f64)) -> Result<(), Box<dyn Error>> {
    let (name, score) = values_of(row);
    if found == (name.as_str(), score) {
        return Ok(());
    }
    Err(format!("row {row} holds {found:?}, but {:?} was written", (name, score)).into())
}
