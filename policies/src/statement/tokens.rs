/// A piece of a statement's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexeme<'a> {
    /// A keyword or an unquoted name.
    Word(&'a str),
    /// A name in double quotes.
    Name,
    /// A text in single quotes or double dollars.
    Text,
    /// A number, a UUID or a blob.
    Number,
    /// Any other character.
    Symbol(char),
    /// Something that is no CQL, such as a text that does not end.
    Unknown,
}

impl Lexeme<'_> {
    /// Whether it is a keyword, in any case.
    pub(super) fn is(self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// Cuts a statement's text into pieces, without spaces and comments.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// Whether what came before can be the left side of an operator.
    follows_operand: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(cql: &'a str) -> Self {
        Self { rest: cql, follows_operand: false }
    }

    fn skip_blanks(&mut self) -> Result<(), ()> {
        loop {
            let text = self.rest.trim_start();
            self.rest = if text.starts_with("--") || text.starts_with("//") {
                text.split_once(['\n', '\r']).map_or("", |(_, rest)| rest)
            } else if let Some(comment) = text.strip_prefix("/*") {
                comment.split_once("*/").map(|(_, rest)| rest).ok_or(())?
            } else {
                self.rest = text;
                return Ok(());
            };
        }
    }

    /// Takes what is quoted; a quote that comes twice inside is not its end.
    fn quoted(&mut self, quote: char) -> Option<()> {
        let mut rest = self.rest.strip_prefix(quote)?;
        loop {
            (_, rest) = rest.split_once(quote)?;
            match rest.strip_prefix(quote) {
                Some(more) => rest = more,
                None => break,
            }
        }
        self.rest = rest;
        Some(())
    }

    fn dollars(&mut self) -> Option<()> {
        (_, self.rest) = self.rest.strip_prefix("$$")?.split_once("$$")?;
        Some(())
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|next| !is_part(next)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn lexeme(&mut self, first: char) -> Lexeme<'a> {
        let starts_with_digit = |text: &str| text.starts_with(|next: char| next.is_ascii_digit());
        let is_signed =
            || !self.follows_operand && self.rest.strip_prefix('-').is_some_and(starts_with_digit);
        match first {
            _ if is_uuid(self.rest) => {
                self.rest = &self.rest[UUID.len()..];
                Lexeme::Number
            }
            '\'' => self.quoted('\'').map_or(Lexeme::Unknown, |()| Lexeme::Text),
            '"' => self.quoted('"').map_or(Lexeme::Unknown, |()| Lexeme::Name),
            '$' => self.dollars().map_or(Lexeme::Unknown, |()| Lexeme::Text),
            first if first.is_ascii_alphabetic() => {
                Lexeme::Word(self.take_while(|next| next.is_ascii_alphanumeric() || next == '_'))
            }
            first if first.is_ascii_digit() || is_signed() => {
                self.rest = &self.rest[1..];
                let number = self.take_while(|next| next.is_ascii_alphanumeric() || next == '.');
                let is_exponent = number.ends_with(['e', 'E']) && !number.starts_with(['x', 'X']);
                if is_exponent && let Some(exponent) = self.rest.strip_prefix(['+', '-']) {
                    self.rest = exponent;
                    self.take_while(|next| next.is_ascii_digit());
                }
                Lexeme::Number
            }
            first if first.is_ascii_punctuation() => {
                self.rest = &self.rest[1..];
                Lexeme::Symbol(first)
            }
            _ => Lexeme::Unknown,
        }
    }
}

/// What a UUID looks like.
const UUID: &[u8] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// Whether a text starts with a whole UUID. Nothing less will do: `cafebabe-1` is a subtraction.
fn is_uuid(text: &str) -> bool {
    let is_part = |(byte, shape): (&u8, &u8)| match shape {
        b'-' => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    let start = text.as_bytes().get(..UUID.len());
    start.is_some_and(|start| start.iter().zip(UUID).all(is_part))
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Lexeme<'a>;

    fn next(&mut self) -> Option<Lexeme<'a>> {
        if self.skip_blanks().is_err() {
            self.rest = "";
            return Some(Lexeme::Unknown);
        }
        let first = self.rest.chars().next()?;
        let lexeme = self.lexeme(first);
        if lexeme == Lexeme::Unknown {
            self.rest = "";
        }
        self.follows_operand = match lexeme {
            Lexeme::Symbol(symbol) => matches!(symbol, ')' | ']' | '}' | '?'),
            _ => true,
        };
        Some(lexeme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(cql: &str) -> Vec<Lexeme<'_>> {
        Tokens::new(cql).collect()
    }

    #[test]
    fn comments_and_spaces_are_passed_over() {
        let text = " a -- b\n // c\r\n/* d ' */ e /**/";
        assert_eq!(tokens(text), [Lexeme::Word("a"), Lexeme::Word("e")]);
    }

    #[test]
    fn quotes_hide_what_is_in_them() {
        assert_eq!(tokens("'it''s -- no'"), [Lexeme::Text]);
        assert_eq!(tokens("$$ it's $$"), [Lexeme::Text]);
        assert_eq!(tokens(r#""a""b""#), [Lexeme::Name]);
        for open in ["'a", "\"a", "$$a$", "/* a", "'a''"] {
            assert_eq!(tokens(open), [Lexeme::Unknown], "{open}");
        }
    }

    #[test]
    fn a_sign_is_part_of_a_number_only_where_no_operand_precedes_it() {
        assert_eq!(tokens("=-1"), [Lexeme::Symbol('='), Lexeme::Number]);
        assert_eq!(tokens("c-1"), [Lexeme::Word("c"), Lexeme::Symbol('-'), Lexeme::Number]);
        assert_eq!(tokens("? -1"), [Lexeme::Symbol('?'), Lexeme::Symbol('-'), Lexeme::Number]);
        assert_eq!(tokens("1.5e10 2e-3 0xcafe"), [Lexeme::Number; 3]);
        assert_eq!(tokens("0x1e-3").len(), 3);
    }

    #[test]
    fn a_uuid_is_one_piece_whatever_it_starts_with() {
        assert_eq!(tokens("cafebabe-0000-1000-8000-00805f9b34fb"), [Lexeme::Number]);
        assert_eq!(tokens("00000000-0000-1000-8000-00805f9b34fb"), [Lexeme::Number]);
        assert_eq!(tokens("cafebabe-1").len(), 3);
    }
}
