//! A recursive-descent parser for CQL. It bounds its own nesting and panics on no input.

mod arithmetic;
mod definition;
mod describe;
mod index;
mod modification;
mod relation;
mod role;
mod routine;
mod schema;
mod select;
mod term;
#[cfg(test)]
mod tests;
mod trigger;

use super::ast::{Parsed, Statement, TableName};
use super::data_type::DataType;
use super::lexer::{Token, TokenKind, tokenize};
use super::syntax_error::SyntaxError;

/// How deep terms and types may nest.
const MAX_DEPTH: usize = 128;

/// Parses one statement, which may end in a semicolon.
pub(crate) fn parse(query: &str) -> Result<Parsed, SyntaxError> {
    let mut parser = Parser::new(query)?;
    let statement = parser.statement()?;
    parser.accept_symbol(";");
    if parser.peek().kind != TokenKind::End {
        return Err(parser.expected("EOF"));
    }
    Ok(Parsed { statement, markers: parser.markers })
}

/// Parses the name of a type as CQL writes it.
#[cfg(test)]
pub(crate) fn parse_data_type(text: &str) -> Result<DataType, SyntaxError> {
    let mut parser = Parser::new(text)?;
    let data_type = parser.data_type()?;
    if parser.peek().kind != TokenKind::End {
        return Err(parser.expected("EOF"));
    }
    Ok(data_type)
}

struct Parser<'a> {
    query: &'a str,
    /// Never empty: the last one is the end of the text.
    tokens: Vec<Token<'a>>,
    at: usize,
    depth: usize,
    markers: Vec<Option<String>>,
}

impl<'a> Parser<'a> {
    fn new(query: &'a str) -> Result<Self, SyntaxError> {
        Ok(Self { query, tokens: tokenize(query)?, at: 0, depth: 0, markers: Vec::new() })
    }

    fn statement(&mut self) -> Result<Statement, SyntaxError> {
        let first = self.peek();
        if first.kind != TokenKind::Identifier {
            return Err(self.no_viable_alternative());
        }
        match first.text.to_ascii_uppercase().as_str() {
            "SELECT" => self.select().map(Statement::Select),
            "INSERT" | "UPDATE" | "DELETE" => self.modification().map(Statement::Modification),
            "BEGIN" => self.batch().map(Statement::Batch),
            "CREATE" => self.create(),
            "ALTER" => self.alter(),
            "DROP" => self.drop(),
            "DESCRIBE" | "DESC" => self.describe().map(Statement::Describe),
            "GRANT" => self.grant().map(Statement::Role),
            "REVOKE" => self.revoke().map(Statement::Role),
            "LIST" => self.list().map(Statement::Role),
            "TRUNCATE" => {
                self.advance();
                let _ = self.accept_keyword("TABLE") || self.accept_keyword("COLUMNFAMILY");
                self.table_name().map(Statement::Truncate)
            }
            "USE" => {
                self.advance();
                self.identifier().map(Statement::Use)
            }
            _ => Err(self.no_viable_alternative()),
        }
    }

    fn peek(&self) -> Token<'a> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Token<'a> {
        self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    fn advance(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_keyword(keyword);
        if found {
            self.advance();
        }
        found
    }

    /// Takes all of `keywords` in a row, or none of them.
    fn accept_keywords(&mut self, keywords: &[&str]) -> bool {
        let found = keywords
            .iter()
            .enumerate()
            .all(|(ahead, keyword)| self.peek_at(ahead).is_keyword(keyword));
        if found {
            self.at += keywords.len();
        }
        found
    }

    fn accept_symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect_keyword(&mut self, keyword: &str) -> Result<(), SyntaxError> {
        if self.accept_keyword(keyword) {
            Ok(())
        } else {
            Err(self.expected(&format!("K_{keyword}")))
        }
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), SyntaxError> {
        if self.accept_symbol(symbol) { Ok(()) } else { Err(self.expected(&format!("'{symbol}'"))) }
    }

    /// One `element` or more, separated by commas.
    fn comma_separated<T>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        let mut elements = vec![element(self)?];
        while self.accept_symbol(",") {
            elements.push(element(self)?);
        }
        Ok(elements)
    }

