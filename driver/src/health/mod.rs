//! How nodes do: what is measured of them, and what follows from it.

mod vitals;

pub(crate) use vitals::Vitals;
