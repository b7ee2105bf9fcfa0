//! A row of the answer: columns, or one of JSON.

use super::select::SelectPlan;
use super::selector::{PlannedSelector, Source};
use crate::query_error::QueryError;
use crate::value::{json_name, to_json, write_element};

impl SelectPlan {
    /// Appends the columns of a row.
    pub(super) fn write_row(
        &self,
        source: Source<'_, '_>,
        out: &mut Vec<u8>,
    ) -> Result<(), QueryError> {
        let mut next = 0;
        let Some(columns) = &self.json else {
            for selector in &self.selectors {
                if let PlannedSelector::Column(column) = selector {
                    write_element(source.view.value(*column).as_deref(), out);
                    continue;
                }
                write_element(selector.evaluate(source, &mut next)?.as_deref(), out);
            }
            return Ok(());
        };
        let mut fields = Vec::with_capacity(columns.len());
        for (selector, column) in self.selectors.iter().zip(columns) {
            let value = selector.evaluate(source, &mut next)?;
            let json = to_json(&column.ty, value.as_deref());
            fields.push(format!("{}: {json}", json_name(&column.name)));
        }
        write_element(Some(format!("{{{}}}", fields.join(", ")).as_bytes()), out);
        Ok(())
    }

    /// Appends the columns of a group: of the first row what no aggregate made.
    pub(super) fn write_group(
        &self,
        source: Source<'_, '_>,
        first: Vec<Option<Vec<u8>>>,
        out: &mut Vec<u8>,
    ) -> Result<(), QueryError> {
        let mut next = 0;
        let mut fields = Vec::new();
        for ((index, selector), first) in self.selectors.iter().enumerate().zip(first) {
            let value = if selector.is_aggregate() {
                selector.evaluate(source, &mut next)?.map(std::borrow::Cow::into_owned)
            } else {
                first
            };
            match &self.json {
                None => write_element(value.as_deref(), out),
                Some(columns) => {
                    let json = to_json(&columns[index].ty, value.as_deref());
                    fields.push(format!("{}: {json}", json_name(&columns[index].name)));
                }
            }
        }
        if self.json.is_some() {
            write_element(Some(format!("{{{}}}", fields.join(", ")).as_bytes()), out);
        }
        Ok(())
    }
}
