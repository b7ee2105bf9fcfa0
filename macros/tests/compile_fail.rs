//! What cannot be derived is refused where it stands, with words that say what to write instead.

#[test]
fn errors_point_at_what_is_wrong() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
