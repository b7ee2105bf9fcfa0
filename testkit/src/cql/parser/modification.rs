//! `INSERT`, `UPDATE`, `DELETE` and `BATCH`.

use super::Parser;
use crate::cql::ast::{
    Assignment, Batch, BatchKind, Condition, Deletion, Modification, ModificationKind, Operation,
    Part, Term,
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
            if !["INSERT", "UPDATE", "DELETE"].iter().any(|word| self.peek().is_keyword(word)) {
                return Err(self.expected("K_APPLY"));
            }
            statements.push(self.modification()?);
            self.accept_symbol(";");
        }
        Ok(Batch { kind, timestamp: using.timestamp, ttl: using.ttl, statements })
    }

    fn insert(&mut self) -> Result<Modification, SyntaxError> {
        self.expect_keyword("INTO")?;
        let table = self.table_name()?;
        let kind = self.inserted()?;
        let condition = if self.accept_keywords(&["IF", "NOT", "EXISTS"]) {
            Condition::NotExists
        } else {
            Condition::None
        };
        let using = self.using()?;
        Ok(Modification { table, kind, timestamp: using.timestamp, ttl: using.ttl, condition })
    }

    /// Columns and their values, or both as JSON.
    fn inserted(&mut self) -> Result<ModificationKind, SyntaxError> {
        if !self.accept_keyword("JSON") {
            let columns = self.parenthesized(Self::identifier)?;
            self.expect_keyword("VALUES")?;
            let values = self.parenthesized(Self::term)?;
            return Ok(ModificationKind::Insert { columns, values });
        }
        let json = self.term()?;
        let default_unset = self.accept_keywords(&["DEFAULT", "UNSET"]);
        if !default_unset {
            self.accept_keywords(&["DEFAULT", "NULL"]);
        }
        Ok(ModificationKind::InsertJson { json, default_unset })
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
        let deletions = if self.peek().is_keyword("FROM") {
            Vec::new()
        } else {
            self.comma_separated(Self::deletion)?
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
        let kind = ModificationKind::Delete { deletions, relations };
        Ok(Modification { table, kind, timestamp: using.timestamp, ttl: None, condition })
    }

    fn using(&mut self) -> Result<Using, SyntaxError> {
        let mut using = Using::default();
        if !self.accept_keyword("USING") {
            return Ok(using);
        }
        loop {
            if self.accept_keyword("TIMESTAMP") {
                using.timestamp = Some(self.integer()?);
            } else if self.accept_keyword("TTL") {
                using.ttl = Some(self.integer()?);
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

    fn deletion(&mut self) -> Result<Deletion, SyntaxError> {
        Ok(Deletion { column: self.identifier()?, part: self.part()? })
    }

    /// `[key]` or `.field`, if one comes next.
    fn part(&mut self) -> Result<Option<Part>, SyntaxError> {
        if self.accept_symbol("[") {
            let key = self.term()?;
            self.expect_symbol("]")?;
            return Ok(Some(Part::Element(key)));
        }
        if self.accept_symbol(".") {
            return Ok(Some(Part::Field(self.identifier()?)));
        }
        Ok(None)
    }

    fn assignment(&mut self) -> Result<Assignment, SyntaxError> {
        let column = self.identifier()?;
        if let Some(part) = self.part()? {
            self.expect_symbol("=")?;
            let operation = Operation::SetPart(part, self.term()?);
            return Ok(Assignment { column, operation });
        }
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
