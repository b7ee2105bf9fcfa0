use super::parse;
use crate::{Dialect, PreparedMetadata, ProtocolVersion, Startup, Supported, WireError};

const LWT_MARK: &str = "SCYLLA_LWT_ADD_METADATA_MARK";
const LWT_MASK: &str = "LWT_OPTIMIZATION_META_BIT_MASK";
const RATE_LIMIT: &str = "SCYLLA_RATE_LIMIT_ERROR";
const RATE_LIMIT_CODE: &str = "ERROR_CODE";
const TABLETS: &str = "TABLETS_ROUTING_V1";
const METADATA_IDS: &str = "SCYLLA_USE_METADATA_ID";

/// ScyllaDB's extensions: those that a node offers in SUPPORTED, or those that a client asks for in STARTUP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ScyllaExtensions {
    /// The bit that marks conditional statements among the flags of PREPARE's answer.
    pub lwt_mark: Option<u32>,
    /// The code of the error for partitions that are asked for too often.
    pub rate_limit_error: Option<i32>,
    /// The node tells in a custom payload when a request went to a node that is no replica.
    pub tablets: bool,
    /// v4 carries the ids of result metadata, as v5 does.
    pub metadata_ids: bool,
}

impl ScyllaExtensions {
    /// The extensions that a node offers.
    ///
    /// # Errors
    /// A number that is none.
    pub fn from_supported(supported: &Supported) -> Result<Self, WireError> {
        Self::read(|name| supported.values(name).first().map(String::as_str))
    }

    /// The extensions that a client asks for.
    ///
    /// # Errors
    /// A number that is none.
    pub fn from_startup(startup: &Startup) -> Result<Self, WireError> {
        Self::read(|name| startup.option(name))
    }

    fn read<'a>(option: impl Fn(&str) -> Option<&'a str>) -> Result<Self, WireError> {
        let value = |name, key| {
            let found = option(name).and_then(|text| text.strip_prefix(key)?.strip_prefix('='));
            found.map(|number| (key, number))
        };
        let mask = value(LWT_MARK, LWT_MASK).map(|(key, number)| parse(key, number));
        let code = value(RATE_LIMIT, RATE_LIMIT_CODE).map(|(key, number)| parse(key, number));
        Ok(Self {
            lwt_mark: mask.transpose()?,
            rate_limit_error: code.transpose()?,
            tablets: option(TABLETS).is_some(),
            metadata_ids: option(METADATA_IDS).is_some(),
        })
    }

    /// Adds the extensions to what a client asks for.
    #[must_use]
    pub fn add_to_startup(&self, startup: Startup) -> Startup {
        self.options().into_iter().fold(startup, |startup, (name, value)| startup.with(name, value))
    }

    /// Adds the extensions to what a node offers.
    pub fn add_to_supported(&self, supported: &mut Supported) {
        let options = self.options().into_iter();
        supported.options.extend(options.map(|(name, value)| (name.to_owned(), vec![value])));
    }

    fn options(&self) -> Vec<(&'static str, String)> {
        let mut options = Vec::new();
        if let Some(mask) = self.lwt_mark {
            options.push((LWT_MARK, format!("{LWT_MASK}={mask}")));
        }
        if let Some(code) = self.rate_limit_error {
            options.push((RATE_LIMIT, format!("{RATE_LIMIT_CODE}={code}")));
        }
        if self.tablets {
            options.push((TABLETS, String::new()));
        }
        if self.metadata_ids {
            options.push((METADATA_IDS, String::new()));
        }
        options
    }

    /// How messages are read once both ends have agreed on these extensions.
    pub fn dialect(&self, version: ProtocolVersion) -> Dialect {
        let mut dialect = Dialect::new(version);
        dialect.metadata_ids = self.metadata_ids;
        dialect.rate_limit_error = self.rate_limit_error;
        dialect
    }

    /// Whether a prepared statement is marked as conditional, so that its replicas are best tried in a fixed order.
    pub fn is_conditional(&self, prepared: &PreparedMetadata) -> bool {
        self.lwt_mark.is_some_and(|mask| prepared.flags.cast_unsigned() & mask != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: ScyllaExtensions = ScyllaExtensions {
        lwt_mark: Some(1 << 31),
        rate_limit_error: Some(0x4321),
        tablets: true,
        metadata_ids: true,
    };

    #[test]
    fn what_a_node_offers_is_echoed() {
        let option = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
        let supported = Supported {
            options: vec![
                option("SCYLLA_LWT_ADD_METADATA_MARK", "LWT_OPTIMIZATION_META_BIT_MASK=2147483648"),
                option("SCYLLA_RATE_LIMIT_ERROR", "ERROR_CODE=17185"),
                option("TABLETS_ROUTING_V1", ""),
                option("SCYLLA_USE_METADATA_ID", ""),
            ],
        };
        let offered = ScyllaExtensions::from_supported(&supported).unwrap();
        assert_eq!(offered, ALL);
        let mut again = Supported::default();
        offered.add_to_supported(&mut again);
        assert_eq!(again, supported);

        let startup = offered.add_to_startup(Startup::default());
        assert_eq!(
            startup.option("SCYLLA_LWT_ADD_METADATA_MARK"),
            Some("LWT_OPTIMIZATION_META_BIT_MASK=2147483648")
        );
        assert_eq!(ScyllaExtensions::from_startup(&startup), Ok(ALL));
    }

    #[test]
    fn cassandra_offers_none() {
        let none = ScyllaExtensions::from_supported(&Supported::default());
        assert_eq!(none, Ok(ScyllaExtensions::default()));
        let startup = ScyllaExtensions::default().add_to_startup(Startup::new(None));
        assert_eq!(startup, Startup::new(None));
    }

    #[test]
    fn a_mask_that_is_no_number_is_refused() {
        let startup = Startup::default().with(LWT_MARK, "LWT_OPTIMIZATION_META_BIT_MASK=many");
        assert!(matches!(
            ScyllaExtensions::from_startup(&startup),
            Err(WireError::Unknown { what: LWT_MASK, .. })
        ));
    }

    #[test]
    fn a_conditional_statement_is_known_by_its_mark() {
        let marked = PreparedMetadata { flags: i32::MIN, ..PreparedMetadata::default() };
        assert!(ALL.is_conditional(&marked));
        assert!(!ALL.is_conditional(&PreparedMetadata::default()));
        assert!(!ScyllaExtensions::default().is_conditional(&marked));
    }

    #[test]
    fn the_dialect_has_what_changes_messages() {
        let dialect = ALL.dialect(ProtocolVersion::V4);
        assert!(dialect.has_metadata_ids());
        assert_eq!(dialect.rate_limit_error, Some(0x4321));
    }
}