    /// Elements separated by commas up to `close`, perhaps none.
    fn comma_separated_until<T>(
        &mut self,
        close: &str,
        element: impl FnMut(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        if self.accept_symbol(close) {
            return Ok(Vec::new());
        }
        let elements = self.comma_separated(element)?;
        self.expect_symbol(close)?;
        Ok(elements)
    }

    fn parenthesized<T>(
        &mut self,
        element: impl FnMut(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        self.expect_symbol("(")?;
        let elements = self.comma_separated(element)?;
        self.expect_symbol(")")?;
        Ok(elements)
    }

    /// What a table or a type is made of, in parentheses. Nothing need stand between a comma and what follows it.
    fn definitions<T>(
        &mut self,
        mut definition: impl FnMut(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        self.expect_symbol("(")?;
        let mut definitions = vec![definition(self)?];
        while self.accept_symbol(",") {
            if !self.peek().is_symbol(",") && !self.peek().is_symbol(")") {
                definitions.push(definition(self)?);
            }
        }
        self.expect_symbol(")")?;
        Ok(definitions)
    }

    /// The name of a column, a table or a keyspace; unquoted ones are lower case.
    fn identifier(&mut self) -> Result<String, SyntaxError> {
        let token = self.peek();
        let name = match token.kind {
            TokenKind::QuotedIdentifier if token.text.len() > 2 => unquote(token.text),
            TokenKind::Identifier if !is_reserved(token.text) => token.text.to_ascii_lowercase(),
            _ => return Err(self.no_viable_alternative()),
        };
        self.advance();
        Ok(name)
    }

    fn string_literal(&mut self) -> Result<String, SyntaxError> {
        let token = self.peek();
        if !matches!(token.kind, TokenKind::String | TokenKind::DollarString) {
            return Err(self.expected("STRING_LITERAL"));
        }
        self.advance();
        Ok(unquote(token.text))
    }

    fn table_name(&mut self) -> Result<TableName, SyntaxError> {
        let first = self.identifier()?;
        if self.accept_symbol(".") {
            return Ok(TableName { keyspace: Some(first), table: self.identifier()? });
        }
        Ok(TableName { keyspace: None, table: first })
    }

    /// `text`, `list<int>`, `frozen<map<text, tuple<int, int>>>`…
    fn data_type(&mut self) -> Result<DataType, SyntaxError> {
        self.nested(|parser| {
            let token = parser.peek();
            if token.kind == TokenKind::String {
                parser.advance();
                let class = unquote(token.text);
                return DataType::of_class(&class)
                    .map_err(|problem| SyntaxError::of_type(&class, &problem));
            }
            if !parser.peek_at(1).is_symbol("<") || token.kind != TokenKind::Identifier {
                return parser.named_type();
            }
            parser.at += 2;
            let data_type = match token.text.to_ascii_lowercase().as_str() {
                "list" => DataType::List(Box::new(parser.data_type()?)),
                "set" => DataType::Set(Box::new(parser.data_type()?)),
                "frozen" => parser.data_type()?.freeze(),
                "tuple" => DataType::Tuple(parser.comma_separated(Self::data_type)?),
                "map" => {
                    let key = parser.data_type()?;
                    parser.expect_symbol(",")?;
                    DataType::Map(Box::new(key), Box::new(parser.data_type()?))
                }
                "vector" => {
                    let element = parser.data_type()?;
                    parser.expect_symbol(",")?;
                    let dimensions = parser.peek();
                    let Ok(count) = dimensions.text.parse() else {
                        return Err(parser.expected("INTEGER"));
                    };
                    parser.advance();
                    DataType::Vector(Box::new(element), count)
                }
                _ => return Err(parser.no_viable_alternative()),
            };
            parser.expect_symbol(">")?;
            Ok(data_type)
        })
    }

    /// A native type, or a user-defined one, which may name its keyspace.
    fn named_type(&mut self) -> Result<DataType, SyntaxError> {
        let is_quoted = self.peek().kind == TokenKind::QuotedIdentifier;
        let name = self.identifier()?;
        if self.accept_symbol(".") {
            return self.identifier().map(DataType::Named);
        }
        Ok(if is_quoted { DataType::Named(name) } else { DataType::named(name) })
    }

    /// Runs `rule` one level deeper, and fails rather than overflow the stack.
    fn nested<T>(
        &mut self,
        rule: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }

    fn too_deep(&self) -> SyntaxError {
        let token = self.peek();
        SyntaxError::new(token.line, token.column, "too many nested terms or types")
    }

    fn no_viable_alternative(&self) -> SyntaxError {
        SyntaxError::no_viable_alternative(self.query, &self.tokens, self.at)
    }

    fn expected(&self, what: &str) -> SyntaxError {
        SyntaxError::mismatched_input(self.query, &self.tokens, self.at, what)
    }
}

/// The content of a quoted token, doubled quotes made single.
fn unquote(text: &str) -> String {
    if let Some(content) = text.strip_prefix("$$") {
        return content.strip_suffix("$$").unwrap_or(content).to_owned();
    }
    let (quote, doubled) = if text.starts_with('"') { ("\"", "\"\"") } else { ("'", "''") };
    let content = text.strip_prefix(quote).unwrap_or(text);
    content.strip_suffix(quote).unwrap_or(content).replace(doubled, quote)
}

/// Whether `word` is a keyword that cannot name anything unless quoted.
pub(super) fn is_reserved(word: &str) -> bool {
    const RESERVED: [&str; 62] = [
        "add",
        "allow",
        "alter",
        "and",
        "apply",
        "asc",
        "authorize",
        "batch",
        "begin",
        "by",
        "columnfamily",
        "create",
        "default",
        "delete",
        "desc",
        "describe",
        "drop",
        "entries",
        "execute",
        "from",
        "full",
        "grant",
        "if",
        "in",
        "index",
        "infinity",
        "insert",
        "into",
        "is",
        "keyspace",
        "limit",
        "materialized",
        "mbean",
        "mbeans",
        "modify",
        "nan",
        "norecursive",
        "not",
        "null",
        "of",
        "on",
        "or",
        "order",
        "primary",
        "rename",
        "replace",
        "revoke",
        "schema",
        "select",
        "set",
        "table",
        "to",
        "token",
        "truncate",
        "unlogged",
        "unset",
        "update",
        "use",
        "using",
        "view",
        "where",
        "with",
    ];
    RESERVED.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}
