use std::array;
use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;

use crate::page::Page;
use crate::statement::{Statement, Values};
use crate::{Candidate, Driver, Error, cdrs, helenus, scylla};

/// Work that each driver does.
#[derive(Debug)]
pub struct Task {
    /// What it is called on a command line.
    pub name: &'static str,
    /// What it is.
    pub title: String,
    /// What is counted.
    pub unit: &'static str,
    /// How many of them one run does.
    pub units: usize,
    /// Who does it, Helenus first.
    pub candidates: Vec<Candidate>,
}

impl Task {
    /// All tasks, after a check that the candidates of each agree.
    ///
    /// # Errors
    /// A candidate that fails, or has another result than the others.
    pub fn all() -> Result<[Self; 3], Error> {
        Ok([decode()?, decode_borrowed()?, execute()?])
    }

    /// The candidate that the arguments of a command name: a task's name, and a place in its list.
    ///
    /// # Errors
    /// Arguments that name none.
    pub fn candidate(arguments: &mut impl Iterator<Item = String>) -> Result<Candidate, Error> {
        let name = arguments.next().ok_or("name a task")?;
        let place: usize = arguments.next().ok_or("name a candidate by its place")?.parse()?;
        let mut task = match name.as_str() {
            "decode" => decode(),
            "decode-borrowed" => decode_borrowed(),
            "execute" => execute(),
            _ => Err(format!("there is no task {name:?}").into()),
        }?;
        if place >= task.candidates.len() {
            return Err(format!("{name} has {} candidates", task.candidates.len()).into());
        }
        Ok(task.candidates.swap_remove(place))
    }
}

fn decode() -> Result<Task, Error> {
    let Page { body } = Page::new()?;
    all_equal(&[
        helenus::decode(&body)?,
        scylla::decode(&body)?,
        scylla::decode_in_order(&body)?,
        cdrs::decode(&body)?,
    ])?;
    let title = format!("decode a page of {} rows, the list as a Vec", Page::ROWS);
    let [ours, by_name, in_order, cdrs] = array::from_fn(|_| body.clone());
    let candidates = vec![
        Candidate::new(Driver::Helenus, "", move || helenus::decode(&ours)),
        Candidate::new(Driver::Scylla, "by name", move || scylla::decode(&by_name)),
        Candidate::new(Driver::Scylla, "in order", move || scylla::decode_in_order(&in_order)),
        Candidate::new(Driver::Cdrs, "", move || cdrs::decode(&cdrs)),
    ];
    Ok(Task { name: "decode", title, unit: "row", units: Page::ROWS, candidates })
}

fn decode_borrowed() -> Result<Task, Error> {
    let Page { body } = Page::new()?;
    all_equal(&[
        helenus::decode_borrowed(&body)?,
        scylla::decode_borrowed(&body)?,
        cdrs::decode(&body)?,
    ])?;
    let title = format!("decode a page of {} rows, the list as an iterator", Page::ROWS);
    let [ours, scylla, cdrs] = array::from_fn(|_| body.clone());
    let candidates = vec![
        Candidate::new(Driver::Helenus, "", move || helenus::decode_borrowed(&ours)),
        Candidate::new(Driver::Scylla, "tuple", move || scylla::decode_borrowed(&scylla)),
        Candidate::new(Driver::Cdrs, "owned", move || cdrs::decode(&cdrs)),
    ];
    Ok(Task { name: "decode-borrowed", title, unit: "row", units: Page::ROWS, candidates })
}

fn execute() -> Result<Task, Error> {
    let statement = Statement::new()?;
    let helenus = Rc::new(helenus::Encoder::new(&statement)?);
    let scylla = scylla::Encoder::new(&statement)?;
    let cdrs = cdrs::Encoder::new(&statement)?;
    let values = Rc::new(Values::new());
    all_equal(&[
        helenus.encode(&values)?,
        scylla.encode(&values)?.get_data().to_vec(),
        cdrs.encode(&values)?,
    ])?;
    let kept = RefCell::new(Vec::new());
    let again = Rc::clone(&helenus);
    let [ours, same, scyllas, cdrss] = array::from_fn(|_| Rc::clone(&values));
    let candidates = vec![
        Candidate::new(Driver::Helenus, "", move || helenus.encode(&ours)),
        Candidate::new(Driver::Helenus, "kept buffer", move || {
            again.encode_into(&same, &mut kept.borrow_mut())
        }),
        Candidate::new(Driver::Scylla, "", move || scylla.encode(&scyllas)),
        Candidate::new(Driver::Cdrs, "", move || cdrs.encode(&cdrss)),
    ];
    let title = "encode an EXECUTE of 10 values".into();
    Ok(Task { name: "execute", title, unit: "EXECUTE", units: 1, candidates })
}

fn all_equal<T: Debug + PartialEq, const N: usize>(results: &[T; N]) -> Result<(), Error> {
    match results.iter().all(|result| *result == results[0]) {
        true => Ok(()),
        false => Err(format!("the drivers do not agree: {results:#?}").into()),
    }
}
