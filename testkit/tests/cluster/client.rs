//! A bare protocol client: one connection, one request at a time.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use helenus_protocol::{
    AuthResponse, BoundValues, Compression, Consistency, DecodeRow, EncodeRow, Event, Execute,
    FrameCodec, FrameFlags, FrameHeader, Prepare, Prepared, ProtocolVersion, Query,
    QueryParameters, Register, Request, Response, ResponseBody, Rows, ScyllaExtensions,
    SegmentDecoder, SegmentEncoder, SegmentFormat, ServerError, Startup,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) const V4: ProtocolVersion = ProtocolVersion::V4;
pub(crate) const V5: ProtocolVersion = ProtocolVersion::V5;

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    input: BytesMut,
    codec: FrameCodec,
    /// What was agreed on of ScyllaDB's extensions.
    pub(crate) extensions: ScyllaExtensions,
    /// What v5 wraps frames in once STARTUP is answered, and the frames that came out of it.
    segments: Option<(SegmentEncoder, SegmentDecoder)>,
    frames: BytesMut,
    next_stream: i16,
    events: Vec<Event>,
}

impl Client {
    /// A connection on which nothing was said yet.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            input: BytesMut::new(),
            codec: FrameCodec::new(V4),
            extensions: ScyllaExtensions::default(),
            segments: None,
            frames: BytesMut::new(),
            next_stream: 0,
            events: Vec::new(),
        }
    }

    /// A connection on which nothing was said yet, and v5 is going to be.
    pub(crate) async fn open_v5(address: SocketAddr) -> Self {
        let mut client = Self::open(address).await;
        client.codec.version = V5;
        client
    }

    /// A connection that is ready.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let mut client = Self::open(address).await;
        assert_eq!(client.call(&Request::Startup(Startup::new(None))).await, Response::Ready);
        client
    }

    /// A connection that speaks this version and compresses so.
    pub(crate) async fn connect_with(
        address: SocketAddr,
        version: ProtocolVersion,
        compression: Option<Compression>,
    ) -> Self {
        let mut client = Self::open(address).await;
        client.codec = FrameCodec { compression, ..FrameCodec::new(version) };
        let startup = Request::Startup(Startup::new(compression));
        assert_eq!(client.call(&startup).await, Response::Ready);
        client.expect_segments();
        client
    }

    /// What follows the answer to STARTUP.
    fn expect_segments(&mut self) {
        if self.codec.version == V5 {
            let compresses = self.codec.compression.is_some();
            let format = if compresses { SegmentFormat::Lz4 } else { SegmentFormat::Plain };
            self.segments = Some((SegmentEncoder::new(format), SegmentDecoder::new(format)));
        }
    }

    /// A connection that is ready and speaks v5.
    pub(crate) async fn connect_v5(address: SocketAddr) -> Self {
        Self::connect_with(address, V5, None).await
    }

    pub(crate) async fn log_in(&mut self, user: &str, password: &str) -> Response {
        let challenge = self.call(&Request::Startup(Startup::new(None))).await;
        assert!(matches!(challenge, Response::Authenticate { authenticator }
            if authenticator == "org.apache.cassandra.auth.PasswordAuthenticator"));
        self.expect_segments();
        let token = format!("\0{user}\0{password}");
        self.call(&Request::AuthResponse(AuthResponse { token: Some(token.as_bytes()) })).await
    }

    pub(crate) async fn call(&mut self, request: &Request<'_>) -> Response {
        self.call_with(request, FrameFlags::NONE).await.response
    }

    pub(crate) async fn call_with(
        &mut self,
        request: &Request<'_>,
        flags: FrameFlags,
    ) -> ResponseBody {
        self.next_stream = (self.next_stream + 1) % 1000;
        let stream = self.next_stream;
        self.send(request, stream, flags).await;
        loop {
            let (header, body) = self.receive().await;
            match body.response {
                Response::Event(event) if header.stream == -1 => self.events.push(event),
                _ => {
                    assert_eq!(header.stream, stream);
                    return body;
                }
            }
        }
    }

    pub(crate) async fn send(&mut self, request: &Request<'_>, stream: i16, flags: FrameFlags) {
        let bytes = self.encode(request, stream, flags);
        self.stream.write_all(&bytes).await.unwrap();
    }

    /// A request as it would be sent.
    pub(crate) fn encode(
        &mut self,
        request: &Request<'_>,
        stream: i16,
        flags: FrameFlags,
    ) -> Vec<u8> {
        let mut frame = Vec::new();
        self.codec.encode_request(request, stream, flags, &mut frame).unwrap();
        match &mut self.segments {
            None => frame,
            Some((encoder, _)) => {
                let mut segments = Vec::new();
                encoder.encode(&frame, &mut segments);
                segments
            }
        }
    }

    /// Sends a body byte by byte, on stream 0.
    pub(crate) async fn raw(&mut self, opcode: u8, body: &[u8]) -> Response {
        let mut frame = vec![4, 0, 0, 0, opcode];
        frame.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        frame.extend(body);
        self.stream.write_all(&frame).await.unwrap();
        self.receive().await.1.response
    }

    pub(crate) async fn receive(&mut self) -> (FrameHeader, ResponseBody) {
        timeout(Duration::from_secs(10), self.receive_frame())
            .await
            .expect("an answer within ten seconds")
    }

    async fn receive_frame(&mut self) -> (FrameHeader, ResponseBody) {
        loop {
            match &self.segments {
                None => self.frames.unsplit(self.input.split()),
                Some((_, decoder)) => {
                    while let Some(segment) = decoder.decode(&mut self.input).unwrap() {
                        self.frames.extend_from_slice(&segment.payload);
                    }
                }
            }
            if let Some(header) = FrameHeader::decode(&self.frames).unwrap() {
                let end = FrameHeader::LENGTH + header.length as usize;
                if self.frames.len() >= end {
                    let mut body = self.frames.split_to(end).freeze();
                    body.advance(FrameHeader::LENGTH);
                    let body = self.codec.open(&header, body, 1 << 28).unwrap();
                    let dialect = self.extensions.dialect(header.version);
                    let response =
                        ResponseBody::decode(dialect, header.flags, header.opcode, &body).unwrap();
                    return (header, response);
                }
            }
            assert_ne!(
                self.stream.read_buf(&mut self.input).await.unwrap(),
                0,
                "the server closed the connection"
            );
        }
    }

    /// What arrives next, at least this many bytes of it.
    pub(crate) async fn bytes(&mut self, least: usize) -> BytesMut {
        while self.input.len() < least {
            assert_ne!(self.stream.read_buf(&mut self.input).await.unwrap(), 0);
        }
        self.input.split()
    }

    /// What arrives next, at least this many bytes of it, out of segments where there are any.
    pub(crate) async fn frame_bytes(&mut self, least: usize) -> BytesMut {
        let mut bytes = BytesMut::new();
        while bytes.len() < least {
            assert_ne!(self.stream.read_buf(&mut self.input).await.unwrap(), 0);
            match &self.segments {
                None => bytes.unsplit(self.input.split()),
                Some((_, decoder)) => {
                    while let Some(segment) = decoder.decode(&mut self.input).unwrap() {
                        bytes.extend_from_slice(&segment.payload);
                    }
                }
            }
        }
        bytes
    }

    /// All that arrives until the server closes.
    pub(crate) async fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        timeout(Duration::from_secs(10), self.stream.read_to_end(&mut rest))
            .await
            .expect("the end within ten seconds")?;
        Ok(rest)
    }

    /// The next event, perhaps one that came among answers.
    pub(crate) async fn event(&mut self) -> Event {
        if !self.events.is_empty() {
            return self.events.remove(0);
        }
        match self.receive().await.1.response {
            Response::Event(event) => event,
            other => panic!("no event: {other:?}"),
        }
    }

    pub(crate) async fn register(&mut self) {
        assert_eq!(self.call(&Request::Register(Register::all())).await, Response::Ready);
    }

    pub(crate) async fn query(&mut self, cql: &str) -> Response {
        self.query_with(cql, parameters()).await
    }

    pub(crate) async fn query_with(
        &mut self,
        cql: &str,
        parameters: QueryParameters<'_>,
    ) -> Response {
        self.call(&Request::Query(Query { cql, parameters })).await
    }

    pub(crate) async fn at(&mut self, level: Consistency, cql: &str) -> Response {
        self.query_with(cql, QueryParameters { consistency: level, ..parameters() }).await
    }

    /// Runs a statement that is to succeed without rows.
    pub(crate) async fn run(&mut self, cql: &str) {
        let response = self.query(cql).await;
        let done = matches!(
            response,
            Response::Void | Response::SchemaChange(_) | Response::SetKeyspace(_)
        );
        assert!(done, "{cql}: {response:?}");
    }

    pub(crate) async fn rows(&mut self, cql: &str) -> Rows {
        match self.query(cql).await {
            Response::Rows(rows) => rows,
            other => panic!("{cql}: {other:?}"),
        }
    }

    /// The rows of a query as `T`.
    pub(crate) async fn select<T: for<'a> DecodeRow<'a>>(&mut self, cql: &str) -> Vec<T> {
        typed(&self.rows(cql).await)
    }

    /// What is said of a statement that is done.
    pub(crate) async fn warnings(&mut self, cql: &str) -> Vec<String> {
        let request = Request::Query(Query { cql, parameters: parameters() });
        let body = self.call_with(&request, FrameFlags::NONE).await;
        assert_eq!(body.response, Response::Void, "{cql}");
        body.warnings
    }

    pub(crate) async fn error(&mut self, cql: &str) -> ServerError {
        error(self.query(cql).await)
    }

    pub(crate) async fn prepare(&mut self, cql: &str) -> Prepared {
        match self.call(&Request::Prepare(Prepare { cql, keyspace: None })).await {
            Response::Prepared(prepared) => prepared,
            other => panic!("{cql}: {other:?}"),
        }
    }

    pub(crate) async fn execute(&mut self, prepared: &Prepared, row: &impl EncodeRow) -> Response {
        let bound = BoundValues::encode(row, &prepared.metadata.columns).unwrap();
        self.execute_with(
            &prepared.id,
            QueryParameters { values: bound.as_values(), ..parameters() },
        )
        .await
    }

    pub(crate) async fn execute_with(
        &mut self,
        id: &Bytes,
        parameters: QueryParameters<'_>,
    ) -> Response {
        self.call(&Request::Execute(Execute { id, result_metadata_id: None, parameters })).await
    }

    /// Makes a keyspace `ks` and uses it.
    pub(crate) async fn use_keyspace(&mut self) {
        self.run(
            "CREATE KEYSPACE IF NOT EXISTS ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
        )
        .await;
        self.run("USE ks").await;
    }
}

pub(crate) fn parameters() -> QueryParameters<'static> {
    QueryParameters::new(Consistency::LocalOne)
}

pub(crate) fn typed<T: for<'a> DecodeRow<'a>>(rows: &Rows) -> Vec<T> {
    let columns = rows.metadata.columns.as_deref().expect("metadata");
    rows.typed(columns).unwrap().map(Result::unwrap).collect()
}

pub(crate) fn rows(response: Response) -> Rows {
    match response {
        Response::Rows(rows) => rows,
        other => panic!("no rows: {other:?}"),
    }
}

pub(crate) fn error(response: Response) -> ServerError {
    match response {
        Response::Error(error) => error,
        other => panic!("no error: {other:?}"),
    }
}
