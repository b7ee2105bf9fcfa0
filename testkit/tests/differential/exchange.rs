use std::fmt;

use helenus_protocol::{CqlType, Value};
use serde_json::json;

use crate::Outcome;
use crate::column::Column;
use crate::connection::Connection;
use crate::form::{Form, describe, ordered};
use crate::generator::Generator;
use crate::ground::Ground;
use crate::link::Link;
use crate::peer::Peer;
use crate::schema::columns;
use crate::tally::Tally;

/// Who writes and who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    HelenusToPython,
    PythonToHelenus,
}

impl Direction {
    pub(crate) const ALL: [Self; 2] = [Self::HelenusToPython, Self::PythonToHelenus];
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HelenusToPython => "helenus_to_python",
            Self::PythonToHelenus => "python_to_helenus",
        })
    }
}

/// Values of all types over one link in one direction.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    connection: Connection,
    peer: Peer,
    direction: Direction,
    name: String,
    generator: Generator,
    tally: &'a Tally,
}

impl<'a> Exchange<'a> {
    pub(crate) fn open(ground: &'a Ground, link: Link, direction: Direction) -> Outcome<Self> {
        let peer = ground.peer(link)?;
        let name = format!("{link} {direction}");
        // Each exchange has values of its own, whatever order they run in.
        let seed = name
            .bytes()
            .fold(ground.seed(), |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        Ok(Self {
            connection: Connection::open(ground.node(), link)?,
            peer,
            direction,
            name,
            generator: Generator::new(seed),
            tally: ground.tally(),
        })
    }

    /// Fails with every column that did not arrive as it left.
    pub(crate) fn run(mut self) -> Outcome {
        let mut failures = Vec::new();
        for column in columns() {
            if let Err(failed) = self.exchange(&column) {
                failures.push(format!("{column}: {}", failed.message().unwrap_or_default()));
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
    }

    fn exchange(&mut self, column: &Column) -> Outcome {
        let prepared = self.connection.prepare(&column.write_cql())?;
        let ty = &prepared.metadata.columns.first().ok_or("the statement has no markers")?.ty;
        column.check(ty)?;
        let writer = format!("{}, {column}", self.name);
        let values = self.generator.column(ty);
        let forms = values.iter().map(|value| describe(value, ty)).collect::<Outcome<Vec<_>>>()?;
        let seen = match self.direction {
            Direction::HelenusToPython => {
                let row = |(id, value)| (value, writer.as_str(), id);
                let rows: Vec<_> = (0_i32..).zip(&values).map(row).collect();
                self.connection.write(&prepared, &rows)?;
                self.read_by_python(column, &writer)?
            }
            Direction::PythonToHelenus => {
                let row = |(id, form): (i32, &Form)| vec![form.clone(), json!(writer), json!(id)];
                let rows: Vec<_> = (0..).zip(&forms).map(row).collect();
                self.peer.write(&column.write_cql(), &rows)?;
                self.read_by_helenus(column, &writer)?
            }
        };
        self.tally.add(kind(ty), self.direction, forms.len());
        compare(forms.into_iter().map(|form| column.kept(form)).collect(), seen)
    }

    fn read_by_python(&mut self, column: &Column, writer: &str) -> Outcome<Vec<(i64, Form)>> {
        let rows = self.peer.read(&column.read_cql(), &[writer])?;
        let row = |row: Vec<Form>| match <[Form; 2]>::try_from(row) {
            Ok([id, form]) => Ok((id.as_i64().ok_or("a row without a number")?, form)),
            Err(row) => Err(format!("a row of {} columns", row.len()).into()),
        };
        rows.into_iter().map(row).collect()
    }

    fn read_by_helenus(&mut self, column: &Column, writer: &str) -> Outcome<Vec<(i64, Form)>> {
        let prepared = self.connection.prepare(&column.read_cql())?;
        let (rows, columns) = self.connection.read(&prepared, &(writer,))?;
        let ty = &columns.last().ok_or("the result has no columns")?.ty;
        column.check(ty)?;
        let row = |row| {
            let (id, value): (i32, Value) = row?;
            Ok((id.into(), describe(&value, ty)?))
        };
        rows.typed(&columns)?.map(row).collect()
    }
}

/// Every row must be there once, with the value that was written.
fn compare(written: Vec<Form>, seen: Vec<(i64, Form)>) -> Outcome {
    if written.len() != seen.len() {
        return Err(format!("{} rows written, {} read", written.len(), seen.len()).into());
    }
    let mut differences = Vec::new();
    for ((wanted, written), (id, seen)) in (0_i64..).zip(written).zip(seen) {
        let (written, seen) = (ordered(written), ordered(seen));
        if id != wanted || written != seen {
            let (written, seen) = (excerpt(&written), excerpt(&seen));
            differences.push(format!("written {wanted} {written}, read {id} {seen}"));
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    let shown = differences.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("\n  ");
    Err(format!("{} values differ:\n  {shown}", differences.len()).into())
}

fn excerpt(form: &Form) -> String {
    form.to_string().chars().take(160).collect()
}

/// The type without what it is made of.
fn kind(ty: &CqlType) -> String {
    match ty {
        CqlType::List(_) => "list",
        CqlType::Set(_) => "set",
        CqlType::Map(..) => "map",
        CqlType::Tuple(_) => "tuple",
        CqlType::Udt(_) => "user-defined type",
        CqlType::Vector(element, _) if element.fixed_size().is_some() => "vector, fixed sizes",
        CqlType::Vector(..) => "vector, variable sizes",
        scalar => return scalar.to_string(),
    }
    .into()
}
