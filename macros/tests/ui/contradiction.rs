use helenus_macros::{DecodeRow, DecodeValue};

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct SkippedAndRenamed {
    #[helenus(skip, rename = "key")]
    id: i32,
}

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct FlattenedAndRenamed {
    #[helenus(flatten, rename = "key")]
    id: (i32,),
}

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Twins {
    id: i32,
    #[helenus(rename = "id")]
    key: i32,
}

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol", by_position)]
struct FlattenedByPosition {
    #[helenus(flatten)]
    id: (i32,),
}

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol", by_position)]
struct DefaultByPosition {
    #[helenus(default)]
    id: i32,
}

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol", as_int)]
struct RowAsInt {
    id: i32,
}

#[derive(DecodeValue)]
#[helenus(crate = "helenus_protocol", as_int)]
enum RenamedNumber {
    #[helenus(rename = "one")]
    One,
}

#[derive(DecodeValue)]
#[helenus(crate = "helenus_protocol", by_position)]
struct UdtByPosition {
    id: i32,
}

fn main() {}
