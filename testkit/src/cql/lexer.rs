//! From CQL text to tokens with positions.

use super::syntax_error::SyntaxError;

/// What a token is; its text is the slice of the query it spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Identifier,
    QuotedIdentifier,
    String,
    /// A string between `$$` and `$$`.
    DollarString,
    Integer,
    Float,
    Blob,
    Uuid,
    Duration,
    Symbol,
    End,
}

/// A token and where it begins: lines count from one, columns from zero, as Cassandra counts them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'a str,
    pub(crate) offset: usize,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl<'a> Token<'a> {
    /// Whether this is the unquoted word `keyword`, in any case.
    pub(crate) fn is_keyword(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Identifier && self.text.eq_ignore_ascii_case(keyword)
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    /// The text as an error message shows it.
    pub(crate) fn shown(&self) -> &'a str {
        match self.kind {
            TokenKind::End => "<EOF>",
            TokenKind::String => self.text.trim_matches('\''),
            _ => self.text,
        }
    }
}

/// Cuts `query` into tokens; the last one is always [`TokenKind::End`].
pub(crate) fn tokenize(query: &str) -> Result<Vec<Token<'_>>, SyntaxError> {
    let mut lexer = Lexer { query, offset: 0, line: 1, column: 0 };
    let mut tokens = Vec::with_capacity(query.len() / 4 + 1);
    loop {
        let token = lexer.next_token()?;
        tokens.push(token);
        if token.kind == TokenKind::End {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    query: &'a str,
    offset: usize,
    line: u32,
    column: u32,
}

impl<'a> Lexer<'a> {
    fn next_token(&mut self) -> Result<Token<'a>, SyntaxError> {
        self.skip_blanks()?;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(self.take(TokenKind::End, 0));
        };
        let (kind, length) = match first {
            '\'' => (TokenKind::String, self.quoted_length('\'')?),
            '"' => (TokenKind::QuotedIdentifier, self.quoted_length('"')?),
            '$' if rest.starts_with("$$") => match rest[2..].find("$$") {
                Some(end) => (TokenKind::DollarString, end + 4),
                None => return Err(self.unexpected_character(first)),
            },
            _ if uuid_length(rest).is_some() => (TokenKind::Uuid, UUID_LENGTH),
            '0'..='9' => number(rest),
            'a'..='z' | 'A'..='Z' => match iso_duration_length(rest) {
                Some(length) => (TokenKind::Duration, length),
                None => (
                    TokenKind::Identifier,
                    count_while(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_'),
                ),
            },
            _ => match symbol_length(rest) {
                Some(length) => (TokenKind::Symbol, length),
                None => return Err(self.unexpected_character(first)),
            },
        };
        Ok(self.take(kind, length))
    }

    fn rest(&self) -> &'a str {
        &self.query[self.offset..]
    }

    fn take(&mut self, kind: TokenKind, length: usize) -> Token<'a> {
        let text = &self.rest()[..length];
        let token = Token { kind, text, offset: self.offset, line: self.line, column: self.column };
        self.advance(length);
        token
    }

    fn advance(&mut self, length: usize) {
        for character in self.rest()[..length].chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 0;
            } else {
                self.column += 1;
            }
        }
        self.offset += length;
    }

    fn skip_blanks(&mut self) -> Result<(), SyntaxError> {
        loop {
            let rest = self.rest();
            let length = if rest.starts_with("--") || rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if let Some(comment) = rest.strip_prefix("/*") {
                match comment.find("*/") {
                    Some(end) => end + 4,
                    None => return Err(self.unexpected_character('/')),
                }
            } else {
                count_while(rest, |byte| byte.is_ascii_whitespace())
            };
            if length == 0 {
                return Ok(());
            }
            self.advance(length);
        }
    }

    /// The length of a token between `quote`s, in which a doubled quote stands for one.
    fn quoted_length(&self, quote: char) -> Result<usize, SyntaxError> {
        let rest = self.rest();
        let mut from = 1;
        while let Some(position) = rest[from..].find(quote) {
            from += position + 1;
            if !rest[from..].starts_with(quote) {
                return Ok(from);
            }
            from += 1;
        }
        let mut end = Self { query: self.query, ..*self };
        end.advance(rest.len());
        let problem = format!("mismatched character '<EOF>' expecting '{quote}'");
        Err(SyntaxError::new(end.line, end.column, &problem))
    }

    fn unexpected_character(&self, character: char) -> SyntaxError {
        SyntaxError::new(
            self.line,
            self.column,
            &format!("no viable alternative at character '{character}'"),
        )
    }
}

const UUID_LENGTH: usize = 36;

fn uuid_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes().get(..UUID_LENGTH)?;
    let matches = bytes.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    matches.then_some(UUID_LENGTH)
}

fn number(text: &str) -> (TokenKind, usize) {
    if text.starts_with("0x") || text.starts_with("0X") {
        return (TokenKind::Blob, 2 + count_while(&text[2..], |byte| byte.is_ascii_hexdigit()));
    }
    if let Some(length) = duration_length(text) {
        return (TokenKind::Duration, length);
    }
    let mut length = digits(text);
    let mut kind = TokenKind::Integer;
    // Two dots are not a fraction's: they stand between the ends of a slice.
    if let Some(fraction) =
        text[length..].strip_prefix('.').filter(|fraction| !fraction.starts_with('.'))
    {
        kind = TokenKind::Float;
        length += 1 + digits(fraction);
    }
    if let Some(exponent) = text[length..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let exponent_digits = digits(&exponent[sign..]);
        if exponent_digits > 0 {
            kind = TokenKind::Float;
            length += 1 + sign + exponent_digits;
        }
    }
    (kind, length)
}

