use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use helenus_protocol::{
    BoundValues, ColumnSpec, Compression, Consistency, EncodeRow, Execute, FrameCodec, FrameFlags,
    FrameHeader, Prepare, Prepared, ProtocolVersion, QueryParameters, Request, Response,
    ResponseBody, Rows, SegmentDecoder, SegmentEncoder, SegmentFormat, Startup,
};

use crate::Outcome;
use crate::link::Link;

const PATIENCE: Duration = Duration::from_secs(30);
const IN_FLIGHT: usize = 32;
const MAX_BODY: usize = FrameHeader::MAX_BODY as usize;

/// A bare blocking client: one connection, no retries, nothing that the node says is passed over.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    codec: FrameCodec,
    /// Only in v5, and only behind STARTUP.
    segments: Option<(SegmentEncoder, SegmentDecoder)>,
    received: BytesMut,
    frames: BytesMut,
}

impl Connection {
    pub(crate) fn open(node: SocketAddr, link: Link) -> Outcome<Self> {
        let stream = TcpStream::connect_timeout(&node, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let codec = FrameCodec { compression: link.compression, ..FrameCodec::new(link.version) };
        let (received, frames) = (BytesMut::new(), BytesMut::new());
        let mut connection = Self { stream, codec, segments: None, received, frames };
        match connection.call(&Request::Startup(Startup::new(link.compression)))? {
            Response::Ready if link.version == ProtocolVersion::V5 => {
                let format = match link.compression {
                    Some(Compression::Lz4) => SegmentFormat::Lz4,
                    _ => SegmentFormat::Plain,
                };
                let pair = (SegmentEncoder::new(format), SegmentDecoder::new(format));
                connection.segments = Some(pair);
                Ok(connection)
            }
            Response::Ready => Ok(connection),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn prepare(&mut self, cql: &str) -> Outcome<Prepared> {
        match self.call(&Request::Prepare(Prepare { cql, keyspace: None }))? {
            Response::Prepared(prepared) => Ok(prepared),
            other => Err(unexpected(&other)),
        }
    }

    /// Executes the statement once for each row, many at a time.
    pub(crate) fn write(&mut self, prepared: &Prepared, rows: &[impl EncodeRow]) -> Outcome {
        for rows in rows.chunks(IN_FLIGHT) {
            let bound = rows.iter().map(|row| BoundValues::encode(row, &prepared.metadata.columns));
            let bound = bound.collect::<Result<Vec<_>, _>>()?;
            let requests: Vec<_> = bound.iter().map(|values| execute(prepared, values)).collect();
            for response in self.call_all(&requests)? {
                if response.response != Response::Void {
                    return Err(unexpected(&response.response));
                }
            }
        }
        Ok(())
    }

    /// The rows of a statement and their columns.
    pub(crate) fn read(
        &mut self,
        prepared: &Prepared,
        key: &impl EncodeRow,
    ) -> Outcome<(Rows, Vec<ColumnSpec>)> {
        let values = BoundValues::encode(key, &prepared.metadata.columns)?;
        match self.call(&execute(prepared, &values))? {
            Response::Rows(mut rows) => match rows.metadata.columns.take() {
                Some(columns) => Ok((rows, columns)),
                None => Err("the node left out the columns that were asked for".into()),
            },
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn call(&mut self, request: &Request<'_>) -> Outcome<Response> {
        Ok(self.call_for_body(request)?.response)
    }

    /// The response with all that comes with it.
    pub(crate) fn call_for_body(&mut self, request: &Request<'_>) -> Outcome<ResponseBody> {
        let mut responses = self.call_all(std::slice::from_ref(request))?;
        responses.pop().ok_or_else(|| "a request without a response".into())
    }

    /// Sends all requests at once; the responses stand in the order of the requests.
    fn call_all(&mut self, requests: &[Request<'_>]) -> Outcome<Vec<ResponseBody>> {
        let mut frames = Vec::new();
        for (stream, request) in (0_i16..).zip(requests) {
            self.codec.encode_request(request, stream, FrameFlags::NONE, &mut frames)?;
        }
        match &mut self.segments {
            Some((encoder, _)) => {
                let mut segments = Vec::new();
                encoder.encode(&frames, &mut segments);
                self.stream.write_all(&segments)?;
            }
            None => self.stream.write_all(&frames)?,
        }
        let mut responses = vec![None; requests.len()];
        for _ in requests {
            let (stream, response) = self.receive()?;
            let place = usize::try_from(stream).ok().and_then(|stream| responses.get_mut(stream));
            match place {
                Some(place @ None) => *place = Some(response),
                _ => return Err(format!("a response on stream {stream}: {response:?}").into()),
            }
        }
        Ok(responses.into_iter().flatten().collect())
    }

    fn receive(&mut self) -> Outcome<(i16, ResponseBody)> {
        loop {
            if let Some(header) = FrameHeader::decode(&self.frames)? {
                let end = FrameHeader::LENGTH + header.length as usize;
                if self.frames.len() >= end {
                    return self.take_frame(&header, end);
                }
            }
            self.fill()?;
        }
    }

    fn take_frame(&mut self, header: &FrameHeader, end: usize) -> Outcome<(i16, ResponseBody)> {
        // v4 has no other sign that the node compresses, and a link that does not would prove nothing.
        let is_compressed = header.flags.contains(FrameFlags::COMPRESSED);
        if header.version == ProtocolVersion::V4
            && is_compressed != self.codec.compression.is_some()
        {
            return Err(format!("a frame with the wrong compression: {header:?}").into());
        }
        let mut body = self.frames.split_to(end).freeze();
        body.advance(FrameHeader::LENGTH);
        let body = self.codec.open(header, body, MAX_BODY)?;
        let body = ResponseBody::decode(header.version, header.flags, header.opcode, &body)?;
        Ok((header.stream, body))
    }

    fn fill(&mut self) -> Outcome {
        let mut bytes = [0; 1 << 16];
        let count = self.stream.read(&mut bytes)?;
        if count == 0 {
            return Err("the node closed the connection".into());
        }
        let Some((_, decoder)) = &self.segments else {
            self.frames.extend_from_slice(&bytes[..count]);
            return Ok(());
        };
        self.received.extend_from_slice(&bytes[..count]);
        while let Some(segment) = decoder.decode(&mut self.received)? {
            self.frames.extend_from_slice(&segment.payload);
        }
        Ok(())
    }
}

fn execute<'a>(prepared: &'a Prepared, values: &'a BoundValues) -> Request<'a> {
    let values = values.as_values();
    Request::Execute(Execute {
        id: &prepared.id,
        result_metadata_id: prepared.result_metadata_id.as_deref(),
        parameters: QueryParameters { values, ..QueryParameters::new(Consistency::One) },
    })
}

fn unexpected(response: &Response) -> libtest_mimic::Failed {
    match response {
        Response::Error(error) => format!("the node: {error}").into(),
        other => format!("the node gave another answer than was asked for: {other:?}").into(),
    }
}
