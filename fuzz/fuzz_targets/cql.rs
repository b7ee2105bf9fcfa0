#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| helenus_testkit::feed_cql(text));
