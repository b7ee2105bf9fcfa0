//! `CREATE TABLE`, `CREATE KEYSPACE` and what follows `WITH`.

use super::{Parser, unquote};
use crate::cql::ast::{CreateKeyspace, CreateTable, Property, PropertyValue, TableName};
use crate::cql::lexer::TokenKind;
use crate::cql::syntax_error::SyntaxError;

impl Parser<'_> {
    pub(super) fn create_keyspace(&mut self) -> Result<CreateKeyspace, SyntaxError> {
        let if_not_exists = self.accept_keywords(&["IF", "NOT", "EXISTS"]);
        let name = self.identifier()?;
        self.expect_keyword("WITH")?;
        Ok(CreateKeyspace { name, if_not_exists, properties: self.properties()? })
    }

    /// Properties joined by `AND`.
    pub(super) fn properties(&mut self) -> Result<Vec<Property>, SyntaxError> {
        let mut properties = vec![self.property()?];
        while self.accept_keyword("AND") {
            properties.push(self.property()?);
        }
        Ok(properties)
    }

    pub(super) fn create_table(&mut self) -> Result<CreateTable, SyntaxError> {
        let if_not_exists = self.accept_keywords(&["IF", "NOT", "EXISTS"]);
        let table = self.table_name()?;
        let mut statement = CreateTable::empty(table, if_not_exists);
        self.definitions(|parser| parser.table_element(&mut statement))?;
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
            statement.primary_keys += 1;
            return self.primary_key(statement);
        }
        let column = self.column_definition()?;
        if self.accept_keywords(&["PRIMARY", "KEY"]) {
            statement.primary_keys += 1;
            statement.partition_key.push(column.name.clone());
        }
        statement.columns.push(column);
        Ok(())
    }

    fn primary_key(&mut self, statement: &mut CreateTable) -> Result<(), SyntaxError> {
        (statement.partition_key, statement.clustering) = self.key_columns()?;
        Ok(())
    }

    /// `(a, b)` or `((a, b), c)`: the columns of the partition key, and of the clustering.
    pub(super) fn key_columns(&mut self) -> Result<(Vec<String>, Vec<String>), SyntaxError> {
        self.expect_symbol("(")?;
        let partition_key = if self.peek().is_symbol("(") {
            self.parenthesized(Self::identifier)?
        } else {
            vec![self.identifier()?]
        };
        let mut clustering = Vec::new();
        while self.accept_symbol(",") {
            clustering.push(self.identifier()?);
        }
        self.expect_symbol(")")?;
        Ok((partition_key, clustering))
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

    /// `{'key': 'value'}`
    pub(super) fn property_map(&mut self) -> Result<Vec<(String, String)>, SyntaxError> {
        self.expect_symbol("{")?;
        self.comma_separated_until("}", |parser| {
            let key = parser.property_scalar()?;
            parser.expect_symbol(":")?;
            Ok((key, parser.property_scalar()?))
        })
    }

    pub(super) fn property(&mut self) -> Result<Property, SyntaxError> {
        let name = self.identifier()?;
        self.expect_symbol("=")?;
        let value = if self.peek().is_symbol("{") {
            PropertyValue::Map(self.property_map()?)
        } else {
            PropertyValue::Scalar(self.property_scalar()?)
        };
        Ok(Property { name, value })
    }

    pub(super) fn property_scalar(&mut self) -> Result<String, SyntaxError> {
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
            primary_keys: 0,
            partition_key: Vec::new(),
            clustering: Vec::new(),
            clustering_order: Vec::new(),
            properties: Vec::new(),
        }
    }
}
