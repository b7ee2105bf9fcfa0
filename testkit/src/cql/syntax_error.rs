//! Why a text is not CQL.

use super::lexer::{Token, TokenKind};

/// A text that is not CQL, told in Cassandra's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct SyntaxError {
    message: String,
}

impl SyntaxError {
    pub(crate) fn new(line: u32, column: u32, problem: &str) -> Self {
        Self { message: format!("line {line}:{column} {problem}") }
    }

    /// The class that a type is named by is none.
    pub(crate) fn of_type(class: &str, problem: &str) -> Self {
        Self { message: format!("Error setting type {class}: {problem}") }
    }

    /// `tokens[at]` fits none of the rules tried.
    pub(crate) fn no_viable_alternative(query: &str, tokens: &[Token<'_>], at: usize) -> Self {
        let token = &tokens[at];
        let problem = format!(
            "no viable alternative at input '{}'{}",
            token.shown(),
            snippet(query, tokens, at)
        );
        Self { message: format!("{} {problem}", place(token)) }
    }

    /// Only `expected` could stand where `tokens[at]` does.
    pub(crate) fn mismatched_input(
        query: &str,
        tokens: &[Token<'_>],
        at: usize,
        expected: &str,
    ) -> Self {
        let token = &tokens[at];
        let problem = format!(
            "mismatched input '{}' expecting {expected}{}",
            token.shown(),
            snippet(query, tokens, at)
        );
        Self { message: format!("{} {problem}", place(token)) }
    }
}

/// The query around the offending token: up to ten tokens before it, the token in brackets.
fn snippet(query: &str, tokens: &[Token<'_>], at: usize) -> String {
    const TOKENS_BEFORE: usize = 10;
    let token = &tokens[at];
    if token.kind == TokenKind::End {
        return String::new();
    }
    let from = at.saturating_sub(TOKENS_BEFORE);
    let lead = if from > 0 { "..." } else { "" };
    let is_last = tokens.get(at + 1).is_none_or(|next| next.kind == TokenKind::End);
    let rest = if is_last { "" } else { "..." };
    let before = &query[tokens[from].offset..token.offset];
    format!(" ({lead}{before}[{}]{rest})", token.text)
}

/// Where a token is: Cassandra gives no place to the end.
fn place(token: &Token<'_>) -> String {
    if token.kind == TokenKind::End {
        return "line 0:-1".to_owned();
    }
    format!("line {}:{}", token.line, token.column)
}
