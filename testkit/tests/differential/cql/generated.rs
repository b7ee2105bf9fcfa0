//! Statements made up at random from a seed.

use fastrand::Rng;

const COUNT: usize = 1000;
const COLUMNS: [&str; 6] = ["k", "c", "d", "v", "w", "s"];

/// Writes and reads of a table with everything that a row can have, in an order that the seed decides.
pub(crate) fn generated(seed: u64) -> Vec<String> {
    let mut rng = Rng::with_seed(seed);
    (0..COUNT).map(|_| statement(&mut rng)).collect()
}

fn statement(rng: &mut Rng) -> String {
    match rng.u8(..12) {
        0..=2 => insert(rng),
        3 => update(rng),
        4 => delete(rng),
        5 => collection(rng),
        _ => select(rng),
    }
}

fn key(rng: &mut Rng) -> u8 {
    rng.u8(..4)
}

fn text(rng: &mut Rng) -> String {
    format!("'{}'", ["", "a", "b", "ab", "ü"][rng.usize(..5)])
}

/// A value that mostly fits the column.
fn value(rng: &mut Rng, column: &str) -> String {
    if rng.u8(..40) == 0 {
        return ["null", "'x'", "7", "1.5", "true", "[1]"][rng.usize(..6)].to_owned();
    }
    match column {
        "d" | "w" => text(rng),
        _ => rng.i8(-3..4).to_string(),
    }
}

fn column(rng: &mut Rng) -> &'static str {
    COLUMNS[rng.usize(..COLUMNS.len())]
}

fn insert(rng: &mut Rng) -> String {
    let mut columns = vec!["k", "c", "d"];
    for optional in ["v", "w", "s"] {
        if rng.bool() {
            columns.push(optional);
        }
    }
    if rng.u8(..10) == 0 {
        columns.remove(rng.usize(..columns.len()));
    }
    let values: Vec<_> = columns
        .iter()
        .map(|column| if *column == "k" { key(rng).to_string() } else { value(rng, column) })
        .collect();
    let timestamp = if rng.u8(..4) == 0 {
        format!(" USING TIMESTAMP {}", rng.u16(..1000))
    } else {
        String::new()
    };
    let (columns, values) = (columns.join(", "), values.join(", "));
    format!("INSERT INTO wide ({columns}) VALUES ({values}){timestamp}")
}

fn update(rng: &mut Rng) -> String {
    let assigned = ["v", "w", "s"][rng.usize(..3)];
    let new = value(rng, assigned);
    let condition = relations(rng, false);
    let only_if = if rng.u8(..4) == 0 {
        let column = ["v", "w", "s"][rng.usize(..3)];
        let operator = operator(rng);
        format!(" IF {column} {operator} {}", value(rng, column))
    } else {
        String::new()
    };
    format!("UPDATE wide SET {assigned} = {new} WHERE {condition}{only_if}")
}

fn delete(rng: &mut Rng) -> String {
    let what = ["", "", "v ", "w ", "s "][rng.usize(..5)];
    format!("DELETE {what}FROM wide WHERE {}", relations(rng, false))
}

fn operator(rng: &mut Rng) -> &'static str {
    ["=", "=", "=", "<", "<=", ">", ">=", "!="][rng.usize(..8)]
}

/// A relation of one column. Of null only equality is asked: Cassandra takes `c < null` for no restriction.
fn comparison(rng: &mut Rng, column: &str) -> String {
    let (operator, value) = (operator(rng), value(rng, column));
    let operator = if value == "null" { "=" } else { operator };
    format!("{column} {operator} {value}")
}

/// Relations that mostly name a partition.
fn relations(rng: &mut Rng, is_select: bool) -> String {
    let mut relations = Vec::new();
    if rng.u8(..8) > 0 {
        relations.push(match rng.u8(..5) {
            0 => format!("k IN ({}, {})", key(rng), key(rng)),
            _ => format!("k = {}", key(rng)),
        });
    }
    match rng.u8(..8) {
        0..=2 => {
            relations.push(format!("c = {}", value(rng, "c")));
            relations.push(format!("d = {}", value(rng, "d")));
        }
        3 => relations.push(comparison(rng, "c")),
        4 => relations.push(format!("c IN ({}, {})", value(rng, "c"), value(rng, "c"))),
        5 => {
            let operator = operator(rng);
            let (c, d) = (value(rng, "c"), value(rng, "d"));
            relations.push(format!("(c, d) {operator} ({c}, {d})"));
        }
        _ => {}
    }
    if is_select && rng.u8(..4) == 0 {
        let column = column(rng);
        relations.push(comparison(rng, column));
    }
    if relations.is_empty() {
        relations.push(format!("k = {}", key(rng)));
    }
    relations.join(" AND ")
}

fn select(rng: &mut Rng) -> String {
    let what = match rng.u8(..10) {
        0 => "count(*)".to_owned(),
        1 => format!("min({}), max({})", column(rng), column(rng)),
        2 => "sum(v), avg(v), count(w)".to_owned(),
        3 => "DISTINCT k, s".to_owned(),
        4 => "JSON k, c, d, v, w".to_owned(),
        5 => format!("{}, {}", column(rng), column(rng)),
        6 => "k, c, max(v)".to_owned(),
        _ => "*".to_owned(),
    };
    let condition =
        if rng.u8(..5) == 0 { String::new() } else { format!(" WHERE {}", relations(rng, true)) };
    let grouping = match rng.u8(..10) {
        0 => " GROUP BY k",
        1 => " GROUP BY k, c",
        _ => "",
    };
    let ordering = match rng.u8(..8) {
        0 => " ORDER BY c",
        1 => " ORDER BY c ASC, d DESC",
        2 => " ORDER BY c DESC",
        _ => "",
    };
    let per_partition = if rng.u8(..6) == 0 { " PER PARTITION LIMIT 2" } else { "" };
    let limit = if rng.u8(..4) == 0 { " LIMIT 3" } else { "" };
    let filtering = if rng.u8(..3) > 0 { " ALLOW FILTERING" } else { "" };
    format!(
        "SELECT {what} FROM wide{condition}{grouping}{ordering}{per_partition}{limit}{filtering}"
    )
}

/// Collections, written as a whole and in part.
fn collection(rng: &mut Rng) -> String {
    let k = key(rng);
    let number = rng.u8(..4);
    let word = text(rng);
    match rng.u8(..12) {
        0 => format!(
            "INSERT INTO coll (k, l, st, m) VALUES ({k}, [{number}, 1], {{{word}}}, {{{word}: {number}}})"
        ),
        1 => format!("UPDATE coll SET l = l + [{number}] WHERE k = {k}"),
        2 => format!("UPDATE coll SET l = [{number}] + l WHERE k = {k}"),
        3 => format!("UPDATE coll SET l = l - [{number}] WHERE k = {k}"),
        4 => format!("UPDATE coll SET l[{number}] = {number} WHERE k = {k}"),
        5 => format!("DELETE l[{number}] FROM coll WHERE k = {k}"),
        6 => format!("UPDATE coll SET st = st + {{{word}}}, m = m + {{{word}: 1}} WHERE k = {k}"),
        7 => format!("UPDATE coll SET st = st - {{{word}}}, m[{word}] = {number} WHERE k = {k}"),
        8 => format!("DELETE st[{word}], m[{word}] FROM coll WHERE k = {k}"),
        9 => format!("SELECT m[{word}], st FROM coll WHERE k = {k}"),
        10 => format!("SELECT k FROM coll WHERE l CONTAINS {number} ALLOW FILTERING"),
        _ => "SELECT * FROM coll".to_owned(),
    }
}
