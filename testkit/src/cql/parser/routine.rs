//! Functions and aggregates that users define.

use super::Parser;
use crate::cql::ast::{CreateAggregate, CreateFunction, RoutineName};
use crate::cql::syntax_error::SyntaxError;

impl Parser<'_> {
    pub(super) fn create_function(
        &mut self,
        or_replace: bool,
    ) -> Result<CreateFunction, SyntaxError> {
        let if_not_exists = self.if_not_exists();
        let name = self.table_name()?;
        self.expect_symbol("(")?;
        let arguments = self
            .comma_separated_until(")", |parser| Ok((parser.identifier()?, parser.data_type()?)))?;
        let called_on_null = self.accept_keyword("CALLED");
        if !called_on_null {
            self.expect_keyword("RETURNS")?;
            self.expect_keyword("NULL")?;
        }
        for keyword in ["ON", "NULL", "INPUT", "RETURNS"] {
            self.expect_keyword(keyword)?;
        }
        let returns = self.data_type()?;
        self.expect_keyword("LANGUAGE")?;
        let language = self.identifier()?;
        self.expect_keyword("AS")?;
        let body = self.string_literal()?;
        Ok(CreateFunction {
            name,
            or_replace,
            if_not_exists,
            arguments,
            called_on_null,
            returns,
            language,
            body,
        })
    }

    pub(super) fn create_aggregate(
        &mut self,
        or_replace: bool,
    ) -> Result<CreateAggregate, SyntaxError> {
        let if_not_exists = self.if_not_exists();
        let name = self.table_name()?;
        self.expect_symbol("(")?;
        let arguments = self.comma_separated_until(")", Self::data_type)?;
        self.expect_keyword("SFUNC")?;
        let state_function = self.identifier()?;
        self.expect_keyword("STYPE")?;
        let state_type = self.data_type()?;
        let final_function =
            if self.accept_keyword("FINALFUNC") { Some(self.identifier()?) } else { None };
        let initial = if self.accept_keyword("INITCOND") { Some(self.term()?) } else { None };
        Ok(CreateAggregate {
            name,
            or_replace,
            if_not_exists,
            arguments,
            state_function,
            state_type,
            final_function,
            initial,
        })
    }

    /// What `DROP FUNCTION` and `DROP AGGREGATE` name.
    pub(super) fn routine(&mut self) -> Result<RoutineName, SyntaxError> {
        let if_exists = self.if_exists();
        let name = self.table_name()?;
        let arguments = if self.accept_symbol("(") {
            Some(self.comma_separated_until(")", Self::data_type)?)
        } else {
            None
        };
        Ok(RoutineName { name, arguments, if_exists })
    }
}
