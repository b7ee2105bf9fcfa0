use std::net::IpAddr;

/// A part of the ring as a node describes it, with the nodes that hold copies of the rows there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RingPart {
    /// The token after which it begins.
    pub start: i64,
    /// Its last token; where it is not above `start`, the part goes round the end of the ring.
    pub end: i64,
    /// The nodes with copies, in the server's order: the owner first.
    pub endpoints: Vec<IpAddr>,
}

impl RingPart {
    /// Whether a row with this token is there.
    #[must_use]
    pub fn contains(&self, token: i64) -> bool {
        let (follows, precedes) = (self.start < token, token <= self.end);
        if self.start < self.end { follows && precedes } else { follows || precedes }
    }

    /// Reads a line of `nodetool describering`, such as `TokenRange(start_token:1, end_token:2, endpoints:[::1], …)`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let field = |name, end| line.split_once(name)?.1.split_once(end).map(|(value, _)| value);
        let endpoints = field(" endpoints:[", ']')?;
        Some(Self {
            start: field("(start_token:", ',')?.parse().ok()?,
            end: field(" end_token:", ',')?.parse().ok()?,
            endpoints: endpoints.split(", ").map(str::parse).collect::<Result<_, _>>().ok()?,
        })
    }
}

/// The parts in what `nodetool describering` printed; or the line that cannot be read, empty when there was none.
pub(super) fn parse(output: &str) -> Result<Vec<RingPart>, String> {
    let lines = output.lines().map(str::trim).filter(|line| line.starts_with("TokenRange("));
    let parse = |line: &str| RingPart::parse(line).ok_or_else(|| line.to_owned());
    let parts: Vec<RingPart> = lines.map(parse).collect::<Result<_, _>>()?;
    if parts.is_empty() { Err(String::new()) } else { Ok(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIBED: &str = "\
Schema Version:a837e7b4-7d3d-3b64-972c-3a58fc34fb19
TokenRange: 
\tTokenRange(start_token:-5, end_token:7, endpoints:[127.0.9.2, 127.0.9.1], rpc_endpoints:[127.0.9.3], \
endpoint_details:[EndpointDetails(host:127.0.9.2, datacenter:dc1, rack:rack1)])
\tTokenRange(start_token:7, end_token:-5, endpoints:[::1], rpc_endpoints:[::1], endpoint_details:[])
";

    #[test]
    fn every_part_is_read_from_what_nodetool_prints() {
        let part = |start, end, endpoints: &[&str]| RingPart {
            start,
            end,
            endpoints: endpoints.iter().map(|ip| ip.parse().unwrap()).collect(),
        };
        let expected = [part(-5, 7, &["127.0.9.2", "127.0.9.1"]), part(7, -5, &["::1"])];
        assert_eq!(parse(DESCRIBED).unwrap(), expected);
    }

    #[test]
    fn a_part_that_cannot_be_read_is_told() {
        let broken = DESCRIBED.replace("::1", "somewhere");
        assert!(parse(&broken).unwrap_err().contains("endpoints:[somewhere]"));
        assert_eq!(parse("TokenRange: \n"), Err(String::new()));
    }

    #[test]
    fn a_token_is_in_the_part_whose_end_is_the_first_not_before_it() {
        let parts = parse(DESCRIBED).unwrap();
        let holders = |token| -> Vec<i64> {
            parts.iter().filter(|part| part.contains(token)).map(|part| part.end).collect()
        };
        for (token, end) in [(i64::MIN, -5), (-5, -5), (-4, 7), (7, 7), (8, -5), (i64::MAX, -5)] {
            assert_eq!(holders(token), [end], "{token}");
        }
        let whole = RingPart { start: 3, end: 3, endpoints: Vec::new() };
        assert!([i64::MIN, 3, 4, i64::MAX].into_iter().all(|token| whole.contains(token)));
    }
}
