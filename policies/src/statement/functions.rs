/// Functions of the server that give the same for the same arguments, whenever they are called. Sorted.
const DETERMINISTIC: [&str; 62] = [
    "abs",
    "asciiasblob",
    "avg",
    "bigintasblob",
    "blobasascii",
    "blobasbigint",
    "blobasboolean",
    "blobasdate",
    "blobasdecimal",
    "blobasdouble",
    "blobasfloat",
    "blobasinet",
    "blobasint",
    "blobastext",
    "blobastime",
    "blobastimestamp",
    "blobastimeuuid",
    "blobasuuid",
    "blobasvarchar",
    "blobasvarint",
    "booleanasblob",
    "cast",
    "count",
    "dateasblob",
    "dateof",
    "decimalasblob",
    "doubleasblob",
    "exp",
    "floatasblob",
    "fromjson",
    "inetasblob",
    "intasblob",
    "log",
    "log10",
    "map_keys",
    "map_values",
    "max",
    "maxtimeuuid",
    "maxwritetime",
    "min",
    "mintimeuuid",
    "round",
    "similarity_cosine",
    "similarity_dot_product",
    "similarity_euclidean",
    "sum",
    "textasblob",
    "timeasblob",
    "timestampasblob",
    "timeuuidasblob",
    "to_date",
    "to_timestamp",
    "to_unix_timestamp",
    "todate",
    "tojson",
    "token",
    "totimestamp",
    "tounixtimestamp",
    "ttl",
    "unixtimestampof",
    "uuidasblob",
    "writetime",
];

/// Whether a call of this function, named in any case, always gives the same for the same arguments.
pub(super) fn is_deterministic(name: &str) -> bool {
    DETERMINISTIC.binary_search(&&*name.to_ascii_lowercase()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_names_nothing_that_changes() {
        assert!(DETERMINISTIC.is_sorted());
        assert!(is_deterministic("ToKeN"));
        let changing = ["now", "uuid", "currentTimestamp", "current_timeuuid", "current_date"];
        assert!(changing.into_iter().all(|name| !is_deterministic(name)));
    }
}
