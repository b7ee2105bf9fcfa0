use helenus_macros::{DecodeRow, DecodeValue, EncodeRow, EncodeValue};

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct TwoLifetimes<'a, 'b> {
    left: &'a str,
    right: &'b str,
}

#[derive(EncodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Unit;

#[derive(DecodeValue)]
#[helenus(crate = "helenus_protocol")]
union Either {
    left: i32,
    right: f32,
}

#[derive(EncodeValue)]
#[helenus(crate = "helenus_protocol")]
struct UdtWithoutNames(i32, i32);

#[derive(EncodeValue)]
#[helenus(crate = "helenus_protocol")]
enum WithFields {
    Known,
    Other(String),
}

#[derive(DecodeValue)]
#[helenus(crate = "helenus_protocol")]
enum Twins {
    A,
    #[helenus(rename = "A")]
    B,
}

#[derive(DecodeValue)]
#[helenus(crate = "helenus_protocol")]
struct FlattenedUdt {
    #[helenus(flatten)]
    inner: (i32,),
}

fn main() {}
