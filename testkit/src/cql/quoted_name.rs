//! Names as a statement has to write them.

use std::fmt;

use super::parser::is_reserved;

/// Shows a name, in quotes where it would otherwise be read as another one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QuotedName<'a>(pub(crate) &'a str);

impl fmt::Display for QuotedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0;
        let is_word = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if is_word && !is_reserved(name) {
            return f.write_str(name);
        }
        write!(f, "\"{}\"", name.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_need_quotes_get_them() {
        for (name, shown) in [
            ("a_1", "a_1"),
            ("A", "\"A\""),
            ("1a", "\"1a\""),
            ("table", "\"table\""),
            ("a\"b", "\"a\"\"b\""),
        ] {
            assert_eq!(QuotedName(name).to_string(), shown);
        }
    }
}
