use helenus_macros::{DecodeRow, DecodeValue};

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol", by_name)]
struct OnStruct {
    id: i32,
}

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct OnField {
    #[helenus(optional)]
    id: i32,
}

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct WithoutName {
    #[helenus(rename)]
    id: i32,
}

#[derive(DecodeValue)]
#[helenus(crate = "helenus_protocol")]
enum OnVariant {
    #[helenus(skip)]
    A,
}

fn main() {}
