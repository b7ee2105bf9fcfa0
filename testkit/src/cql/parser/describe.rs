//! `DESCRIBE`.

use super::Parser;
use crate::cql::ast::{Describe, DescribeTarget};
use crate::cql::syntax_error::SyntaxError;

impl Parser<'_> {
    pub(super) fn describe(&mut self) -> Result<Describe, SyntaxError> {
        self.advance();
        let target = self.describe_target()?;
        let internals = self.accept_keywords(&["WITH", "INTERNALS"]);
        Ok(Describe { target, internals })
    }

    fn describe_target(&mut self) -> Result<DescribeTarget, SyntaxError> {
        type Plain = (&'static str, DescribeTarget);
        let plain: [Plain; 7] = [
            ("KEYSPACES", DescribeTarget::Keyspaces),
            ("TABLES", DescribeTarget::Tables),
            ("TYPES", DescribeTarget::Types),
            ("FUNCTIONS", DescribeTarget::Functions),
            ("AGGREGATES", DescribeTarget::Aggregates),
            ("CLUSTER", DescribeTarget::Cluster),
            ("SCHEMA", DescribeTarget::Schema { full: false }),
        ];
        for (word, target) in plain {
            if self.accept_keyword(word) {
                return Ok(target);
            }
        }
        if self.accept_keywords(&["FULL", "SCHEMA"]) {
            return Ok(DescribeTarget::Schema { full: true });
        }
        let only = self.accept_keywords(&["ONLY", "KEYSPACE"]);
        if only || self.accept_keyword("KEYSPACE") {
            let ends = self.peek().is_symbol(";") || self.peek().text.is_empty();
            let ends = ends || self.peek().is_keyword("WITH");
            let name = if ends { None } else { Some(self.identifier()?) };
            return Ok(DescribeTarget::Keyspace { name, only });
        }
        if self.accept_keywords(&["MATERIALIZED", "VIEW"]) {
            return self.table_name().map(DescribeTarget::View);
        }
        let named = [
            ("TABLE", DescribeTarget::Table as fn(_) -> _),
            ("COLUMNFAMILY", DescribeTarget::Table),
            ("TYPE", DescribeTarget::Type),
            ("INDEX", DescribeTarget::Index),
            ("FUNCTION", DescribeTarget::Function),
            ("AGGREGATE", DescribeTarget::Aggregate),
        ];
        for (word, target) in named {
            if self.accept_keyword(word) {
                return self.table_name().map(target);
            }
        }
        self.table_name().map(DescribeTarget::Any)
    }
}
