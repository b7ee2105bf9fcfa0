/// What kind of message a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// A response: the request failed.
    Error = 0x00,
    /// A request: the first on a connection.
    Startup = 0x01,
    /// A response: the connection takes requests.
    Ready = 0x02,
    /// A response: the server wants credentials.
    Authenticate = 0x03,
    /// A request: what does the server support?
    Options = 0x05,
    /// A response to OPTIONS.
    Supported = 0x06,
    /// A request: a CQL text.
    Query = 0x07,
    /// A response: what the statement gave.
    Result = 0x08,
    /// A request: prepare a CQL text.
    Prepare = 0x09,
    /// A request: run a prepared statement.
    Execute = 0x0A,
    /// A request: send me events.
    Register = 0x0B,
    /// A response that nobody asked for, on stream −1.
    Event = 0x0C,
    /// A request: several statements as one.
    Batch = 0x0D,
    /// A response: the next step of a SASL exchange.
    AuthChallenge = 0x0E,
    /// A request: the client's step of a SASL exchange.
    AuthResponse = 0x0F,
    /// A response: the SASL exchange ended well.
    AuthSuccess = 0x10,
}

impl Opcode {
    /// The opcode with this number on the wire.
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0x00 => Self::Error,
            0x01 => Self::Startup,
            0x02 => Self::Ready,
            0x03 => Self::Authenticate,
            0x05 => Self::Options,
            0x06 => Self::Supported,
            0x07 => Self::Query,
            0x08 => Self::Result,
            0x09 => Self::Prepare,
            0x0A => Self::Execute,
            0x0B => Self::Register,
            0x0C => Self::Event,
            0x0D => Self::Batch,
            0x0E => Self::AuthChallenge,
            0x0F => Self::AuthResponse,
            0x10 => Self::AuthSuccess,
            _ => return None,
        })
    }

    /// The number on the wire.
    pub fn number(self) -> u8 {
        self as u8
    }
}
