//! What a node can be made to do wrong.

mod active_fault;
mod delays;
mod effect;
mod error;
#[expect(clippy::module_inception, reason = "a file is named after what it holds")]
mod fault;
mod fault_host;
mod fault_kind;
mod faults;
mod injected_fault;
mod notation;
mod occasion;
mod target;
mod words;

pub(crate) use active_fault::ActiveFault;
pub(crate) use effect::Effect;
pub use error::FaultError;
pub use fault::Fault;
pub(crate) use fault_host::FaultHost;
pub(crate) use faults::Faults;
pub use injected_fault::InjectedFault;
pub(crate) use occasion::{Occasion, RequestOccasion};