/// `1h30m`, `2mo`: numbers, each with a unit, up to the end of the word.
fn duration_length(text: &str) -> Option<usize> {
    const UNITS: [&str; 12] = ["mo", "ms", "us", "µs", "ns", "y", "w", "d", "h", "m", "s", "μs"];
    let mut length = 0;
    loop {
        let count = digits(&text[length..]);
        if count == 0 {
            break;
        }
        let unit_at = length + count;
        let unit = UNITS.iter().find(|unit| {
            text.get(unit_at..unit_at + unit.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(unit))
        })?;
        length = unit_at + unit.len();
    }
    (length > 0 && at_word_end(&text[length..])).then_some(length)
}

/// `P1Y2M3DT4H5M6S` and `P4W`.
fn iso_duration_length(text: &str) -> Option<usize> {
    let body = text.strip_prefix(['P', 'p'])?;
    let mut length = 0;
    let mut pairs = 0;
    loop {
        if body[length..].starts_with(['T', 't']) {
            length += 1;
        }
        let count = digits(&body[length..]);
        if count == 0 {
            break;
        }
        length += count;
        if !body[length..].starts_with(['Y', 'M', 'W', 'D', 'H', 'S', 'y', 'm', 'w', 'd', 'h', 's'])
        {
            return None;
        }
        length += 1;
        pairs += 1;
    }
    (pairs > 0 && at_word_end(&body[length..])).then_some(length + 1)
}

fn at_word_end(text: &str) -> bool {
    !text.starts_with(|character: char| character.is_alphanumeric() || character == '_')
}

fn symbol_length(text: &str) -> Option<usize> {
    const TWO: [&str; 3] = ["<=", ">=", "!="];
    const ONE: &[u8] = b"()[]{},;.:?=<>+-*/%";
    if TWO.iter().any(|symbol| text.starts_with(symbol)) {
        return Some(2);
    }
    text.bytes().next().is_some_and(|byte| ONE.contains(&byte)).then_some(1)
}

fn digits(text: &str) -> usize {
    count_while(text, |byte| byte.is_ascii_digit())
}

fn count_while(text: &str, accept: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| accept(*byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(query: &str) -> Vec<(TokenKind, &str)> {
        let mut tokens: Vec<_> =
            tokenize(query).unwrap().into_iter().map(|token| (token.kind, token.text)).collect();
        assert_eq!(tokens.pop(), Some((TokenKind::End, "")));
        tokens
    }

    #[test]
    fn words_numbers_and_symbols_are_told_apart() {
        use TokenKind::*;
        assert_eq!(
            kinds("SELECT a, \"B\" FROM k.t WHERE c>=-1.5e3;"),
            [
                (Identifier, "SELECT"),
                (Identifier, "a"),
                (Symbol, ","),
                (QuotedIdentifier, "\"B\""),
                (Identifier, "FROM"),
                (Identifier, "k"),
                (Symbol, "."),
                (Identifier, "t"),
                (Identifier, "WHERE"),
                (Identifier, "c"),
                (Symbol, ">="),
                (Symbol, "-"),
                (Float, "1.5e3"),
                (Symbol, ";"),
            ]
        );
    }

    #[test]
    fn literals_keep_their_text() {
        use TokenKind::*;
        assert_eq!(
            kinds(
                "'it''s' $$a'b$$ 0xCAFE 12 1h30m P1Y2M 123e4567-e89b-12d3-a456-426614174000 a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
            ),
            [
                (String, "'it''s'"),
                (DollarString, "$$a'b$$"),
                (Blob, "0xCAFE"),
                (Integer, "12"),
                (Duration, "1h30m"),
                (Duration, "P1Y2M"),
                (Uuid, "123e4567-e89b-12d3-a456-426614174000"),
                (Uuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            ]
        );
    }

    #[test]
    fn comments_are_skipped_and_positions_are_kept() {
        let tokens = tokenize("-- first\n/* second\n */ SELECT // third\n  x").unwrap();
        let select = tokens[0];
        let x = tokens[1];
        assert_eq!((select.text, select.line, select.column), ("SELECT", 3, 4));
        assert_eq!((x.text, x.line, x.column), ("x", 4, 2));
    }

    #[test]
    fn an_unclosed_string_and_a_stray_character_are_errors_with_a_position() {
        assert_eq!(
            tokenize("SELECT 'a").unwrap_err().to_string(),
            "line 1:9 mismatched character '<EOF>' expecting '''"
        );
        assert_eq!(
            tokenize("a\n §").unwrap_err().to_string(),
            "line 2:1 no viable alternative at character '§'"
        );
    }

    #[test]
    fn p_words_that_are_no_durations_are_identifiers() {
        assert_eq!(kinds("p1 pk P"), ["p1", "pk", "P"].map(|word| (TokenKind::Identifier, word)));
    }
}
