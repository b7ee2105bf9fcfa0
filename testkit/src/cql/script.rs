//! Statements one after another, as files hold them.

use super::lexer::{Token, TokenKind, tokenize};
use super::syntax_error::SyntaxError;

/// A statement of a script, without the semicolon behind it, and the line, from one, on which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScriptStatement<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: u32,
}

/// Cuts a script at its semicolons. Those within a batch belong to it.
pub(crate) fn split(script: &str) -> Result<Vec<ScriptStatement<'_>>, SyntaxError> {
    let tokens = tokenize(script)?;
    let mut statements = Vec::new();
    let mut open: Option<Token<'_>> = None;
    let mut is_batch = false;
    for (at, token) in tokens.iter().enumerate() {
        let ends_batch = || {
            let before = |steps: usize| at.checked_sub(steps).and_then(|index| tokens.get(index));
            before(1).is_some_and(|token| token.is_keyword("BATCH"))
                && before(2).is_some_and(|token| token.is_keyword("APPLY"))
        };
        let is_end =
            token.kind == TokenKind::End || (token.is_symbol(";") && (!is_batch || ends_batch()));
        match open {
            Some(first) if is_end => {
                let text = script[first.offset..token.offset].trim_end();
                statements.push(ScriptStatement { text, line: first.line });
                open = None;
            }
            None if !is_end => {
                is_batch = token.is_keyword("BEGIN");
                open = Some(*token);
            }
            _ => {}
        }
    }
    Ok(statements)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<(&str, u32)> {
        split(script).unwrap().into_iter().map(|one| (one.text, one.line)).collect()
    }

    #[test]
    fn a_script_is_cut_at_its_semicolons_and_nowhere_else() {
        let script = "-- a; comment\nUSE ks;;\n  INSERT INTO t (a) VALUES ('x;''y') ;\n/* ; */ SELECT \"a;b\" FROM t";
        assert_eq!(
            texts(script),
            [
                ("USE ks", 2),
                ("INSERT INTO t (a) VALUES ('x;''y')", 3),
                ("SELECT \"a;b\" FROM t", 4),
            ]
        );
        assert_eq!(texts(" ; -- nothing\n"), []);
    }

    #[test]
    fn the_statements_of_a_batch_stay_together() {
        let batch = "begin unlogged batch INSERT INTO t (a) VALUES (1); DELETE FROM t WHERE a = 2; apply batch";
        assert_eq!(texts(&format!("{batch}; USE ks;")), [(batch, 1), ("USE ks", 1)]);
    }

    #[test]
    fn a_function_s_body_is_one_piece() {
        let function = "CREATE FUNCTION f (a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$return a;$$";
        assert_eq!(texts(&format!("{function};")), [(function, 1)]);
    }

    #[test]
    fn what_cannot_be_cut_says_where() {
        assert!(split("USE ks;\nSELECT 'a").unwrap_err().to_string().starts_with("line 2:"));
    }
}
