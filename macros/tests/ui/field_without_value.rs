use helenus_macros::{DecodeRow, DecodeValue, EncodeRow};

struct Socket;

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Read {
    id: i32,
    socket: Socket,
}

#[derive(EncodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Write(i32, Socket);

#[derive(DecodeValue)]
#[helenus(crate = "helenus_protocol")]
struct Udt {
    socket: Socket,
}

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Flat {
    #[helenus(flatten)]
    socket: Socket,
}

fn main() {}
