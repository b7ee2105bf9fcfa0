use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use helenus::{
    BoundValues, CqlDate, CqlDecimal, CqlTime, CqlTimestamp, CqlVarint, Row, Session, Token, Value,
};
use uuid::Uuid;

use crate::behaviours::{Outcome, keyspace};
use crate::server::{SHUTDOWN, Server};

/// Partition keys, by their columns' types.
const KEYS: &[&[&str]] = &[
    &["ascii"],
    &["bigint"],
    &["blob"],
    &["boolean"],
    &["date"],
    &["decimal"],
    &["double"],
    &["float"],
    &["inet"],
    &["int"],
    &["smallint"],
    &["text"],
    &["time"],
    &["timestamp"],
    &["timeuuid"],
    &["tinyint"],
    &["uuid"],
    &["varint"],
    &["frozen<list<int>>"],
    &["frozen<tuple<int, text>>"],
    &["int", "text"],
    &["blob", "uuid", "text"],
];

/// A little more than 10,000: keys of the smallest types come twice.
const ROWS: usize = 11_500;
const CONCURRENCY: usize = 128;

/// Numbers that look random and are the same in every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// At least one byte, most of them 0x80 or above every other time.
    fn bytes(&mut self) -> Vec<u8> {
        let length = 1 + self.next() % 48;
        let high = if self.next().is_multiple_of(2) { 0x80 } else { 0 };
        (0..length).map(|_| self.next().to_le_bytes()[0] | high).collect()
    }

    fn text(&mut self) -> String {
        let length = 1 + self.next() % 24;
        let letters = ['a', 'Z', '0', ' ', 'é', 'ß', '漢', '🐢'];
        (0..length).map(|_| letters[(self.next() % 8) as usize]).collect()
    }

    fn value(&mut self, ty: &str) -> Value {
        let raw = self.next();
        let [b0, b1, b2, b3, ..] = raw.to_le_bytes();
        let signed = raw.cast_signed();
        let int = i32::from_le_bytes([b0, b1, b2, b3]);
        let varint = || CqlVarint::from(i128::from(signed) << (b0 % 60));
        match ty {
            "ascii" => Value::Text(self.text().replace(|c: char| !c.is_ascii(), "~")),
            "bigint" => Value::BigInt(signed),
            "blob" => Value::Blob(self.bytes()),
            "boolean" => Value::Boolean(b0 > 127),
            "date" => Value::Date(CqlDate(int.cast_unsigned())),
            "decimal" => Value::Decimal(CqlDecimal { unscaled: varint(), scale: int % 50 }),
            "double" => Value::Double(f64::from(int) / 7.0),
            "float" => Value::Float(f32::from(i16::from_le_bytes([b0, b1])) / 7.0),
            "inet" if b0 > 127 => Value::Inet([b0, b1, b2, b3].into()),
            "inet" => Value::Inet(
                u128::from(raw).wrapping_mul(0x1_0000_0000_0000_00FF).to_be_bytes().into(),
            ),
            "int" => Value::Int(int),
            "smallint" => Value::SmallInt(i16::from_le_bytes([b0, b1])),
            "text" => Value::Text(self.text()),
            "time" => Value::Time(CqlTime((raw % 86_400_000_000_000).cast_signed())),
            "timestamp" => Value::Timestamp(CqlTimestamp(signed)),
            "timeuuid" => Value::Uuid(Uuid::from_u64_pair(raw & !0xF000 | 0x1000, raw | 1 << 63)),
            "tinyint" => Value::TinyInt(b0.cast_signed()),
            "uuid" => Value::Uuid(Uuid::from_u64_pair(self.next(), raw)),
            "varint" => Value::VarInt(varint()),
            "frozen<list<int>>" => {
                Value::List((0..b1 % 5).map(|n| Value::Int(int.wrapping_mul(n.into()))).collect())
            }
            "frozen<tuple<int, text>>" => {
                Value::Tuple(vec![Value::Int(int), Value::Text(self.text())])
            }
            other => unreachable!("{other} is no key type of this test"),
        }
    }
}

pub(crate) async fn tokens_equal_the_servers(server: Server) -> Outcome {
    let session = server.session().await?;
    keyspace(&session, "tokens", server.copies()).await?;
    let mut numbers = Numbers(42);
    let mut compared = 0;
    for (index, types) in KEYS.iter().enumerate() {
        let rows = ROWS.div_ceil(KEYS.len());
        compared += compare(&session, index, types, rows, &mut numbers).await?;
    }
    assert!(compared >= 10_000);
    session.query("DROP KEYSPACE tokens", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

/// Writes keys of these types, and holds the tokens that the session computed against the server's. Returns how many
/// distinct keys there were.
async fn compare(
    session: &Session,
    index: usize,
    types: &[&str],
    rows: usize,
    numbers: &mut Numbers,
) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let table = format!("tokens.t{index}");
    let names: Vec<String> = (0..types.len()).map(|column| format!("k{column}")).collect();
    let declared: Vec<String> =
        names.iter().zip(types).map(|(name, ty)| format!("{name} {ty}")).collect();
    let (declared, names) = (declared.join(", "), names.join(", "));
    session
        .query(format!("CREATE TABLE {table} ({declared}, PRIMARY KEY (({names})))"), ())
        .await?;
    let marks = vec!["?"; types.len()].join(", ");
    let insert = session.prepare(format!("INSERT INTO {table} ({names}) VALUES ({marks})")).await?;

    let keys: Vec<Vec<Value>> =
        (0..rows).map(|_| types.iter().map(|ty| numbers.value(ty)).collect()).collect();
    let mut ours: HashMap<Vec<Vec<u8>>, Token> = HashMap::new();
    for key in &keys {
        let bound = BoundValues::encode(key, insert.markers())?;
        let bytes = bound.cells().map(|cell| cell.bytes().unwrap_or_default().to_vec()).collect();
        ours.insert(bytes, insert.token(key)?.ok_or("every key has a token")?);
    }
    stream::iter(&keys)
        .map(|key| session.execute(&insert, key))
        .buffer_unordered(CONCURRENCY)
        .try_for_each(|_| async { Ok(()) })
        .await?;

    let select = session.prepare(format!("SELECT token({names}), {names} FROM {table}")).await?;
    let result = session.execute(&select, ()).await?;
    for row in result.rows::<Row<'_>>()? {
        let mut row = row?;
        let server = Token(row.value::<i64>()?);
        let key: Vec<Vec<u8>> = types
            .iter()
            .map(|_| Ok(row.raw()?.unwrap_or_default().to_vec()))
            .collect::<Result<_, helenus::DecodeRowError>>()?;
        let session = ours.remove(&key);
        assert_eq!(session, Some(server), "the key {key:02x?} of type {types:?}");
    }
    assert!(ours.is_empty(), "{} keys of type {types:?} did not come back", ours.len());
    Ok(result.row_count())
}
