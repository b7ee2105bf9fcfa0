//! `CREATE`, `ALTER` and `DROP`: what each is about.

use super::{Parser, unquote};
use crate::cql::ast::{
    AlterTable, AlterType, ColumnDefinition, CreateType, Property, RoleStatement, Statement,
    TableAlteration, TypeAlteration,
};
use crate::cql::data_type::DataType;
use crate::cql::lexer::TokenKind;
use crate::cql::syntax_error::SyntaxError;

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Result<Statement, SyntaxError> {
        self.expect_keyword("CREATE")?;
        if self.accept_keyword("KEYSPACE") || self.accept_keyword("SCHEMA") {
            return self.create_keyspace().map(Statement::CreateKeyspace);
        }
        if self.accept_keyword("TABLE") || self.accept_keyword("COLUMNFAMILY") {
            return self.create_table().map(Statement::CreateTable);
        }
        if self.accept_keyword("TYPE") {
            return self.create_type().map(Statement::CreateType);
        }
        if self.accept_keyword("INDEX") {
            return self.create_index(false).map(Statement::CreateIndex);
        }
        if self.accept_keywords(&["CUSTOM", "INDEX"]) {
            return self.create_index(true).map(Statement::CreateIndex);
        }
        if self.accept_keywords(&["MATERIALIZED", "VIEW"]) {
            return self.create_view().map(Statement::CreateView);
        }
        if self.accept_keyword("TRIGGER") {
            return self.create_trigger().map(Statement::CreateTrigger);
        }
        let is_user = self.accept_keyword("USER");
        if is_user || self.accept_keyword("ROLE") {
            return self.create_role(is_user).map(Statement::Role);
        }
        let or_replace = self.accept_keywords(&["OR", "REPLACE"]);
        if self.accept_keyword("FUNCTION") {
            return self.create_function(or_replace).map(Statement::CreateFunction);
        }
        if self.accept_keyword("AGGREGATE") {
            return self.create_aggregate(or_replace).map(Statement::CreateAggregate);
        }
        Err(self.no_viable_alternative())
    }

    pub(super) fn drop(&mut self) -> Result<Statement, SyntaxError> {
        self.expect_keyword("DROP")?;
        if self.accept_keyword("KEYSPACE") || self.accept_keyword("SCHEMA") {
            let if_exists = self.if_exists();
            return Ok(Statement::DropKeyspace { name: self.identifier()?, if_exists });
        }
        if self.accept_keyword("TABLE") || self.accept_keyword("COLUMNFAMILY") {
            let if_exists = self.if_exists();
            return Ok(Statement::DropTable { table: self.table_name()?, if_exists });
        }
        if self.accept_keyword("TYPE") {
            let if_exists = self.if_exists();
            return Ok(Statement::DropType { name: self.table_name()?, if_exists });
        }
        if self.accept_keyword("INDEX") {
            let if_exists = self.if_exists();
            return Ok(Statement::DropIndex { index: self.table_name()?, if_exists });
        }
        if self.accept_keywords(&["MATERIALIZED", "VIEW"]) {
            let if_exists = self.if_exists();
            return Ok(Statement::DropView { view: self.table_name()?, if_exists });
        }
        if self.accept_keyword("TRIGGER") {
            return self.drop_trigger().map(Statement::DropTrigger);
        }
        if self.accept_keyword("FUNCTION") {
            return self.routine().map(Statement::DropFunction);
        }
        if self.accept_keyword("AGGREGATE") {
            return self.routine().map(Statement::DropAggregate);
        }
        if self.accept_keyword("ROLE") || self.accept_keyword("USER") {
            let if_exists = self.if_exists();
            let name = self.role_name()?;
            return Ok(Statement::Role(RoleStatement::Drop { name, if_exists }));
        }
        Err(self.no_viable_alternative())
    }

    pub(super) fn alter(&mut self) -> Result<Statement, SyntaxError> {
        self.expect_keyword("ALTER")?;
        if self.accept_keyword("KEYSPACE") || self.accept_keyword("SCHEMA") {
            let if_exists = self.if_exists();
            let name = self.identifier()?;
            let properties = self.with_properties()?;
            return Ok(Statement::AlterKeyspace { name, if_exists, properties });
        }
        if self.accept_keyword("TABLE") || self.accept_keyword("COLUMNFAMILY") {
            return self.alter_table().map(Statement::AlterTable);
        }
        if self.accept_keyword("TYPE") {
            return self.alter_type().map(Statement::AlterType);
        }
        if self.accept_keywords(&["MATERIALIZED", "VIEW"]) {
            let if_exists = self.if_exists();
            let view = self.table_name()?;
            let properties = self.with_properties()?;
            return Ok(Statement::AlterView { view, if_exists, properties });
        }
        let is_user = self.accept_keyword("USER");
        if is_user || self.accept_keyword("ROLE") {
            return self.alter_role(is_user).map(Statement::Role);
        }
        Err(self.no_viable_alternative())
    }

    fn with_properties(&mut self) -> Result<Vec<Property>, SyntaxError> {
        self.expect_keyword("WITH")?;
        self.properties()
    }

    fn alter_table(&mut self) -> Result<AlterTable, SyntaxError> {
        let if_exists = self.if_exists();
        let table = self.table_name()?;
        let alteration = if self.accept_keyword("ADD") {
            let if_not_exists = self.if_not_exists();
            let columns = if self.peek().is_symbol("(") {
                self.parenthesized(Self::column_definition)?
            } else {
                self.comma_separated(Self::column_definition)?
            };
            TableAlteration::Add { columns, if_not_exists }
        } else if self.accept_keyword("DROP") {
            let if_exists = self.if_exists();
            let columns = if self.peek().is_symbol("(") {
                self.parenthesized(Self::identifier)?
            } else {
                self.comma_separated(Self::identifier)?
            };
            if self.accept_keywords(&["USING", "TIMESTAMP"]) {
                self.term()?;
            }
            TableAlteration::Drop { columns, if_exists }
        } else if self.accept_keyword("RENAME") {
            let if_exists = self.if_exists();
            TableAlteration::Rename { columns: self.renamings()?, if_exists }
        } else if self.accept_keyword("ALTER") {
            self.if_exists();
            self.identifier()?;
            self.expect_keyword("TYPE")?;
            self.data_type()?;
            TableAlteration::Type
        } else if self.accept_keyword("WITH") {
            TableAlteration::With(self.properties()?)
        } else {
            return Err(self.no_viable_alternative());
        };
        Ok(AlterTable { table, if_exists, alteration })
    }

    pub(super) fn column_definition(&mut self) -> Result<ColumnDefinition, SyntaxError> {
        let name = self.identifier()?;
        let (data_type, is_reversed) = self.column_type()?;
        let is_static = self.accept_keyword("STATIC");
        Ok(ColumnDefinition { name, data_type, is_static, is_reversed })
    }

    /// The type of a column, and whether it is of a class that turns the order round.
    fn column_type(&mut self) -> Result<(DataType, bool), SyntaxError> {
        let first = self.peek();
        let is_reversed =
            first.kind == TokenKind::String && DataType::is_reversed_class(&unquote(first.text));
        Ok((self.data_type()?, is_reversed))
    }

    /// `a TO b AND c TO d`
    fn renamings(&mut self) -> Result<Vec<(String, String)>, SyntaxError> {
        let mut renamings = Vec::new();
        loop {
            let from = self.identifier()?;
            self.expect_keyword("TO")?;
            renamings.push((from, self.identifier()?));
            if !self.accept_keyword("AND") {
                return Ok(renamings);
            }
        }
    }

    fn create_type(&mut self) -> Result<CreateType, SyntaxError> {
        let if_not_exists = self.if_not_exists();
        let name = self.table_name()?;
        let fields = self.definitions(|parser| Ok((parser.identifier()?, parser.data_type()?)))?;
        Ok(CreateType { name, if_not_exists, fields })
    }

    fn alter_type(&mut self) -> Result<AlterType, SyntaxError> {
        let if_exists = self.if_exists();
        let name = self.table_name()?;
        let alteration = if self.accept_keyword("ADD") {
            let if_not_exists = self.if_not_exists();
            let field = self.identifier()?;
            TypeAlteration::Add { field, data_type: self.data_type()?, if_not_exists }
        } else if self.accept_keyword("RENAME") {
            let if_exists = self.if_exists();
            TypeAlteration::Rename { fields: self.renamings()?, if_exists }
        } else if self.accept_keyword("ALTER") {
            self.identifier()?;
            self.expect_keyword("TYPE")?;
            self.data_type()?;
            TypeAlteration::Type
        } else {
            return Err(self.no_viable_alternative());
        };
        Ok(AlterType { name, if_exists, alteration })
    }

    pub(super) fn if_exists(&mut self) -> bool {
        self.accept_keywords(&["IF", "EXISTS"])
    }

    pub(super) fn if_not_exists(&mut self) -> bool {
        self.accept_keywords(&["IF", "NOT", "EXISTS"])
    }
}
