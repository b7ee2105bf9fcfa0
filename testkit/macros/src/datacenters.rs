//! Data centers as the attribute lists them.

use syn::{Error, LitStr};

/// `east:2, west:1` as names and numbers of nodes.
pub(crate) fn parse(list: &LitStr) -> Result<Vec<(String, usize)>, Error> {
    let problem = |what: String| Error::new(list.span(), what);
    let mut datacenters = Vec::<(String, usize)>::new();
    for part in list.value().split(',') {
        let split = part.split_once(':').map(|(name, nodes)| (name.trim(), nodes.trim().parse()));
        let (name, nodes) = match split {
            Some((name, Ok(nodes))) if !name.is_empty() && nodes > 0 => (name, nodes),
            _ => {
                let found = part.trim();
                return Err(problem(format!("expected `name:nodes`, found `{found}`")));
            }
        };
        if datacenters.iter().any(|(known, _)| known == name) {
            return Err(problem(format!("the data center `{name}` comes twice")));
        }
        datacenters.push((name.to_owned(), nodes));
    }
    Ok(datacenters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(list: &str) -> Result<Vec<(String, usize)>, String> {
        let literal = LitStr::new(list, proc_macro2::Span::call_site());
        parse(&literal).map_err(|error| error.to_string())
    }

    #[test]
    fn names_and_numbers_are_read_and_what_is_neither_is_named() {
        let two = vec![("dc1".to_owned(), 2), ("dc2".to_owned(), 1)];
        assert_eq!(parsed("dc1:2,dc2:1"), Ok(two.clone()));
        assert_eq!(parsed(" dc1 : 2 , dc2: 1"), Ok(two));
        for (wrong, part) in [("", ""), ("dc1", "dc1"), ("dc1:x", "dc1:x"), ("a:1,b:0", "b:0")] {
            let problem = format!("expected `name:nodes`, found `{part}`");
            assert_eq!(parsed(wrong), Err(problem));
        }
        assert_eq!(parsed("a:1,a:2"), Err("the data center `a` comes twice".to_owned()));
    }
}
