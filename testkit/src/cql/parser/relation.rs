//! The relations of `WHERE` and `IF`.

use super::Parser;
use crate::cql::ast::{Operator, Relation, RelationTarget, RelationValue, Term};
use crate::cql::lexer::TokenKind;
use crate::cql::syntax_error::SyntaxError;

impl Parser<'_> {
    /// Relations joined by `AND`.
    pub(super) fn relations(&mut self) -> Result<Vec<Relation>, SyntaxError> {
        let mut relations = vec![self.relation()?];
        while self.accept_keyword("AND") {
            relations.push(self.relation()?);
        }
        Ok(relations)
    }

    fn relation(&mut self) -> Result<Relation, SyntaxError> {
        self.nested(|parser| {
            if parser.peek().is_symbol("(") {
                return parser.parenthesized_relation();
            }
            let target = parser.relation_target()?;
            let operator = parser.operator()?;
            let value = match operator {
                Operator::In => parser.in_values()?,
                Operator::IsNotNull => RelationValue::List(Vec::new()),
                _ => RelationValue::One(parser.term()?),
            };
            Ok(Relation { target, operator, value })
        })
    }

    /// `(a, b) > (1, 2)`, or a relation in parentheses.
    fn parenthesized_relation(&mut self) -> Result<Relation, SyntaxError> {
        let after_name = self.peek_at(2);
        if !after_name.is_symbol(",") && !after_name.is_symbol(")") {
            self.advance();
            let relation = self.relation()?;
            self.expect_symbol(")")?;
            return Ok(relation);
        }
        let target = RelationTarget::Columns(self.parenthesized(Self::identifier)?);
        let operator = self.operator()?;
        let value = match operator {
            Operator::In => self.in_values()?,
            _ => RelationValue::One(self.tuple_or_marker()?),
        };
        Ok(Relation { target, operator, value })
    }

    fn tuple_or_marker(&mut self) -> Result<Term, SyntaxError> {
        if self.peek().is_symbol("(") || self.peek().is_symbol("?") || self.peek().is_symbol(":") {
            return self.term();
        }
        Err(self.no_viable_alternative())
    }

    fn relation_target(&mut self) -> Result<RelationTarget, SyntaxError> {
        if self.peek().is_keyword("TOKEN") && self.peek_at(1).is_symbol("(") {
            self.advance();
            return self.parenthesized(Self::identifier).map(RelationTarget::Token);
        }
        let column = self.identifier()?;
        if self.accept_symbol("[") {
            let key = self.term()?;
            self.expect_symbol("]")?;
            return Ok(RelationTarget::Element(column, key));
        }
        if self.accept_symbol(".") {
            return Ok(RelationTarget::Field(column, self.identifier()?));
        }
        Ok(RelationTarget::Column(column))
    }

    fn operator(&mut self) -> Result<Operator, SyntaxError> {
        let token = self.peek();
        if self.accept_keywords(&["CONTAINS", "KEY"]) {
            return Ok(Operator::ContainsKey);
        }
        if self.accept_keywords(&["IS", "NOT", "NULL"]) {
            return Ok(Operator::IsNotNull);
        }
        let operator = match token.text {
            "=" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            _ if token.is_keyword("IN") => Operator::In,
            _ if token.is_keyword("CONTAINS") => Operator::Contains,
            _ if token.is_keyword("LIKE") => Operator::Like,
            _ => return Err(self.no_viable_alternative()),
        };
        if token.kind == TokenKind::QuotedIdentifier {
            return Err(self.no_viable_alternative());
        }
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
