#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| helenus_testkit::feed(data));
