//! Terms: constants, bind markers, collections, tuples, function calls and casts.

use super::{Parser, unquote};
use crate::cql::ast::{Literal, Term};
use crate::cql::lexer::TokenKind;
use crate::cql::syntax_error::SyntaxError;

impl Parser<'_> {
    /// A term without operators.
    pub(super) fn simple_term(&mut self) -> Result<Term, SyntaxError> {
        self.nested(|parser| {
            if let Some(marker) = parser.marker()? {
                return Ok(Term::Marker(marker));
            }
            let token = parser.peek();
            match token.kind {
                TokenKind::Symbol => parser.composite_term(),
                TokenKind::Identifier | TokenKind::QuotedIdentifier => parser.word_term(),
                _ => parser.constant().map(Term::Literal),
            }
        })
    }

    /// A whole number, or a bind marker for one.
    pub(super) fn integer(&mut self) -> Result<Term, SyntaxError> {
        let digits = if self.peek().is_symbol("-") { self.peek_at(1) } else { self.peek() };
        let is_marker = self.peek().is_symbol("?") || self.peek().is_symbol(":");
        if is_marker || digits.kind == TokenKind::Integer {
            return self.simple_term();
        }
        Err(self.no_viable_alternative())
    }

    /// A bind marker, `?` or `:name`, if one comes next.
    pub(super) fn marker(&mut self) -> Result<Option<usize>, SyntaxError> {
        let name = if self.accept_symbol("?") {
            None
        } else if self.accept_symbol(":") {
            Some(self.identifier()?)
        } else {
            return Ok(None);
        };
        self.markers.push(name);
        Ok(Some(self.markers.len() - 1))
    }

    fn composite_term(&mut self) -> Result<Term, SyntaxError> {
        if self.accept_symbol("[") {
            return self.comma_separated_until("]", Self::term).map(Term::List);
        }
        if self.accept_symbol("{") {
            return self.braced_term();
        }
        if self.accept_symbol("-") {
            return self.negative_constant().map(Term::Literal);
        }
        if !self.peek().is_symbol("(") {
            return Err(self.no_viable_alternative());
        }
        if self.at_cast() {
            self.advance();
            let data_type = self.data_type()?;
            self.expect_symbol(")")?;
            return Ok(Term::Cast { data_type, term: Box::new(self.simple_term()?) });
        }
        self.parenthesized(Self::term).map(Term::Tuple)
    }

    /// `(int) …` rather than `(a, …)`: a type's name, and something to cast after the parenthesis.
    pub(super) fn at_cast(&self) -> bool {
        let word = self.peek_at(1);
        let constant_word =
            ["true", "false", "null", "nan", "infinity"].iter().any(|name| word.is_keyword(name));
        let next = self.peek_at(2);
        word.kind == TokenKind::Identifier
            && !constant_word
            && (next.is_symbol("<") || (next.is_symbol(")") && self.begins_term(3)))
    }

    /// Whether what comes `ahead` can be cast, unlike what follows `(a)`.
    fn begins_term(&self, ahead: usize) -> bool {
        let token = self.peek_at(ahead);
        match token.kind {
            TokenKind::Symbol => {
                let opens = ["?", ":", "(", "[", "{"].iter().any(|symbol| token.is_symbol(symbol));
                opens || self.is_signed_number(ahead)
            }
            TokenKind::Identifier => !token.is_keyword("FROM") && !token.is_keyword("AS"),
            TokenKind::End => false,
            _ => true,
        }
    }

    /// A set or a map; `{}` may mean either and is read as a map.
    fn braced_term(&mut self) -> Result<Term, SyntaxError> {
        if self.accept_symbol("}") {
            return Ok(Term::Map(Vec::new()));
        }
        if self.at_field() {
            let fields = self.comma_separated(|parser| {
                let name = parser.identifier()?;
                parser.expect_symbol(":")?;
                Ok((name, parser.term()?))
            })?;
            self.expect_symbol("}")?;
            return Ok(Term::UserType(fields));
        }
        let first = self.term()?;
        if self.accept_symbol(":") {
            let mut entries = vec![(first, self.term()?)];
            while self.accept_symbol(",") {
                let key = self.term()?;
                self.expect_symbol(":")?;
                entries.push((key, self.term()?));
            }
            self.expect_symbol("}")?;
            return Ok(Term::Map(entries));
        }
        let mut elements = vec![first];
        while self.accept_symbol(",") {
            elements.push(self.term()?);
        }
        self.expect_symbol("}")?;
        Ok(Term::Set(elements))
    }

    /// Whether `name:` comes next.
    fn at_field(&self) -> bool {
        let names = matches!(self.peek().kind, TokenKind::Identifier | TokenKind::QuotedIdentifier);
        names && self.peek_at(1).is_symbol(":") && !self.at_word_constant()
    }

    /// Whether a constant that is written as a word comes next.
    pub(super) fn at_word_constant(&self) -> bool {
        self.peek().kind == TokenKind::Identifier && self.word_constant().is_some()
    }

    fn word_term(&mut self) -> Result<Term, SyntaxError> {
        if let Some(literal) = self.word_constant().filter(|_| self.at_word_constant()) {
            self.advance();
            return Ok(Term::Literal(literal));
        }
        let name = self.function_name()?;
        self.expect_symbol("(")?;
        let arguments = self.comma_separated_until(")", Self::term)?;
        Ok(Term::Function { name, arguments })
    }

    /// A function's name, without `system.`; `token` is a keyword that names one too.
    pub(super) fn function_name(&mut self) -> Result<String, SyntaxError> {
        if self.peek().is_keyword("TOKEN") {
            self.advance();
            return Ok("token".to_owned());
        }
        let name = self.identifier()?;
        if name == "system" && self.accept_symbol(".") {
            if self.peek_at(1).is_symbol(".") {
                return Err(self.no_viable_alternative());
            }
            return self.function_name();
        }
        if self.peek().is_symbol("(") { Ok(name) } else { Err(self.no_viable_alternative()) }
    }

    fn word_constant(&self) -> Option<Literal> {
        let token = self.peek();
        Some(match token.text.to_ascii_lowercase().as_str() {
            "null" => Literal::Null,
            "true" => Literal::Boolean(true),
            "false" => Literal::Boolean(false),
            "nan" => Literal::Float("NaN".to_owned()),
            "infinity" => Literal::Float("Infinity".to_owned()),
            _ => return None,
        })
    }

    fn constant(&mut self) -> Result<Literal, SyntaxError> {
        let token = self.peek();
        let literal = match token.kind {
            TokenKind::Integer => Literal::Integer(token.text.to_owned()),
            TokenKind::Float => Literal::Float(token.text.to_owned()),
            TokenKind::String | TokenKind::DollarString => Literal::String(unquote(token.text)),
            TokenKind::Uuid => Literal::Uuid(token.text.to_owned()),
            TokenKind::Duration => Literal::Duration(token.text.to_owned()),
            TokenKind::Blob => Literal::Blob(token.text[2..].to_owned()),
            _ => return Err(self.no_viable_alternative()),
        };
        self.advance();
        Ok(literal)
    }

    fn negative_constant(&mut self) -> Result<Literal, SyntaxError> {
        let token = self.peek();
        let negative = |text: &str| format!("-{text}");
        let literal = match token.kind {
            TokenKind::Integer => Literal::Integer(negative(token.text)),
            TokenKind::Float => Literal::Float(negative(token.text)),
            TokenKind::Duration => Literal::Duration(negative(token.text)),
            _ if token.is_keyword("nan") => Literal::Float("NaN".to_owned()),
            _ if token.is_keyword("infinity") => Literal::Float("-Infinity".to_owned()),
            _ => return Err(self.no_viable_alternative()),
        };
        self.advance();
        Ok(literal)
    }
}
