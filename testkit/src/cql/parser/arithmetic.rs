//! Sums and products, of terms and of what is selected.

use super::{MAX_DEPTH, Parser};
use crate::cql::ast::{Arithmetic, Selector, Term};
use crate::cql::lexer::TokenKind;
use crate::cql::syntax_error::SyntaxError;

const SUM: [Arithmetic; 2] = [Arithmetic::Add, Arithmetic::Subtract];
const PRODUCT: [Arithmetic; 3] = [Arithmetic::Multiply, Arithmetic::Divide, Arithmetic::Remainder];

/// How a kind of expression begins, and how two of it become one.
struct Rules<'q, T> {
    operand: fn(&mut Parser<'q>) -> Result<T, SyntaxError>,
    combine: fn(T, Arithmetic, T) -> T,
    /// Whether a column may follow an operator.
    takes_columns: bool,
}

impl<'q> Parser<'q> {
    /// A term, or several that are counted together.
    pub(super) fn term(&mut self) -> Result<Term, SyntaxError> {
        self.nested(|parser| {
            let combine = |a, operator, b| Term::Operation(Box::new(a), operator, Box::new(b));
            let operand = Self::term_or_negation;
            parser.sum(&Rules { operand, combine, takes_columns: false })
        })
    }

    fn term_or_negation(&mut self) -> Result<Term, SyntaxError> {
        if self.accept_negation() {
            return self.simple_term().map(|term| Term::Negation(Box::new(term)));
        }
        self.simple_term()
    }

    /// What is selected, or several such that are counted together.
    pub(super) fn selector(&mut self) -> Result<Selector, SyntaxError> {
        self.nested(|parser| {
            let combine = |a, operator, b| Selector::Operation(Box::new(a), operator, Box::new(b));
            let operand = Self::selector_or_negation;
            parser.sum(&Rules { operand, combine, takes_columns: true })
        })
    }

    fn selector_or_negation(&mut self) -> Result<Selector, SyntaxError> {
        self.nested(|parser| {
            if parser.accept_negation() {
                let negated = parser.selector_or_negation()?;
                return Ok(Selector::Negation(Box::new(negated)));
            }
            parser.part_selector()
        })
    }

    fn sum<T>(&mut self, rules: &Rules<'q, T>) -> Result<T, SyntaxError> {
        let mut left = self.product(rules)?;
        for _ in 0..MAX_DEPTH {
            let Some(operator) = self.accept_operator(&SUM, rules.takes_columns) else {
                return Ok(left);
            };
            left = (rules.combine)(left, operator, self.product(rules)?);
        }
        Err(self.too_deep())
    }

    fn product<T>(&mut self, rules: &Rules<'q, T>) -> Result<T, SyntaxError> {
        let mut left = (rules.operand)(self)?;
        for _ in 0..MAX_DEPTH {
            let Some(operator) = self.accept_operator(&PRODUCT, rules.takes_columns) else {
                return Ok(left);
            };
            left = (rules.combine)(left, operator, (rules.operand)(self)?);
        }
        Err(self.too_deep())
    }

    /// An operator, unless it is the sign of a number or, as in `UPDATE t SET l = [1] + l`, before a column.
    fn accept_operator(
        &mut self,
        operators: &[Arithmetic],
        takes_columns: bool,
    ) -> Option<Arithmetic> {
        let token = self.peek();
        let operator =
            operators.iter().copied().find(|operator| token.is_symbol(operator.symbol()))?;
        if self.is_signed_number(0) {
            return None;
        }
        let next = self.peek_at(1);
        let is_name = matches!(next.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier);
        let is_call = self.peek_at(2).is_symbol("(") || self.peek_at(2).is_symbol(".");
        let is_constant =
            ["true", "false", "null", "nan", "infinity"].iter().any(|word| next.is_keyword(word));
        if is_name && !is_call && !is_constant && !takes_columns {
            return None;
        }
        self.advance();
        Some(operator)
    }

    /// A `-` that is no number's sign.
    fn accept_negation(&mut self) -> bool {
        let next = self.peek_at(1);
        let is_sign =
            matches!(next.kind, TokenKind::Integer | TokenKind::Float | TokenKind::Duration)
                || next.is_keyword("nan")
                || next.is_keyword("infinity");
        self.peek().is_symbol("-") && !is_sign && self.accept_symbol("-")
    }

    /// `-1`, which is one constant, unlike `- 1`.
    pub(super) fn is_signed_number(&self, ahead: usize) -> bool {
        let (sign, next) = (self.peek_at(ahead), self.peek_at(ahead + 1));
        let is_number =
            matches!(next.kind, TokenKind::Integer | TokenKind::Float | TokenKind::Duration);
        sign.is_symbol("-") && is_number && next.offset == sign.offset + 1
    }
}
