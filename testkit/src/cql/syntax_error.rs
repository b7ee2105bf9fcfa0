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

    /// `tokens[at]` fits none of the rules tried.
    pub(crate) fn no_viable_alternative(query: &str, tokens: &[Token<'_>], at: usize) -> Self {
        let token = &tokens[at];
        let problem = format!(
            "no viable alternative at input '{}'{}",
            token.shown(),
            snippet(query, tokens, at)
        );
        Self::new(token.line, token.column, &problem)
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
        Self::new(token.line, token.column, &problem)
    }
}

/// The query around the offending token: up to ten tokens before it, the token in brackets.
fn snippet(query: &str, tokens: &[Token<'_>], at: usize) -> String {
    const TOKENS_BEFORE: usize = 10;
    let at = if tokens[at].kind == TokenKind::End { at.saturating_sub(1) } else { at };
    let token = &tokens[at];
    let from = at.saturating_sub(TOKENS_BEFORE);
    let lead = if from > 0 { "..." } else { "" };
    let before = &query[tokens[from].offset..token.offset];
    format!(" ({lead}{before}[{}]...)", token.text)
}
