//! Derive macros of the helenus driver.
