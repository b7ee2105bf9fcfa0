//! `SELECT`, and the relations of every `WHERE`.

use super::Parser;
use crate::cql::ast::{
    Operator, Ordering, Relation, RelationTarget, RelationValue, Select, SelectedItem, Selection,
    Selector,
};
use crate::cql::lexer::TokenKind;
use crate::cql::syntax_error::SyntaxError;

impl Parser<'_> {
    pub(super) fn select(&mut self) -> Result<Select, SyntaxError> {
        self.expect_keyword("SELECT")?;
        let distinct = self.peek().is_keyword("DISTINCT") && !self.peek_at(1).is_keyword("FROM");
        if distinct {
            self.advance();
        }
        let selection = if self.accept_symbol("*") {
            Selection::All
        } else {
            Selection::Selectors(self.comma_separated(Self::selected_item)?)
        };
        self.expect_keyword("FROM")?;
        let table = self.table_name()?;
        let relations = if self.accept_keyword("WHERE") { self.relations()? } else { Vec::new() };
        let order_by = if self.accept_keywords(&["ORDER", "BY"]) {
            self.comma_separated(Self::ordering)?
        } else {
            Vec::new()
        };
        let per_partition_limit = if self.accept_keywords(&["PER", "PARTITION", "LIMIT"]) {
            Some(self.term()?)
        } else {
            None
        };
        let limit = if self.accept_keyword("LIMIT") { Some(self.term()?) } else { None };
        let allow_filtering = self.accept_keywords(&["ALLOW", "FILTERING"]);
        Ok(Select {
            table,
            distinct,
            selection,
            relations,
            order_by,
            per_partition_limit,
            limit,
            allow_filtering,
        })
    }

    fn selected_item(&mut self) -> Result<SelectedItem, SyntaxError> {
        let selector = self.selector()?;
        let alias = if self.accept_keyword("AS") { Some(self.identifier()?) } else { None };
        Ok(SelectedItem { selector, alias })
    }

    fn selector(&mut self) -> Result<Selector, SyntaxError> {
        self.nested(|parser| {
            if !parser.peek_at(1).is_symbol("(") && !parser.peek_at(1).is_symbol(".") {
                return parser.identifier().map(Selector::Column);
            }
            let name = parser.function_name()?;
            if name == "count" && parser.counts_rows() {
                parser.at += 3;
                return Ok(Selector::CountRows);
            }
            parser.expect_symbol("(")?;
            Ok(Selector::Function {
                name,
                arguments: parser.comma_separated_until(")", Self::selector)?,
            })
        })
    }

    /// Whether `(*)` or `(1)` comes next.
    fn counts_rows(&self) -> bool {
        let counted = self.peek_at(1);
        let every_row =
            counted.is_symbol("*") || (counted.kind == TokenKind::Integer && counted.text == "1");
        self.peek().is_symbol("(") && every_row && self.peek_at(2).is_symbol(")")
    }

    pub(super) fn ordering(&mut self) -> Result<Ordering, SyntaxError> {
        let column = self.identifier()?;
        let descending = self.accept_keyword("DESC");
        if !descending {
            self.accept_keyword("ASC");
        }
        Ok(Ordering { column, descending })
    }

    /// Relations joined by `AND`.
    pub(super) fn relations(&mut self) -> Result<Vec<Relation>, SyntaxError> {
        let mut relations = vec![self.relation()?];
        while self.accept_keyword("AND") {
            relations.push(self.relation()?);
        }
        Ok(relations)
    }

    fn relation(&mut self) -> Result<Relation, SyntaxError> {
        let target = if self.peek().is_keyword("TOKEN") && self.peek_at(1).is_symbol("(") {
            self.advance();
            RelationTarget::Token(self.parenthesized(Self::identifier)?)
        } else {
            RelationTarget::Column(self.identifier()?)
        };
        let operator = self.operator()?;
        let value = match operator {
            Operator::In => self.in_values()?,
            _ => RelationValue::One(self.term()?),
        };
        Ok(Relation { target, operator, value })
    }

    fn operator(&mut self) -> Result<Operator, SyntaxError> {
        let token = self.peek();
        let operator = match token.text {
            "=" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            _ if token.is_keyword("IN") => Operator::In,
            _ => return Err(self.no_viable_alternative()),
        };
        self.advance();
        Ok(operator)
    }

    fn in_values(&mut self) -> Result<RelationValue, SyntaxError> {
        if self.accept_symbol("(") {
            return self.comma_separated_until(")", Self::term).map(RelationValue::List);
        }
        match self.marker()? {
            Some(marker) => Ok(RelationValue::ListMarker(marker)),
            None => Err(self.no_viable_alternative()),
        }
    }
}
