//! `CREATE TRIGGER` and `DROP TRIGGER`.

use super::Parser;
use crate::cql::ast::{CreateTrigger, DropTrigger};
use crate::cql::syntax_error::SyntaxError;

impl Parser<'_> {
    pub(super) fn create_trigger(&mut self) -> Result<CreateTrigger, SyntaxError> {
        self.if_not_exists();
        self.identifier()?;
        self.expect_keyword("ON")?;
        let table = self.table_name()?;
        self.expect_keyword("USING")?;
        Ok(CreateTrigger { table, class: self.string_literal()? })
    }

    pub(super) fn drop_trigger(&mut self) -> Result<DropTrigger, SyntaxError> {
        let if_exists = self.if_exists();
        let name = self.identifier()?;
        self.expect_keyword("ON")?;
        Ok(DropTrigger { name, table: self.table_name()?, if_exists })
    }
}
