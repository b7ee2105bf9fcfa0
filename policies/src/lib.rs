//! Policies of CQL drivers, as pure decisions.
