use std::fmt;

use helenus_protocol::CqlType;

use crate::Outcome;
use crate::form::Form;

/// A column that values are exchanged through.
#[derive(Debug)]
pub(crate) struct Column {
    name: String,
    ty: String,
}

impl Column {
    pub(crate) fn new(number: usize, ty: String) -> Self {
        Self { name: format!("c{number}"), ty }
    }

    pub(crate) fn counter() -> Self {
        Self { name: "counted".into(), ty: "counter".into() }
    }

    pub(crate) fn is_counter(&self) -> bool {
        self.ty == "counter"
    }

    pub(crate) fn definition(&self) -> String {
        format!("{} {}", self.name, self.ty)
    }

    /// Its markers are the value, the writer and the row's number.
    pub(crate) fn write_cql(&self) -> String {
        let name = &self.name;
        if self.is_counter() {
            return format!(
                "UPDATE differential.counters SET {name} = {name} + ? WHERE writer = ? AND id = ?"
            );
        }
        format!("INSERT INTO differential.exchanged ({name}, writer, id) VALUES (?, ?, ?)")
    }

    /// Its marker is the writer; its columns are the row's number and the value.
    pub(crate) fn read_cql(&self) -> String {
        let table = if self.is_counter() { "counters" } else { "exchanged" };
        format!("SELECT id, {} FROM differential.{table} WHERE writer = ?", self.name)
    }

    /// Whether `seen`, the type that the node announced, was read as what the table was made with.
    pub(crate) fn check(&self, seen: &CqlType) -> Outcome {
        let seen = seen.to_string();
        if seen == unfrozen(&self.ty) {
            Ok(())
        } else {
            Err(format!("the node's {} was read as {seen}", self.ty).into())
        }
    }

    /// What the node keeps of a value: it does not tell a collection that is not frozen from null when it is empty,
    /// nor a user-defined type all of whose fields are null.
    pub(crate) fn kept(&self, form: Form) -> Form {
        let is_multi_cell = ["list<", "set<", "map<", "differential."];
        if is_multi_cell.iter().any(|start| self.ty.starts_with(start)) && is_hollow(&form) {
            return Form::Null;
        }
        form
    }
}

/// The CQL type.
impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.ty)
    }
}

fn is_hollow(form: &Form) -> bool {
    match form {
        Form::Array(elements) => elements.is_empty(),
        Form::Object(fields) => fields.iter().any(|(kind, content)| match content {
            Form::Array(entries) if kind == "udt" => entries.iter().all(|entry| entry[1].is_null()),
            Form::Array(entries) => entries.is_empty(),
            _ => false,
        }),
        _ => false,
    }
}

/// A type without its `frozen<…>`, which the protocol does not tell of.
fn unfrozen(ty: &str) -> String {
    let mut text = String::new();
    let mut left = ty;
    // Whether each bracket that is open is one of a `frozen`.
    let mut open = Vec::new();
    while let Some(at) = left.find(['<', '>']) {
        let (before, rest) = left.split_at(at);
        if rest.starts_with('<') {
            let shown = before.strip_suffix("frozen");
            open.push(shown.is_some());
            text.push_str(shown.unwrap_or(&left[..=at]));
        } else {
            text.push_str(before);
            if open.pop() != Some(true) {
                text.push('>');
            }
        }
        left = &rest[1..];
    }
    text + left
}
