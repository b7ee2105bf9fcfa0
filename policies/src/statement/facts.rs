use super::StatementKind;
use super::functions::is_deterministic;
use super::tokens::{Lexeme, Tokens};

/// What a statement's text tells of it.
///
/// Idempotence is a guess that errs on one side: where it is not certain the statement is not idempotent. It is
/// certain for a plain SELECT, INSERT, UPDATE or DELETE and for batches of them, without
///
/// - conditions (`IF`),
/// - arithmetic in a write (`c = c + 1`): it counts, or appends to a list,
/// - elements by anything but a text (`DELETE l[0]`): they may be a list's,
/// - functions that are not known to give the same each time (`now()`, `uuid()`, those of users).
///
/// ```
/// use helenus_policies::StatementFacts;
///
/// assert!(StatementFacts::of("UPDATE t SET a = ? WHERE k = ?").is_idempotent);
/// assert!(!StatementFacts::of("UPDATE t SET a = a + ? WHERE k = ?").is_idempotent);
/// assert!(StatementFacts::of("DELETE FROM t WHERE k = ? IF EXISTS").is_conditional);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StatementFacts {
    /// Whether it reads or writes.
    pub kind: StatementKind,
    /// Whether it has a condition, which Paxos decides.
    pub is_conditional: bool,
    /// Whether running it twice is certainly the same as running it once.
    pub is_idempotent: bool,
}

impl StatementFacts {
    /// The facts of a statement.
    pub fn of(cql: &str) -> Self {
        let first = Tokens::new(cql).next();
        let is_first = |keyword| first.is_some_and(|first| first.is(keyword));
        let is_batch = is_first("BEGIN");
        let kind = if is_first("SELECT") {
            StatementKind::Read
        } else if is_batch || ["INSERT", "UPDATE", "DELETE"].into_iter().any(is_first) {
            StatementKind::Write
        } else {
            return Self::default();
        };
        let is_conditional = Tokens::new(cql).any(|lexeme| lexeme.is("IF"));
        let is_idempotent = !is_conditional && is_repeatable(cql, kind, is_batch);
        Self { kind, is_conditional, is_idempotent }
    }
}

/// Whether nothing in the text makes a second run differ from the first.
fn is_repeatable(cql: &str, kind: StatementKind, is_batch: bool) -> bool {
    let mut before = [Lexeme::Symbol(';'); 2];
    let mut tokens = Tokens::new(cql).peekable();
    let mut table = Table::No;
    while let Some(lexeme) = tokens.next() {
        table = table.after(lexeme);
        let next = tokens.peek().copied();
        let is_writing = kind == StatementKind::Write;
        let is_fine = match lexeme {
            Lexeme::Unknown => false,
            Lexeme::Symbol('+' | '-') => !is_writing,
            Lexeme::Symbol('[') => {
                !is_writing || !is_operand(before[1]) || next == Some(Lexeme::Text)
            }
            Lexeme::Symbol(';') => is_batch || next.is_none(),
            Lexeme::Symbol('(') => table.is_named() || may_open(before),
            lexeme => !(is_batch && lexeme.is("COUNTER")),
        };
        if !is_fine {
            return false;
        }
        before = [before[1], lexeme];
    }
    true
}

fn is_operand(lexeme: Lexeme<'_>) -> bool {
    matches!(lexeme, Lexeme::Word(_) | Lexeme::Name | Lexeme::Symbol(')' | ']'))
}

/// Whether a parenthesis after these two pieces calls no function, or one that is known.
fn may_open(before: [Lexeme<'_>; 2]) -> bool {
    match before {
        // What a keyspace has is a user's function.
        [Lexeme::Symbol('.'), Lexeme::Word(_)] | [_, Lexeme::Name] => false,
        [Lexeme::Symbol(')'), values] if values.is("VALUES") => true,
        [_, Lexeme::Word(word)] => {
            let is_keyword = ["AND", "IN", "WHERE"]
                .into_iter()
                .any(|keyword| word.eq_ignore_ascii_case(keyword));
            is_keyword || is_deterministic(word)
        }
        _ => true,
    }
}

/// Where in `INSERT INTO table (` the text is: the parenthesis there opens columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    No,
    Insert,
    Into,
    Named,
    Dot,
}

impl Table {
    fn after(self, lexeme: Lexeme<'_>) -> Self {
        let is_name = matches!(lexeme, Lexeme::Word(_) | Lexeme::Name);
        match self {
            Self::Insert if lexeme.is("INTO") => Self::Into,
            Self::Into | Self::Dot if is_name => Self::Named,
            Self::Named if lexeme == Lexeme::Symbol('.') => Self::Dot,
            Self::Named if lexeme == Lexeme::Symbol('(') => Self::Named,
            _ if lexeme.is("INSERT") => Self::Insert,
            _ => Self::No,
        }
    }

    fn is_named(self) -> bool {
        self == Self::Named
    }
}

#[cfg(test)]
mod tests;
