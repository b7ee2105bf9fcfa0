//! A client that asks one thing at a time.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use helenus_protocol::{
    Consistency, FrameCodec, FrameFlags, FrameHeader, ProtocolVersion, Query, QueryParameters,
    Request, Response, ResponseBody, Startup,
};

pub(crate) struct Client {
    stream: TcpStream,
    codec: FrameCodec,
}

impl Client {
    pub(crate) fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut client = Self { stream, codec: FrameCodec::new(ProtocolVersion::V4) };
        match client.call(&Request::Startup(Startup::new(None)))? {
            Response::Ready => Ok(client),
            other => Err(io::Error::other(format!("{other:?}"))),
        }
    }

    pub(crate) fn query(&mut self, cql: &str) -> io::Result<Response> {
        let parameters = QueryParameters::new(Consistency::One);
        self.call(&Request::Query(Query { cql, parameters }))
    }

    /// How many rows a query gives.
    pub(crate) fn count(&mut self, cql: &str) -> usize {
        match self.query(cql).unwrap() {
            Response::Rows(rows) => rows.count,
            other => panic!("{cql}: {other:?}"),
        }
    }

    fn call(&mut self, request: &Request<'_>) -> io::Result<Response> {
        let mut frame = Vec::new();
        self.codec.encode_request(request, 1, FrameFlags::NONE, &mut frame).unwrap();
        self.stream.write_all(&frame)?;
        let mut header = [0; FrameHeader::LENGTH];
        self.stream.read_exact(&mut header)?;
        let header = FrameHeader::decode(&header).unwrap().unwrap();
        let mut body = vec![0; header.length as usize];
        self.stream.read_exact(&mut body)?;
        let body = Bytes::from(body);
        let decoded = ResponseBody::decode(header.version, header.flags, header.opcode, &body);
        Ok(decoded.unwrap().response)
    }
}
