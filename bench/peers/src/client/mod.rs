//! A load on a CQL server, made by one driver, of which every answer is checked.

mod bare;
mod cdrs;
mod driver;
mod fill;
mod helenus;
mod idle;
mod load;
mod options;
mod peer;
mod report;
mod run;
mod scan;
mod scylla;
mod tls;
mod usage;

pub use driver::{Compression, Driver, Protocol, Workload};
pub use options::Options;
pub use report::{Outcome, Report};
pub use run::run;
