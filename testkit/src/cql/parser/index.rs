//! Indexes and materialized views.

use super::Parser;
use crate::cql::ast::{CreateIndex, CreateView, IndexKind, IndexTarget};
use crate::cql::syntax_error::SyntaxError;

impl Parser<'_> {
    pub(super) fn create_index(&mut self, custom: bool) -> Result<CreateIndex, SyntaxError> {
        let if_not_exists = self.if_not_exists();
        let name = if self.peek().is_keyword("ON") { None } else { Some(self.table_name()?) };
        self.expect_keyword("ON")?;
        let table = self.table_name()?;
        self.expect_symbol("(")?;
        let targets = self.comma_separated_until(")", Self::index_target)?;
        let class = if self.accept_keyword("USING") { Some(self.string_literal()?) } else { None };
        let options = if self.accept_keywords(&["WITH", "OPTIONS"]) {
            self.expect_symbol("=")?;
            self.property_map()?
        } else {
            Vec::new()
        };
        Ok(CreateIndex { name, if_not_exists, table, targets, custom, class, options })
    }

    fn index_target(&mut self) -> Result<IndexTarget, SyntaxError> {
        let token = self.peek();
        let kinds = [
            ("KEYS", IndexKind::Keys),
            ("VALUES", IndexKind::Values),
            ("ENTRIES", IndexKind::Entries),
            ("FULL", IndexKind::Full),
        ];
        let kind = kinds.iter().find(|(word, _)| token.is_keyword(word));
        if let Some((_, kind)) = kind.filter(|_| self.peek_at(1).is_symbol("(")) {
            self.at += 2;
            let column = self.identifier()?;
            self.expect_symbol(")")?;
            return Ok(IndexTarget { column, kind: *kind });
        }
        Ok(IndexTarget { column: self.identifier()?, kind: IndexKind::Values })
    }

    pub(super) fn create_view(&mut self) -> Result<CreateView, SyntaxError> {
        let if_not_exists = self.if_not_exists();
        let view = self.table_name()?;
        self.expect_keyword("AS")?;
        self.expect_keyword("SELECT")?;
        let selection = self.selection()?;
        self.expect_keyword("FROM")?;
        let base = self.table_name()?;
        self.expect_keyword("WHERE")?;
        let start = self.peek().offset;
        let relations = self.relations()?;
        let where_clause = self.query[start..self.peek().offset].trim_end().to_owned();
        if !self.accept_keywords(&["PRIMARY", "KEY"]) {
            return Err(self.expected("K_PRIMARY"));
        }
        let (partition_key, clustering) = self.key_columns()?;
        let mut clustering_order = Vec::new();
        let mut properties = Vec::new();
        if self.accept_keyword("WITH") {
            loop {
                if self.accept_keywords(&["CLUSTERING", "ORDER", "BY"]) {
                    clustering_order = self.parenthesized(Self::ordering)?;
                } else {
                    properties.push(self.property()?);
                }
                if !self.accept_keyword("AND") {
                    break;
                }
            }
        }
        Ok(CreateView {
            view,
            if_not_exists,
            selection,
            base,
            relations,
            where_clause,
            partition_key,
            clustering,
            clustering_order,
            properties,
        })
    }
}
