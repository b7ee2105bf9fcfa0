//! `INSERT`, `UPDATE`, `DELETE` and `BATCH`.

use super::Parser;
use crate::cql::ast::{
    Assignment, Batch, BatchKind, Condition, Modification, ModificationKind, Operation, Term,
};
use crate::cql::syntax_error::SyntaxError;

/// What `USING` sets.
#[derive(Default)]
struct Using {
    timestamp: Option<Term>,
    ttl: Option<Term>,
}

impl Parser<'_> {
    pub(super) fn modification(&mut self) -> Result<Modification, SyntaxError> {
        if self.accept_keyword("INSERT") {
            return self.insert();
        }
        if self.accept_keyword("UPDATE") {
            return self.update();
        }
        if self.accept_keyword("DELETE") {
            return self.delete();
        }
        Err(self.no_viable_alternative())
    }

    pub(super) fn batch(&mut self) -> Result<Batch, SyntaxError> {
        self.expect_keyword("BEGIN")?;
        let kind = if self.accept_keyword("UNLOGGED") {
            BatchKind::Unlogged
        } else if self.accept_keyword("COUNTER") {
            BatchKind::Counter
        } else {
            BatchKind::Logged
        };
        self.expect_keyword("BATCH")?;
        let using = self.using()?;
        let mut statements = Vec::new();
        while !self.accept_keywords(&["APPLY", "BATCH"]) {
            statements.push(self.modification()?);
            self.accept_symbol(";");
        }
        Ok(Batch { kind, timestamp: using.timestamp, statements })
    }

    fn insert(&mut self) -> Result<Modification, SyntaxError> {
        self.expect_keyword("INTO")?;
        let table = self.table_name()?;
        let columns = self.parenthesized(Self::identifier)?;
        self.expect_keyword("VALUES")?;
        let values = self.parenthesized(Self::term)?;
        let condition = if self.accept_keywords(&["IF", "NOT", "EXISTS"]) {
            Condition::NotExists
        } else {
            Condition::None
        };
        let using = self.using()?;
        let kind = ModificationKind::Insert { columns, values };
        Ok(Modification { table, kind, timestamp: using.timestamp, ttl: using.ttl, condition })
    }

    fn update(&mut self) -> Result<Modification, SyntaxError> {
        let table = self.table_name()?;
        let using = self.using()?;
        self.expect_keyword("SET")?;
        let assignments = self.comma_separated(Self::assignment)?;
        self.expect_keyword("WHERE")?;
        let relations = self.relations()?;
        let condition = self.condition()?;
        let kind = ModificationKind::Update { assignments, relations };
        Ok(Modification { table, kind, timestamp: using.timestamp, ttl: using.ttl, condition })
    }

    fn delete(&mut self) -> Result<Modification, SyntaxError> {
        let columns = if self.peek().is_keyword("FROM") {
            Vec::new()
        } else {
            self.comma_separated(Self::identifier)?
        };
        self.expect_keyword("FROM")?;
        let table = self.table_name()?;
        let using = self.using()?;
        if using.ttl.is_some() {
            return Err(self.no_viable_alternative());
        }
        self.expect_keyword("WHERE")?;
        let relations = self.relations()?;
        let condition = self.condition()?;
        let kind = ModificationKind::Delete { columns, relations };
        Ok(Modification { table, kind, timestamp: using.timestamp, ttl: None, condition })
    }

    fn using(&mut self) -> Result<Using, SyntaxError> {
        let mut using = Using::default();
        if !self.accept_keyword("USING") {
            return Ok(using);
        }
        loop {
            if self.accept_keyword("TIMESTAMP") {
                using.timestamp = Some(self.term()?);
            } else if self.accept_keyword("TTL") {
                using.ttl = Some(self.term()?);
            } else {
                return Err(self.no_viable_alternative());
            }
            if !self.accept_keyword("AND") {
                return Ok(using);
            }
        }
    }

    fn condition(&mut self) -> Result<Condition, SyntaxError> {
        if !self.accept_keyword("IF") {
            return Ok(Condition::None);
        }
        if self.accept_keyword("EXISTS") {
            return Ok(Condition::Exists);
        }
        self.relations().map(Condition::Columns)
    }

    fn assignment(&mut self) -> Result<Assignment, SyntaxError> {
        let column = self.identifier()?;
        let operation = self.operation(&column)?;
        Ok(Assignment { column, operation })
    }

    fn operation(&mut self, column: &str) -> Result<Operation, SyntaxError> {
        if self.accept_symbol("+") {
            self.expect_symbol("=")?;
            return self.term().map(Operation::Add);
        }
        if self.accept_symbol("-") {
            self.expect_symbol("=")?;
            return self.term().map(Operation::Subtract);
        }
        self.expect_symbol("=")?;
        if self.peek_at(1).is_symbol("+") || self.peek_at(1).is_symbol("-") {
            let at = self.at;
            if self.identifier().is_ok_and(|name| name == column) {
                let adds = self.advance().is_symbol("+");
                let term = self.term()?;
                return Ok(if adds { Operation::Add(term) } else { Operation::Subtract(term) });
            }
            self.at = at;
        }
        let term = self.term()?;
        if !self.accept_symbol("+") {
            return Ok(Operation::Set(term));
        }
        let at = self.at;
        if self.identifier()? == column {
            return Ok(Operation::Prepend(term));
        }
        self.at = at;
        Err(self.no_viable_alternative())
    }
}
