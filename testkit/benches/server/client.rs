//! A bare client that blocks, and that sends many requests at once.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use bytes::{Buf, BytesMut};
use helenus_protocol::{
    FrameCodec, FrameFlags, FrameHeader, ProtocolVersion, Request, Response, ResponseBody,
    SegmentDecoder, SegmentEncoder, SegmentFormat, Startup,
};

pub(crate) struct Client {
    stream: TcpStream,
    codec: FrameCodec,
    segments: Option<(SegmentEncoder, SegmentDecoder)>,
    input: BytesMut,
    frames: BytesMut,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr, version: ProtocolVersion) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Self {
            stream,
            codec: FrameCodec::new(version),
            segments: None,
            input: BytesMut::new(),
            frames: BytesMut::new(),
            buffer: vec![0; 256 * 1024],
        };
        assert_eq!(client.call(&Request::Startup(Startup::new(None))), Response::Ready);
        if version == ProtocolVersion::V5 {
            let plain = SegmentFormat::Plain;
            client.segments = Some((SegmentEncoder::new(plain), SegmentDecoder::new(plain)));
        }
        client
    }

    pub(crate) fn call(&mut self, request: &Request<'_>) -> Response {
        let sent = self.encode([(request, 1)]);
        self.stream.write_all(&sent).unwrap();
        self.fill(1);
        let header = FrameHeader::decode(&self.frames).unwrap().unwrap();
        let mut body = self.frames.split_to(end_of(&header)).freeze();
        body.advance(FrameHeader::LENGTH);
        ResponseBody::decode(header.version, header.flags, header.opcode, &body).unwrap().response
    }

    /// Requests, each on a stream of its own, as they travel.
    pub(crate) fn encode<'r>(
        &mut self,
        requests: impl IntoIterator<Item = (&'r Request<'r>, i16)>,
    ) -> Vec<u8> {
        let mut frames = Vec::new();
        for (request, stream) in requests {
            self.codec.encode_request(request, stream, FrameFlags::NONE, &mut frames).unwrap();
        }
        match &mut self.segments {
            None => frames,
            Some((encoder, _)) => {
                let mut segments = Vec::new();
                encoder.encode(&frames, &mut segments);
                segments
            }
        }
    }

    /// Sends encoded requests and passes over their answers, which have to be rows.
    pub(crate) fn exchange(&mut self, requests: &[u8], count: usize) {
        self.stream.write_all(requests).unwrap();
        self.fill(count);
        for _ in 0..count {
            let header = FrameHeader::decode(&self.frames).unwrap().unwrap();
            assert_eq!(header.opcode, helenus_protocol::Opcode::Result);
            self.frames.advance(end_of(&header));
        }
    }

    /// Reads until this many whole frames are there.
    fn fill(&mut self, count: usize) {
        let (mut whole, mut at) = (0, 0);
        loop {
            while let Ok(Some(header)) = FrameHeader::decode(&self.frames[at..])
                && self.frames.len() - at >= end_of(&header)
            {
                at += end_of(&header);
                whole += 1;
            }
            if whole >= count {
                return;
            }
            let read = self.stream.read(&mut self.buffer).unwrap();
            assert_ne!(read, 0, "the server closed the connection");
            let received = &self.buffer[..read];
            match &self.segments {
                None => self.frames.extend_from_slice(received),
                Some((_, decoder)) => {
                    self.input.extend_from_slice(received);
                    while let Some(segment) = decoder.decode(&mut self.input).unwrap() {
                        self.frames.extend_from_slice(&segment.payload);
                    }
                }
            }
        }
    }
}

fn end_of(header: &FrameHeader) -> usize {
    FrameHeader::LENGTH + header.length as usize
}
