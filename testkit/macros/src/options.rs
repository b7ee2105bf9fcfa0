//! What the attribute may be told.

use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitInt, LitStr, Token};

use crate::datacenters;

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    /// Data centers and how many nodes each has; one of one node if there are none.
    pub(crate) datacenters: Vec<(String, usize)>,
    pub(crate) racks: Option<usize>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self, Error> {
        let mut options = Self::default();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            let has_nodes = !options.datacenters.is_empty();
            match name.to_string().as_str() {
                "nodes" | "datacenters" if has_nodes => {
                    return Err(Error::new(name.span(), "the nodes are given twice"));
                }
                "nodes" => {
                    options.datacenters = vec![("datacenter1".to_owned(), positive(input)?)];
                }
                "datacenters" => {
                    options.datacenters = datacenters::parse(&input.parse::<LitStr>()?)?;
                }
                "racks" => options.racks = Some(positive(input)?),
                other => {
                    let problem = format!(
                        "`{other}` is no option; those that are: `nodes`, `datacenters` and `racks`"
                    );
                    return Err(Error::new(name.span(), problem));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

fn positive(input: ParseStream<'_>) -> Result<usize, Error> {
    let literal: LitInt = input.parse()?;
    match literal.base10_parse()? {
        0 => Err(Error::new(literal.span(), "expected a number above zero")),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(options: &str) -> Result<Options, String> {
        syn::parse_str(options).map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_read_in_any_order_and_none_is_needed() {
        assert_eq!(parsed(""), Ok(Options::default()));
        let three = vec![("datacenter1".to_owned(), 3)];
        let expected = Ok(Options { datacenters: three, racks: Some(2) });
        assert_eq!(parsed("nodes = 3, racks = 2"), expected);
        assert_eq!(parsed("racks = 2, nodes = 3,"), expected);
        assert_eq!(parsed("datacenters = \"datacenter1:3\", racks = 2"), expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (options, problem) in [
            ("nodes = 0", "expected a number above zero"),
            ("nodes = 1, datacenters = \"a:1\"", "the nodes are given twice"),
            ("nodes = \"1\"", "expected integer literal"),
            (
                "tokens = 1",
                "`tokens` is no option; those that are: `nodes`, `datacenters` and `racks`",
            ),
        ] {
            assert_eq!(parsed(options), Err(problem.to_owned()));
        }
    }
}
