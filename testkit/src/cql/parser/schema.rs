//! `CREATE` and `DROP`.

use super::{Parser, unquote};
use crate::cql::ast::{
    ColumnDefinition, CreateKeyspace, CreateTable, Property, PropertyValue, Statement, TableName,
};
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
        Err(self.no_viable_alternative())
    }

    pub(super) fn drop(&mut self) -> Result<Statement, SyntaxError> {
        self.expect_keyword("DROP")?;
        if self.accept_keyword("KEYSPACE") || self.accept_keyword("SCHEMA") {
            let if_exists = self.accept_keywords(&["IF", "EXISTS"]);
            return Ok(Statement::DropKeyspace { name: self.identifier()?, if_exists });
        }
        if self.accept_keyword("TABLE") || self.accept_keyword("COLUMNFAMILY") {
            let if_exists = self.accept_keywords(&["IF", "EXISTS"]);
            return Ok(Statement::DropTable { table: self.table_name()?, if_exists });
        }
        Err(self.no_viable_alternative())
    }

    fn create_keyspace(&mut self) -> Result<CreateKeyspace, SyntaxError> {
        let if_not_exists = self.accept_keywords(&["IF", "NOT", "EXISTS"]);
        let name = self.identifier()?;
        self.expect_keyword("WITH")?;
        let mut properties = vec![self.property()?];
        while self.accept_keyword("AND") {
            properties.push(self.property()?);
        }
        Ok(CreateKeyspace { name, if_not_exists, properties })
    }

    fn create_table(&mut self) -> Result<CreateTable, SyntaxError> {
        let if_not_exists = self.accept_keywords(&["IF", "NOT", "EXISTS"]);
        let table = self.table_name()?;
        let mut statement = CreateTable::empty(table, if_not_exists);
        self.parenthesized(|parser| parser.table_element(&mut statement))?;
        if self.accept_keyword("WITH") {
            self.table_option(&mut statement)?;
            while self.accept_keyword("AND") {
                self.table_option(&mut statement)?;
            }
        }
        Ok(statement)
    }

    /// A column, or the primary key.
    fn table_element(&mut self, statement: &mut CreateTable) -> Result<(), SyntaxError> {
        if self.accept_keywords(&["PRIMARY", "KEY"]) {
            if !statement.partition_key.is_empty() {
                return Err(self.no_viable_alternative());
            }
            return self.primary_key(statement);
        }
        let name = self.identifier()?;
        let data_type = self.data_type()?;
        let is_static = self.accept_keyword("STATIC");
        if self.accept_keywords(&["PRIMARY", "KEY"]) {
            if !statement.partition_key.is_empty() {
                return Err(self.no_viable_alternative());
            }
            statement.partition_key.push(name.clone());
        }
        statement.columns.push(ColumnDefinition { name, data_type, is_static });
        Ok(())
    }

    /// `(a, b)` or `((a, b), c)`.
    fn primary_key(&mut self, statement: &mut CreateTable) -> Result<(), SyntaxError> {
        self.expect_symbol("(")?;
        statement.partition_key = if self.peek().is_symbol("(") {
            self.parenthesized(Self::identifier)?
        } else {
            vec![self.identifier()?]
        };
        while self.accept_symbol(",") {
            statement.clustering.push(self.identifier()?);
        }
        self.expect_symbol(")")
    }

    fn table_option(&mut self, statement: &mut CreateTable) -> Result<(), SyntaxError> {
        if self.accept_keywords(&["COMPACT", "STORAGE"]) {
            return Ok(());
        }
        if self.accept_keywords(&["CLUSTERING", "ORDER", "BY"]) {
            statement.clustering_order = self.parenthesized(Self::ordering)?;
            return Ok(());
        }
        let property = self.property()?;
        statement.properties.push(property);
        Ok(())
    }

    fn property(&mut self) -> Result<Property, SyntaxError> {
        let name = self.identifier()?;
        self.expect_symbol("=")?;
        let value = if self.accept_symbol("{") {
            PropertyValue::Map(self.comma_separated_until("}", |parser| {
                let key = parser.property_scalar()?;
                parser.expect_symbol(":")?;
                Ok((key, parser.property_scalar()?))
            })?)
        } else {
            PropertyValue::Scalar(self.property_scalar()?)
        };
        Ok(Property { name, value })
    }

    fn property_scalar(&mut self) -> Result<String, SyntaxError> {
        let sign = if self.accept_symbol("-") { "-" } else { "" };
        let token = self.peek();
        let text = match token.kind {
            TokenKind::String | TokenKind::DollarString => unquote(token.text),
            TokenKind::Integer | TokenKind::Float | TokenKind::Uuid | TokenKind::Identifier => {
                format!("{sign}{}", token.text)
            }
            _ => return Err(self.no_viable_alternative()),
        };
        self.advance();
        Ok(text)
    }
}

impl CreateTable {
    fn empty(table: TableName, if_not_exists: bool) -> Self {
        Self {
            table,
            if_not_exists,
            columns: Vec::new(),
            partition_key: Vec::new(),
            clustering: Vec::new(),
            clustering_order: Vec::new(),
            properties: Vec::new(),
        }
    }
}
