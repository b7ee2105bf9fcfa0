use helenus_macros::{DecodeRow, EncodeRow};

#[derive(DecodeRow, EncodeRow)]
#[helenus(crate = "helenus_protocol")]
enum Shape {
    Square,
}

fn main() {}
