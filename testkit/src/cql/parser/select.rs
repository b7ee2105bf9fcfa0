//! `SELECT` and what it selects.

use super::{MAX_DEPTH, Parser};
use crate::cql::ast::{Ordering, Select, SelectedItem, Selection, Selector};
use crate::cql::lexer::TokenKind;
use crate::cql::syntax_error::SyntaxError;

impl Parser<'_> {
    pub(super) fn select(&mut self) -> Result<Select, SyntaxError> {
        self.expect_keyword("SELECT")?;
        let json = self.peek().is_keyword("JSON") && self.begins_selection(1);
        if json {
            self.advance();
        }
        let distinct = self.peek().is_keyword("DISTINCT") && self.begins_selection(1);
        if distinct {
            self.advance();
        }
        let selection = self.selection()?;
        self.expect_keyword("FROM")?;
        let table = self.table_name()?;
        let relations = if self.accept_keyword("WHERE") { self.relations()? } else { Vec::new() };
        let group_by = if self.accept_keywords(&["GROUP", "BY"]) {
            self.comma_separated(Self::identifier)?
        } else {
            Vec::new()
        };
        let order_by = if self.accept_keywords(&["ORDER", "BY"]) {
            self.comma_separated(Self::ordering)?
        } else {
            Vec::new()
        };
        let per_partition_limit = if self.accept_keywords(&["PER", "PARTITION", "LIMIT"]) {
            Some(self.integer()?)
        } else {
            None
        };
        let limit = if self.accept_keyword("LIMIT") { Some(self.integer()?) } else { None };
        let allow_filtering = self.accept_keywords(&["ALLOW", "FILTERING"]);
        Ok(Select {
            table,
            json,
            distinct,
            selection,
            relations,
            group_by,
            order_by,
            per_partition_limit,
            limit,
            allow_filtering,
        })
    }

    /// Whether what comes `ahead` is not the rest of an expression that begins with a column's name.
    fn begins_selection(&self, ahead: usize) -> bool {
        let token = self.peek_at(ahead);
        let continues = [",", "(", "[", "."].iter().any(|symbol| token.is_symbol(symbol));
        !continues && !token.is_keyword("FROM") && !token.is_keyword("AS")
    }

    pub(super) fn selection(&mut self) -> Result<Selection, SyntaxError> {
        if self.accept_symbol("*") {
            return Ok(Selection::All);
        }
        self.comma_separated(Self::selected_item).map(Selection::Selectors)
    }

    fn selected_item(&mut self) -> Result<SelectedItem, SyntaxError> {
        let selector = self.selector()?;
        let alias = if self.accept_keyword("AS") { Some(self.identifier()?) } else { None };
        Ok(SelectedItem { selector, alias })
    }

    /// A selector without operators.
    pub(super) fn part_selector(&mut self) -> Result<Selector, SyntaxError> {
        self.nested(|parser| {
            let mut selector = parser.simple_selector()?;
            for _ in 0..MAX_DEPTH {
                if parser.accept_symbol("[") {
                    selector = parser.element_selector(selector)?;
                } else if parser.accept_symbol(".") {
                    selector = Selector::Field(Box::new(selector), parser.identifier()?);
                } else {
                    return Ok(selector);
                }
            }
            Err(parser.too_deep())
        })
    }

    fn simple_selector(&mut self) -> Result<Selector, SyntaxError> {
        let token = self.peek();
        if token.is_symbol("(") && !self.at_cast() {
            return self.parenthesized_selector();
        }
        let names = matches!(token.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier);
        if !names || self.at_word_constant() {
            return self.simple_term().map(Selector::Term);
        }
        if token.is_keyword("CAST") && self.peek_at(1).is_symbol("(") {
            self.at += 2;
            let cast = Box::new(self.selector()?);
            self.expect_keyword("AS")?;
            let data_type = self.data_type()?;
            self.expect_symbol(")")?;
            return Ok(Selector::Cast(cast, data_type));
        }
        let is_qualified = token.text.eq_ignore_ascii_case("system")
            && self.peek_at(1).is_symbol(".")
            && self.peek_at(3).is_symbol("(");
        if !self.peek_at(1).is_symbol("(") && !is_qualified {
            return self.identifier().map(Selector::Column);
        }
        let name = self.function_name()?;
        if name == "count" && self.counts_rows() {
            self.at += 3;
            return Ok(Selector::CountRows);
        }
        self.expect_symbol("(")?;
        Ok(Selector::Function { name, arguments: self.comma_separated_until(")", Self::selector)? })
    }

    /// `(a)`, or a tuple.
    fn parenthesized_selector(&mut self) -> Result<Selector, SyntaxError> {
        let mut selectors = self.parenthesized(Self::selector)?;
        match (selectors.pop(), selectors.is_empty()) {
            (Some(only), true) => Ok(Selector::Nested(Box::new(only))),
            (last, _) => Ok(Selector::Tuple(selectors.into_iter().chain(last).collect())),
        }
    }

    /// What follows `a[`.
    fn element_selector(&mut self, of: Selector) -> Result<Selector, SyntaxError> {
        let of = Box::new(of);
        let from = if self.at_range() { None } else { Some(self.term()?) };
        if let Some(key) = from.clone().filter(|_| !self.at_range()) {
            self.expect_symbol("]")?;
            return Ok(Selector::Element(of, key));
        }
        self.at += 2;
        let to = if self.peek().is_symbol("]") { None } else { Some(self.term()?) };
        self.expect_symbol("]")?;
        Ok(Selector::Slice(of, from, to))
    }

    /// Whether `..` comes next.
    fn at_range(&self) -> bool {
        self.peek().is_symbol(".") && self.peek_at(1).is_symbol(".")
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
        let near = if self.accept_keywords(&["ANN", "OF"]) { Some(self.term()?) } else { None };
        let descending = self.accept_keyword("DESC");
        if !descending {
            self.accept_keyword("ASC");
        }
        Ok(Ordering { column, descending, near })
    }
}
