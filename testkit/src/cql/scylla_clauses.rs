//! What ScyllaDB's CQL has beside Cassandra's: it says how a node is to go about a statement, and not what it does.

use std::borrow::Cow;
use std::ops::Range;

use super::lexer::{Token, TokenKind, tokenize};

/// The statement without `USING TIMEOUT 50ms` and `BYPASS CACHE`: blanks stand there, so that places stay as they are.
pub(crate) fn without_scylla_clauses(cql: &str) -> Cow<'_, str> {
    if !mentions(cql, "TIMEOUT") && !mentions(cql, "BYPASS") {
        return Cow::Borrowed(cql);
    }
    // What is no CQL is told by whoever parses it.
    let Ok(tokens) = tokenize(cql) else { return Cow::Borrowed(cql) };
    let mut clauses = (0..tokens.len()).filter_map(|at| clause(&tokens, at)).peekable();
    if clauses.peek().is_none() {
        return Cow::Borrowed(cql);
    }
    let mut rest = cql.to_owned();
    for range in clauses {
        // A duration's unit may have a letter of two bytes.
        let blanks = " ".repeat(range.len());
        rest.replace_range(range, &blanks);
    }
    Cow::Owned(rest)
}

/// Where the clause that begins with a token stands, if one does.
fn clause(tokens: &[Token<'_>], at: usize) -> Option<Range<usize>> {
    let is = |ahead: usize, word: &str| {
        tokens.get(at + ahead).is_some_and(|token| token.is_keyword(word))
    };
    let is_timeout = |ahead: usize| {
        let time = tokens.get(at + ahead + 1);
        is(ahead, "TIMEOUT") && time.is_some_and(|time| time.kind == TokenKind::Duration)
    };
    let range = |first: usize, last: usize| {
        let (first, last) = (tokens[at + first], tokens[at + last]);
        first.offset..last.offset + last.text.len()
    };
    if is(0, "BYPASS") && is(1, "CACHE") {
        Some(range(0, 1))
    } else if is(0, "USING") && is_timeout(1) {
        // Another option takes its place behind USING.
        Some(if is(3, "AND") { range(1, 3) } else { range(0, 2) })
    } else if is(0, "AND") && is_timeout(1) {
        Some(range(0, 2))
    } else {
        None
    }
}

fn mentions(cql: &str, word: &str) -> bool {
    cql.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clauses_are_blanked_and_nothing_else_is() {
        for (cql, expected) in [
            ("SELECT a FROM t USING TIMEOUT 50ms", "SELECT a FROM t"),
            (
                "SELECT a FROM t ALLOW FILTERING BYPASS CACHE using timeout 2s;",
                "SELECT a FROM t ALLOW FILTERING;",
            ),
            (
                "INSERT INTO t (a) VALUES (1) USING TTL 5 AND TIMEOUT 50ms",
                "INSERT INTO t (a) VALUES (1) USING TTL 5",
            ),
            ("UPDATE t USING TIMEOUT 1h AND TTL 5 SET a = 1", "UPDATE t USING TTL 5 SET a = 1"),
            (
                "SELECT timeout FROM t WHERE k = 1 AND timeout = 5",
                "SELECT timeout FROM t WHERE k = 1 AND timeout = 5",
            ),
            (
                "SELECT a FROM t WHERE b = 'USING TIMEOUT 5ms'",
                "SELECT a FROM t WHERE b = 'USING TIMEOUT 5ms'",
            ),
            ("SELECT 'timeout", "SELECT 'timeout"),
        ] {
            let words = |text: &str| {
                text.replace(';', " ;").split_whitespace().collect::<Vec<_>>().join(" ")
            };
            let rest = without_scylla_clauses(cql);
            assert_eq!(words(&rest), words(expected));
            assert_eq!(rest.len(), cql.len());
        }
    }
}
